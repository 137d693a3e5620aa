"""Two models in a row under one name: an enhancer and a super-resolver, in either order."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, final

from torch import Tensor

from lfsrkit.errors import UsageError
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.registries import MODELS
from lfsrkit.types import Images


@final
class Cascade(Restorer):
    """Brighten and enlarge, or enlarge and brighten, with a network for each.

    The border between the parts is a picture, clamped to [0, 1] when evaluated, so each part can be trained alone on
    pictures that exist: `Cascade.first` towards the picture between, `Cascade.second` from it.

    Args:
        first: Part that gets the low picture.
        second: Part that gets what the first one made.

    Raises:
        UsageError: If not exactly one of the parts enlarges.
    """

    def __init__(self, first: Restorer, second: Restorer) -> None:
        if (first.scale == 1) == (second.scale == 1):
            raise UsageError(
                f"a cascade enlarges in exactly one part; these enlarge {first.scale} and {second.scale} times"
            )
        super().__init__(_joint(first.info, second.info), first.scale * second.scale)
        self.first, self.second = first, second

    @property
    def brightens_first(self) -> bool:
        """Whether the picture between is bright and small rather than dark and large."""
        return self.first.scale == 1

    def _stages(self, low: Images) -> dict[str, Tensor]:
        between = self.first(low)
        if not self.training:
            between = between.clamp(0, 1)
        return {"between": between, "restored": self.second(between)}


def cascade(name: str) -> Callable[..., Restorer]:
    """Give the factory of a cascade.

    Args:
        name: ``A+B``: first A, then B, both names in MODELS.

    Raises:
        UnknownComponent: If a part is unknown.
        UsageError: If there are not two parts.
    """
    names = name.split("+")
    if len(names) != 2:
        raise UsageError(f"{name!r} has {len(names)} parts; a cascade has two: an enhancer and a super-resolver")
    first_name, second_name = names
    for part in names:
        MODELS[part]

    def factory(
        scale: int = 8, first: Mapping[str, Any] | None = None, second: Mapping[str, Any] | None = None
    ) -> Restorer:
        """Put two models in a row.

        Args:
            scale: Factor of enlargement of the whole.
            first: More parameters of the first part.
            second: More parameters of the second part.
        """
        return Cascade(_part(first_name, scale, first or {}), _part(second_name, scale, second or {}))

    return factory


def _part(name: str, scale: int, params: Mapping[str, Any]) -> Restorer:
    """Make a part for the scale of the whole or, if it refuses that, at one size."""
    try:
        return _sized(name, scale, params)
    except UsageError as refused:
        try:
            return _sized(name, 1, params)
        except UsageError:
            raise UsageError(f"part {name!r}: {refused}") from refused


def _sized(name: str, scale: int, params: Mapping[str, Any]) -> Restorer:
    takes_scale = any(parameter.name == "scale" for parameter in MODELS[name].parameters())
    return MODELS.create(name, **{**({"scale": scale} if takes_scale else {}), **params})


def _joint(first: ModelInfo, second: ModelInfo) -> ModelInfo:
    larger = second if first.scales == (1,) else first
    licences = " and ".join(dict.fromkeys([first.licence, second.licence]))
    papers = "; ".join(paper for paper in (first.paper, second.paper) if paper)
    return replace(larger, purpose="joint", min_size=1, multiple=1, licence=licences, paper=papers)
