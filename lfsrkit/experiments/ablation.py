"""Which mask strategy helps: the rows of that experiment."""

from collections.abc import Sequence

from lfsrkit.calls import Call, parse_call
from lfsrkit.errors import UsageError
from lfsrkit.registries import LOSSES, MASKS
from lfsrkit.stages import LossTerm, TrainConfig

NONE = "none"
"""The row without a mask: the same loss everywhere."""


def mask_rows(config: TrainConfig, strategies: Sequence[str] = ()) -> dict[str, TrainConfig]:
    """Make a row per mask strategy, alike in everything else.

    All rows have the loss of the configuration. Where none of its terms uses a mask, a term ``charbonnier`` becomes
    ``face_mask(beta=0)``, which is that error plus that of the masked pixels, so that the mask alone makes the
    difference. In the row ``none``, terms that use a mask have ``alpha=0``.

    Args:
        config: Training of all rows; its mask is replaced.
        strategies: Calls such as ``patch(size=16)``, and ``none``; by default ``none`` and all that need no argument.

    Raises:
        UsageError: If a strategy cannot be made, or no term of the loss can use a mask.
    """
    chosen = strategies or (NONE, *_all())
    masks = {text: parse_call(text) for text in chosen if text != NONE}
    for mask in masks.values():
        MASKS.build(mask)
    masked = _masked(config.loss) if masks else ()
    plain = _unmasked(config.loss) if NONE in chosen else ()
    rows = {text: {"loss": masked if text in masks else plain, "mask": masks.get(text)} for text in chosen}
    return {text: config.model_copy(update=row) for text, row in rows.items()}


def _masked(terms: Sequence[LossTerm]) -> Sequence[LossTerm]:
    if any(_uses_mask(term.term) for term in terms):
        return terms
    beside = tuple(_with(term, _beside_mask(term.term)) for term in terms)
    if beside == tuple(terms):
        named = " + ".join(str(term.term) for term in terms)
        raise UsageError(
            f"no term of the loss {named} uses a mask, so that all rows would be one; add face_mask(beta=0)"
        )
    return beside


def _unmasked(terms: Sequence[LossTerm]) -> Sequence[LossTerm]:
    return tuple(_with(term, _without_mask(term.term)) for term in terms)


def _beside_mask(call: Call) -> Call:
    return Call("face_mask", {"beta": 0.0, **call.params}) if call.name == "charbonnier" else call


def _without_mask(call: Call) -> Call:
    if not _uses_mask(call):
        return call
    plain = Call(call.name, {**call.params, "alpha": 0.0})
    if any(parameter.name == "alpha" for parameter in LOSSES[call.name].parameters()) and not _uses_mask(plain):
        return plain
    raise UsageError(f"row {NONE}: the loss {call} needs a mask whatever its parameters are; leave this row out")


def _uses_mask(call: Call) -> bool:
    return "mask" in LOSSES.build(call).needs


def _with(term: LossTerm, call: Call) -> LossTerm:
    return LossTerm.model_construct(term=call, weight=term.weight)


def _all() -> list[str]:
    return [entry.name for entry in MASKS if not any(parameter.required for parameter in entry.parameters())]
