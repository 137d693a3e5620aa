"""What a cascade learns: its parts in turn, each from pictures that exist on its side of the border.

A part that brightens first learns from the low picture to the bright small one, which is the clean picture shrunk as
the chain shrinks; the other goes on from there. A part that enlarges first learns to the dark large picture, which is
the clean one under the chain's exposure, light and colours, with the recorded parameters.
"""

from dataclasses import replace
from typing import Literal

from torch.nn import functional

from lfsrkit.degradations.chain import Chain
from lfsrkit.errors import UsageError
from lfsrkit.models.base import Restorer
from lfsrkit.models.cascade import Cascade
from lfsrkit.training.augment import Examples

Part = Literal["first", "second"]

SMALL = ("resample",)
LIGHT = ("exposure", "light", "colour")


def part_in_turn(model: Restorer, step: int) -> Part | None:
    """Name the part that learns in a step: they take turns; None for a model without parts.

    Args:
        model: Of the run.
        step: Steps done before, from 0.
    """
    if not isinstance(model, Cascade):
        return None
    return "first" if step % 2 == 0 else "second"


def taught(examples: Examples, part: Part | None) -> Examples:
    """Put what a part is shown in the place of low, and what it shall make in that of clean.

    Args:
        examples: A batch, with the pictures between for a cascade.
        part: The part that learns; None leaves all as it is.
    """
    between = examples.between
    if part is None or between is None:
        return examples
    if part == "second":
        return replace(examples, low=between)
    regions = examples.regions
    if regions is not None and regions.shape[-2:] != between.shape[-2:]:
        regions = functional.interpolate(regions, between.shape[-2:], mode="area")
    return replace(examples, clean=between, regions=regions)


def chain_between(model: Restorer, chain: Chain) -> Chain | None:
    """Give the part of a chain that makes the pictures between; None for a model without parts.

    Args:
        model: Of the run.
        chain: That made the low pictures.

    Raises:
        UsageError: If a stage of the chain does both what one part and what the other has to undo.
    """
    if not isinstance(model, Cascade):
        return None
    wanted, other = (SMALL, LIGHT) if model.brightens_first else (LIGHT, SMALL)
    kept = chain.only(*wanted)
    mixed = [stage.key for stage in kept.stages if not stage.tags.isdisjoint(other)]
    if mixed:
        raise UsageError(
            f"a cascade learns part by part, but the stage {', '.join(mixed)} both shrinks and darkens or tints; "
            "build the pairs with a chain of separate stages, such as fsr_gamma or isp_physics"
        )
    return kept
