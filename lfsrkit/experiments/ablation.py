"""Which mask strategy helps: the rows of that experiment."""

from collections.abc import Sequence

from lfsrkit.calls import Call, parse_call
from lfsrkit.registries import MASKS
from lfsrkit.stages import LossTerm, TrainConfig

NONE = "none"
"""The row without a mask: the same pixel error everywhere."""


def mask_rows(config: TrainConfig, strategies: Sequence[str] = ()) -> dict[str, TrainConfig]:
    """Make a row per mask strategy, alike in everything else.

    A strategy is trained with ``face_mask(beta=0)``: the pixel error plus that of the masked pixels, so that the mask
    alone makes the difference. The row ``none`` has the pixel error only.

    Args:
        config: Training of all rows; its loss and mask are replaced.
        strategies: Calls such as ``patch(size=16)``, and ``none``; by default ``none`` and all that need no argument.

    Raises:
        UsageError: If a strategy cannot be made.
    """
    return {text: _row(config, text) for text in strategies or (NONE, *_all())}


def _row(config: TrainConfig, text: str) -> TrainConfig:
    if text == NONE:
        return config.model_copy(update={"loss": (_term(Call("charbonnier")),), "mask": None})
    call = parse_call(text)
    MASKS.build(call)
    return config.model_copy(update={"loss": (_term(Call("face_mask", {"beta": 0.0})),), "mask": call})


def _term(call: Call) -> LossTerm:
    return LossTerm.model_construct(term=call, weight=1.0)


def _all() -> list[str]:
    return [entry.name for entry in MASKS if not any(parameter.required for parameter in entry.parameters())]
