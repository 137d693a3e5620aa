"""What every mask strategy is, and the grid of patches that several of them share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import functional

from lfsrkit.contracts import of_shape
from lfsrkit.errors import UsageError
from lfsrkit.seeding import Streams, streams
from lfsrkit.types import Images, Masks, Regions

STREAM = "mask"
"""Name of the random streams that masks draw from."""

_HOW_TO_GIVE = {
    "regions": "pass regions of shape (n, 7, h, w): those of the pairs, or lfsrkit.regions.template_regions(size)",
    "low": "pass the low pictures, enlarged to the size of the mask, of shape (n, 3, h, w)",
    "error": "pass the detached error of the restored pictures, mean over RGB, of shape (n, 1, h, w)",
}


@dataclass(frozen=True)
class Hints:
    """What a strategy may look at; it names what it uses in `MaskStrategy.needs`.

    Args:
        regions: Facial regions.
        low: Low pictures, enlarged to the size of the mask.
        error: Error of the restored pictures, detached.
        progress: Share of the training that is done, 0 to 1.
    """

    regions: Regions | None = None
    low: Images | None = None
    error: Masks | None = None
    progress: float = 0.0

    def require(self, name: str) -> Tensor:
        """Give a hint that has to be there.

        Args:
            name: ``"regions"``, ``"low"`` or ``"error"``.

        Raises:
            UsageError: If it was not given.
        """
        value: Tensor | None = getattr(self, name)
        if value is None:
            raise UsageError(f"this mask strategy needs {name}, which was not given; {_HOW_TO_GIVE[name]}")
        return value

    def given(self) -> list[tuple[str, Tensor]]:
        """List the tensors that are there, by name."""
        return [(name, getattr(self, name)) for name in _HOW_TO_GIVE if getattr(self, name) is not None]


class MaskStrategy(ABC):
    """Select pixels of each picture of a batch.

    A subclass says in `needs` what it looks at, if anything, and draws in `draw`, one stream a picture, so that the
    batch size changes no mask. Ties are broken by the stream.
    """

    @property
    def needs(self) -> frozenset[str]:
        """What `sample` has to be given: some of ``"regions"``, ``"low"``, ``"error"``, ``"progress"``.

        By default nothing.
        """
        return frozenset()

    @abstractmethod
    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw a mask for each stream, on the CPU or where the hints are.

        Args:
            height: Height of the masks in pixels.
            width: Width of the masks in pixels.
            generators: One stream a picture.
            hints: What `needs` names is there and has the right size.
        """

    def sample(
        self,
        n: int,
        height: int,
        width: int,
        generator: Streams,
        *,
        regions: Regions | None = None,
        low: Images | None = None,
        error: Masks | None = None,
        progress: float = 0.0,
    ) -> Masks:
        """Draw masks; 1 = selected.

        Args:
            n: Number of masks.
            height: Height in pixels.
            width: Width in pixels.
            generator: One stream a picture, or one that seeds a child for each.
            regions: Facial regions of the pictures.
            low: Low pictures, enlarged to (height, width).
            error: Error of the restored pictures, detached, (n, 1, height, width).
            progress: Share of the training that is done, 0 to 1.

        Returns:
            Masks on the device of what was given, else on the CPU.

        Raises:
            UsageError: If something that the strategy needs is missing, or something has another batch size or size.
        """
        hints = Hints(regions, low, error, progress)
        for name in sorted(self.needs - {"progress"}):
            hints.require(name)
        for name, value in hints.given():
            _check_size(name, value, n, height, width)
        drawn = self.draw(height, width, streams(n, generator), hints)
        masks = of_shape(drawn, (n, 1, height, width), self, "draw")
        return masks.to(next((value.device for _, value in hints.given()), masks.device))


@dataclass(frozen=True)
class Grid:
    """Square patches that cover a picture; those at the right and at the bottom are cut where they stick out.

    Args:
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        size: Side of a patch in pixels.
    """

    height: int
    width: int
    size: int

    @property
    def rows(self) -> int:
        """Patches from top to bottom."""
        return -(-self.height // self.size)

    @property
    def columns(self) -> int:
        """Patches from left to right."""
        return -(-self.width // self.size)

    @property
    def cells(self) -> int:
        """Number of patches."""
        return self.rows * self.columns

    def select(self, chosen: Int[Tensor, "n k"]) -> Masks:
        """Make masks from the indices of the selected patches.

        Args:
            chosen: Indices row by row, below `cells`.
        """
        flags = torch.zeros(len(chosen), self.cells).scatter_(1, chosen, 1.0)
        patches = flags.view(-1, 1, self.rows, self.columns)
        pixels = patches.repeat_interleave(self.size, dim=2).repeat_interleave(self.size, dim=3)
        return pixels[..., : self.height, : self.width]

    def pooled(self, maps: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c rows columns"]:
        """Average maps over each patch, as far as it lies inside the picture.

        Args:
            maps: Any number of maps a picture.
        """
        return functional.avg_pool2d(maps, self.size, ceil_mode=True)

    def means(self, maps: Masks) -> Float[Tensor, "n cells"]:
        """Average a map over each patch, in the order of their indices.

        Args:
            maps: One map a picture.
        """
        return self.pooled(maps).flatten(1)


def uniform(count: int, generators: Sequence[Generator]) -> Float[Tensor, "n count"]:
    """Draw numbers evenly from 0 to 1, those of a picture from its own stream.

    Args:
        count: Numbers a picture.
        generators: One stream a picture.
    """
    return torch.stack([torch.rand(count, generator=each, dtype=torch.float64) for each in generators])


def exact_share(ratio: float, cells: int) -> int:
    """Turn a share into the number of cells nearest to it.

    Args:
        ratio: 0 to 1.
        cells: Number of cells to choose from.
    """
    return round(ratio * cells)


def check_ratio(ratio: float) -> None:
    """Refuse a share that is not between 0 and 1.

    Args:
        ratio: Share of the picture.

    Raises:
        UsageError: If it is not.
    """
    if not 0 <= ratio <= 1:
        raise UsageError(f"ratio is a share of the picture, 0 to 1; {ratio} was given")


def check_length(name: str, value: int) -> None:
    """Refuse a length that is not positive.

    Args:
        name: Name of the argument.
        value: Length in pixels.

    Raises:
        UsageError: If it is not.
    """
    if value < 1:
        raise UsageError(f"{name} is a length in pixels, from 1; {value} was given")


def _check_size(name: str, value: Tensor, n: int, height: int, width: int) -> None:
    if (len(value), *value.shape[-2:]) != (n, height, width):
        wanted = f"({n}, {value.shape[1]}, {height}, {width})"
        raise UsageError(f"{name} has the shape {tuple(value.shape)}; for these masks it has to be {wanted}")
