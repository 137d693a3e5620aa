"""A face, degraded and masked as the page asks for it, and the recipe that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lfsrkit.app.controls import Control, controls_of
from lfsrkit.calls import Call
from lfsrkit.errors import BadPicture
from lfsrkit.preview import Preview, preview
from lfsrkit.registries import DEGRADATIONS, MASKS
from lfsrkit.registry import Registry
from lfsrkit.stages import load_stage
from lfsrkit.toml import to_toml

CLEAN_SIZE = 128
"""Side of the clean picture in pixels."""
DRAWN = "synthetic:1"
"""The face that is shown before one is given."""

_LEAST_SIDE = 32
_STAND_INS = {"degradation": "jpeg()", "mask": "patch()"}


@dataclass(frozen=True)
class Choice:
    """A component and what its controls hold, by parameter; what is missing is at its default."""

    name: str
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])


@dataclass(frozen=True)
class Played:
    """What came of it."""

    preview: Preview
    recipe: str
    """TOML for ``-c``."""


def controls(registry: Registry[Any], name: str) -> list[Control]:
    """Give the controls of a component.

    Args:
        registry: DEGRADATIONS or MASKS.
        name: Name in it.
    """
    return controls_of(registry[name].parameters(), _STAND_INS[registry.kind])


def play(face: str | None, degrade: Sequence[Choice], mask: Choice | None, seed: int) -> Played:
    """Degrade and mask one face.

    Args:
        face: A picture file; the drawn face if there is none.
        degrade: The chain.
        mask: A strategy to show.
        seed: Of every draw.

    Raises:
        UsageError: If a value is not allowed or the sizes do not fit.
        BadPicture: If the file cannot be used.
    """
    chain = [_call(DEGRADATIONS, choice) for choice in degrade]
    strategy = None if mask is None else _call(MASKS, mask)
    values = {"clean_size": CLEAN_SIZE, "degrade": chain, "seed": seed, "min_side": _LEAST_SIDE}
    found = next(preview([face or DRAWN], load_stage("pairs", values=values), mask=strategy, count=1))
    if not isinstance(found, Preview):
        raise BadPicture(found.reason)
    return Played(found, recipe(chain, strategy, seed))


def recipe(chain: Sequence[Call], mask: Call | None, seed: int) -> str:
    """Write what was chosen as a recipe.

    Args:
        chain: The degradation.
        mask: The mask strategy, if there is one.
        seed: Of every draw.

    Example:
        >>> print(recipe([Call("fsr_gamma", {"scale": 4})], Call("patch"), 0))
        [pairs]
        clean_size = 128
        seed = 0
        degrade = "fsr_gamma(scale=4)"
        <BLANKLINE>
        [train]
        loss = "face_mask"
        mask = "patch"
        <BLANKLINE>
    """
    text = " | ".join(str(call) for call in chain)
    tables: dict[str, Any] = {"pairs": {"clean_size": CLEAN_SIZE, "seed": seed, "degrade": text}}
    if mask is not None:
        tables["train"] = {"loss": "face_mask", "mask": str(mask)}
    return to_toml(tables).lstrip("\n")


def _call(registry: Registry[Any], choice: Choice) -> Call:
    """Write only what differs from the registry's own defaults, and what has none."""
    required = {parameter.name for parameter in registry[choice.name].parameters() if parameter.required}
    params: dict[str, Any] = {}
    for control in controls(registry, choice.name):
        values = choice.values.get(control.name, control.values)
        if control.name in required or not control.is_default(values):
            params[control.name] = control.read(values)
    return Call(choice.name, params)
