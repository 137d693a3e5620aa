"""Degradations in a row, written as text or tables, replayed as a whole or in part."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import Any, Literal, final

import torch

from lfsrkit.calls import Call, parse_chain
from lfsrkit.colour import bytes_to_linear, srgb_to_linear
from lfsrkit.contracts import of_shape
from lfsrkit.degradations.base import Degradation, LinearDegradation, Params, encoded, portion
from lfsrkit.degradations.draws import Draws
from lfsrkit.degradations.maybe import APPLIED
from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.images import to_float
from lfsrkit.registries import DEGRADATIONS
from lfsrkit.seeding import Streams
from lfsrkit.types import Bytes, Images, Resized

CAUSES = ("exposure", "light", "colour", "optics", "resample", "sensor", "coding")
"""Tags that name a physical cause, by which a part of a chain is replayed."""

_PLAIN = (int, float, str, list, tuple, type(None))
"""What JSON knows of, but for objects."""

_CACHED = 2**18
"""Numbers that a processor's cache holds."""

_KEPT = 30 * 2**20
"""Bytes; above 32 MiB the C library always gives memory back."""


@dataclass(frozen=True)
class Stage:
    """One link of a chain: its column name, the call that makes it with every argument written out, and its tags."""

    key: str
    call: Call
    degradation: Degradation
    tags: frozenset[str]


@dataclass(frozen=True)
class _Signal:
    """Pictures on their way through a chain."""

    images: Images
    kind: Literal["srgb", "light", "raw"] = "srgb"

    @classmethod
    def of_bytes(cls, stored: Bytes, stages: Sequence[Stage]) -> "_Signal":
        """Decode 8-bit pictures on the CPU to what the first stage takes."""
        if stages and isinstance(stages[0].degradation, LinearDegradation):
            return cls(bytes_to_linear(stored, torch.float64), "light")
        return cls(to_float(stored, torch.float64))

    def through(self, stages: Sequence[Stage], params: Params) -> "_Signal":
        """Pass stages, of which neighbours that degrade light share one decoding."""
        signal, device = self, self.images.device
        for stage in stages:
            images = signal.images.to("cpu" if "cpu_only" in stage.tags else device)
            signal = _Signal(images, signal.kind)._past(stage.degradation, params[stage.key])
        return signal

    def _past(self, degradation: Degradation, drawn: Params) -> "_Signal":
        size = degradation.out_size(*self.images.shape[-2:])
        if isinstance(degradation, LinearDegradation):
            light = srgb_to_linear(self.images) if self.kind == "srgb" else self.images
            made, method = degradation.apply_light(light, drawn), "apply_light"
            kind = "raw" if self.kind == "raw" else "light"
        else:
            made, method = degradation.apply(self.values(), drawn), "apply"
            kind = "raw" if degradation.makes_raw or (self.kind == "raw" and not degradation.takes_raw) else "srgb"
        return _Signal(of_shape(made, (len(self.images), 3, *size), degradation, method), kind)

    def values(self) -> Images:
        """Give the pictures as sRGB, or as the raw values that they are, between black and white."""
        if self.kind == "raw":
            return self.images.clamp(0, 1)
        return encoded(self.images) if self.kind == "light" else self.images


