"""A chain without its noise, which replays the record of the whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lfsrkit.calls import Call
from lfsrkit.degradations.base import Params
from lfsrkit.degradations.chain import CAUSES, Chain, Stage
from lfsrkit.degradations.noiseless import noiseless
from lfsrkit.registries import DEGRADATIONS
from lfsrkit.types import Images, Resized

NOISY = frozenset({"sensor", "coding"})
"""Causes of noise."""


@dataclass(frozen=True)
class Quiet:
    """What a chain does besides adding noise."""

    chain: Chain
    """The stages that stay: all but those that do nothing but add noise."""
    silent: Mapping[str, Mapping[str, Any]]
    """For the stages that add noise among other things, by key: values under which they do not."""
    unknown: str | None
    """Which stages may add noise in a way that is not known; None where there is none."""

    @classmethod
    def of(cls, chain: Chain) -> "Quiet":
        """Take the noise out of a chain.

        Args:
            chain: The degradation of some pairs.

        Example:
            >>> from lfsrkit.degradations import chain_from_text
            >>> quiet = Quiet.of(chain_from_text("downsample(scale=2) | bayer | quantise | jpeg"))
            >>> [stage.key for stage in quiet.chain.stages], quiet.unknown
            (['0_downsample', '1_bayer'], None)
        """
        kept = [stage for stage in chain.stages if not _only_noise(stage)]
        silent = {stage.key: values for stage in kept if (values := _silent(stage)) is not None}
        unknown = [f"{_inner(stage).name} ({stage.key})" for stage in kept if stage.key not in silent]
        said = f"what {', '.join(unknown)} would be without noise cannot be told" if unknown else None
        return cls(Chain(kept), silent, said)

    def apply(self, images: Images, params: Params) -> Resized:
        """Degrade pictures without noise.

        Args:
            images: sRGB.
            params: As the whole chain recorded them.
        """
        return self.chain.apply(images, {**params, **dict(self._silenced(params, len(images)))})

    def _silenced(self, params: Params, n: int) -> Iterator[tuple[str, Params]]:
        for key, values in self.silent.items():
            yield key, {**params[key], **{name: [value] * n for name, value in values.items()}}


def _only_noise(stage: Stage) -> bool:
    causes = stage.tags & set(CAUSES)
    return bool(causes) and causes <= NOISY and stage.degradation.scale == 1


def _silent(stage: Stage) -> Mapping[str, Any] | None:
    """What replaces recorded values: nothing where no noise is added, None where that is not known."""
    call = _inner(stage)
    foreign = call.name.partition(":")[0] in DEGRADATIONS.adapters
    if not foreign and stage.tags.isdisjoint(NOISY):
        return {}
    return noiseless(stage.degradation if call is stage.call else DEGRADATIONS.build(call))


def _inner(stage: Stage) -> Call:
    """The call itself, or the one that it applies to some pictures only."""
    inner = stage.call.params.get("of")
    return inner if isinstance(inner, Call) else stage.call