@final
class Chain(Degradation):
    """Degradations applied one after another, each with its own recorded parameters.

    Args:
        stages: In order, with distinct keys; `chain_from_text` and `chain_from_calls` make them.

    Example:
        >>> import torch
        >>> chain = chain_from_text("downsample(scale=4) | gamma_linear(gamma=3) | quantise")
        >>> chain.scale, list(chain.sample(1, torch.Generator()))
        (4, ['0_downsample', '1_gamma_linear', '2_quantise'])
        >>> print(chain.only("resample", "sensor"))
        downsample(kernel='bicubic', scale=4, light='srgb') | quantise(bits=8, light='srgb')
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self.scale = prod(stage.degradation.scale for stage in stages)

    def __str__(self) -> str:
        return " | ".join(str(stage.call) for stage in self.stages)

    def __repr__(self) -> str:
        return f"<Chain {self}>"

    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the parameters of every stage, stage after stage from the stream of a picture."""
        draws = Draws.of(n, generator)
        return {stage.key: _drawn(stage.degradation, n, draws) for stage in self.stages}

    def apply(self, images: Images, params: Params) -> Resized:
        """Apply every stage; a part of a chain ignores the parameters of the others, so it replays the whole's record.

        Stages tagged ``cpu_only`` work on the CPU, wherever the pictures are; the result is where they were.

        Args:
            images: (n, 3, h, w), sRGB, 0 to 1.
            params: What `sample` of this chain, or of the chain that it is a part of, drew.

        Raises:
            UsageError: If the parameters of a stage are missing, or the sides are not multiples of `scale`.
        """
        self.out_size(*images.shape[-2:])
        self._check_recorded(params)
        return _Signal(images).through(self.stages, params).values().to(images.device)

    def apply_bytes(self, stored: Bytes, params: Params) -> Resized:
        """Do what `apply` does, from 8-bit pictures.

        On the CPU the arithmetic is in float64, whose sums are the same in any batch once they are rounded to 8 bits;
        elsewhere it is in float32. While pictures are large, the CPU works on few at a time, which its cache can hold.

        Args:
            stored: 8-bit sRGB.
            params: As for `apply`.

        Raises:
            UsageError: As `apply` does.
        """
        if stored.device.type != "cpu":
            return self.apply(to_float(stored), params)
        _keep_memory()
        self.out_size(*stored.shape[-2:])
        self._check_recorded(params)
        shrinking = [index for index, stage in enumerate(self.stages, 1) if stage.degradation.scale != 1]
        large = shrinking[-1] if shrinking else len(self.stages)
        recorded = {stage.key: params[stage.key] for stage in self.stages[:large]}
        # What changes some pictures of a batch copies the others, so there one at a time is quickest.
        some_only = any(APPLIED in drawn for drawn in recorded.values())
        few = 1 if some_only else max(_CACHED // stored[:1].numel(), 1)
        parts = [
            _Signal.of_bytes(stored[start : start + few], self.stages).through(
                self.stages[:large], portion(recorded, start, start + few)
            )
            for start in range(0, len(stored), few)
        ]
        whole = _Signal(torch.cat([part.images for part in parts]), parts[0].kind)
        return whole.through(self.stages[large:], params).values()

    def neutral(self, n: int) -> Params | None:
        """Neutral parameters of every stage, or None where a stage has none."""
        values = {stage.key: stage.degradation.neutral(n) for stage in self.stages}
        return None if None in values.values() else values

    def only(self, *tags: str) -> "Chain":
        """Keep the stages with any of these tags, under their own keys.

        Args:
            tags: Physical causes, such as ``"resample"``.

        Raises:
            UsageError: If a tag does not exist.
        """
        for tag in tags:
            if tag not in CAUSES:
                raise UsageError(f"no stage is tagged {tag!r}{did_you_mean(tag, CAUSES)}; tags: {', '.join(CAUSES)}")
        return Chain([stage for stage in self.stages if not stage.tags.isdisjoint(tags)])

    def _check_recorded(self, params: Params) -> None:
        missing = [stage.key for stage in self.stages if stage.key not in params]
        if missing:
            raise UsageError(f"no parameters for {', '.join(missing)}; recorded are {', '.join(params) or 'none'}")

    def as_tables(self) -> list[dict[str, Any]]:
        """Write the stages as tables with a ``name``, the form of ``[[degrade]]`` in TOML (which has no None)."""
        return [_table(stage.call) for stage in self.stages]


def _drawn(degradation: Degradation, n: int, draws: Draws) -> Params:
    """Draw, and refuse what could not be recorded."""
    drawn = degradation.sample(n, draws)
    for name, values in drawn.items():
        if not isinstance(values, list) or len(values) != n or not all(isinstance(each, _PLAIN) for each in values):
            raise UsageError(
                f"{type(degradation).__name__}.sample drew {name}={values!r:.60}; it has to be a list of {n} plain "
                "numbers or texts, one a picture"
            )
    return drawn


@lru_cache(maxsize=1)
def _keep_memory() -> None:
    """Free a large block once: the C library of Linux then keeps memory of freed tensors up to that size.

    It would give it back to the system after every picture, and getting it again takes longer than the arithmetic.
    """
    torch.empty(_KEPT, dtype=torch.uint8)


def chain_from_text(text: str) -> Chain:
    """Make a chain from ``call | call | ...``.

    Args:
        text: Calls of registered degradations; a chain among them, such as ``fsr_gamma``, is spliced in.

    Raises:
        UsageError: If the text cannot be read, or a name or parameter is unknown.

    Example:
        >>> str(chain_from_text("jpeg(quality=[60, 90])"))
        "jpeg(quality=(60, 90), exact=True, subsampling='4:2:0')"
    """
    return chain_from_calls(parse_chain(text))


def chain_from_calls(calls: Iterable[Call]) -> Chain:
    """Make a chain from calls that were read before.

    Args:
        calls: Calls of registered degradations; a chain among them is spliced in.

    Raises:
        UsageError: If a name or parameter is unknown.
    """
    stages = [stage for call in calls for stage in _stages(call)]
    return Chain([replace(stage, key=_key(index, stage.call)) for index, stage in enumerate(stages)])


def _stages(call: Call) -> tuple[Stage, ...]:
    made = DEGRADATIONS.build(call)
    if isinstance(made, Chain):
        return made.stages
    return (Stage("", _written_out(call), made, _tags(call, made)),)


def _tags(call: Call, made: Degradation) -> frozenset[str]:
    """The causes of a call are its own and those of the calls inside; a stage is able only if all of them are."""
    inner = [_tags(value, DEGRADATIONS.build(value)) for value in call.params.values() if isinstance(value, Call)]
    own = made.tags(DEGRADATIONS[call.name].all_tags)
    if not inner:
        return own
    able = {"differentiable"} if all("differentiable" in tags for tags in (own, *inner)) else set[str]()
    return frozenset(own.union(*inner) - {"differentiable"} | able)


def _written_out(call: Call) -> Call:
    """Write every argument, so that a stored chain keeps its meaning when a default changes."""
    entry = DEGRADATIONS[call.name]
    nested = {key: value for key, value in call.params.items() if isinstance(value, Call)}
    made = {key: DEGRADATIONS.build(value) for key, value in nested.items()}
    given = {**entry.check({**call.params, **made}), **{key: _written_out(value) for key, value in nested.items()}}
    return Call(call.name, {item.name: given.get(item.name, item.default) for item in entry.parameters()})


def _key(index: int, call: Call) -> str:
    inner = call.params.get("of")
    name = inner.name if isinstance(inner, Call) else call.name
    return f"{index}_{re.sub(r'[^0-9A-Za-z]+', '_', name)}"


def _table(call: Call) -> dict[str, Any]:
    values = {key: _table(value) if isinstance(value, Call) else value for key, value in call.params.items()}
    return {"name": call.name, **{key: value for key, value in values.items() if value is not None}}
