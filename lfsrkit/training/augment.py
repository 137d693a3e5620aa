"""What is done to a pair after it was made: low, clean and regions are turned, coloured and cropped together.

Everything is drawn from the stream of (seed, picture, epoch), then applied by a function of plain tensors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from lfsrkit import seeding
from lfsrkit.colour import LUMA_WEIGHTS
from lfsrkit.regions import flip_regions
from lfsrkit.stages import TrainConfig
from lfsrkit.types import Flags, Images, Resized

MiddlePictures = Float[Tensor, "n 3 h3 w3"]
LargeRegions = Float[Tensor, "n 7 h2 w2"]
ColourMatrices = Float[Tensor, "n 3 3"]
Turns = Int[Tensor, " n"]
Corners = Int[Tensor, "n 2"]


@dataclass(frozen=True)
class Examples:
    """One batch, ready for a model, on its device."""

    ids: list[str]
    epochs: list[int]
    """Pass over the data that each picture belongs to; a batch may reach over the end of one."""
    low: Images
    clean: Resized
    regions: LargeRegions | None
    between: MiddlePictures | None = None
    """For a cascade: pictures on the border of its parts, as large as the low or as the clean ones."""

    def split(self, parts: int) -> "list[Examples]":
        """Cut the batch into equal parts.

        Args:
            parts: How many; divides the size of the batch.
        """
        size = len(self.ids) // parts
        return [self._rows(slice(start, start + size)) for start in range(0, len(self.ids), size)]

    def _rows(self, rows: slice) -> "Examples":
        regions = None if self.regions is None else self.regions[rows]
        between = None if self.between is None else self.between[rows]
        return Examples(self.ids[rows], self.epochs[rows], self.low[rows], self.clean[rows], regions, between)


def augmented(examples: Examples, config: TrainConfig, progress: float) -> Examples:
    """Do what a configuration asks for.

    Args:
        examples: A batch; left as it is.
        config: Seed, flips, turns, colours and crops.
        progress: Share of the training that is done, 0 to 1.
    """
    key = (config.seed, examples.ids, examples.epochs)
    if config.flip:
        examples = mirrored(examples, flips(*key))
    if config.rotate:
        examples = turned(examples, quarter_turns(*key))
    if config.jitter:
        examples = coloured(examples, colour_matrices(*key, config.jitter))
    side = next((crop.side for crop in config.crops if progress < crop.until), None)
    if side is not None:
        height, width = examples.low.shape[-2:]
        side = min(side, height, width)
        examples = cropped(examples, corners(*key, height - side, width - side), side)
    return examples


def epoch_streams(seed: int, ids: Sequence[str], epochs: Sequence[int], stage: str) -> list[Generator]:
    """Make one generator per picture of a batch that may reach over the end of an epoch.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
        stage: Name of what draws.
    """
    pairs = zip(ids, epochs, strict=True)
    return [stream for name, epoch in pairs for stream in seeding.generators(seed, [name], epoch, stage)]


def flips(seed: int, ids: Sequence[str], epochs: Sequence[int]) -> Flags:
    """Draw which pictures are mirrored: each with probability one half.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
    """
    return torch.stack([torch.rand((), generator=stream) < 0.5 for stream in epoch_streams(seed, ids, epochs, "flip")])


def quarter_turns(seed: int, ids: Sequence[str], epochs: Sequence[int]) -> Turns:
    """Draw how many quarter turns each picture makes: 0 to 3, equally often.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
    """
    return torch.stack(
        [torch.randint(4, (), generator=stream) for stream in epoch_streams(seed, ids, epochs, "rotate")]
    )


def colour_matrices(seed: int, ids: Sequence[str], epochs: Sequence[int], largest: float) -> ColourMatrices:
    r"""Draw how the colours of each picture change: $\operatorname{diag}(g) (s I + (1 - s) 1 y^T)$.

    The gains $g$ of the channels and the saturation $s$ are uniform in 1 plus or minus the largest change; $y$ is luma.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
        largest: Largest change, 0 to 1.
    """
    draws = torch.stack([torch.rand(4, generator=stream) for stream in epoch_streams(seed, ids, epochs, "jitter")])
    factors = 1 + largest * (2 * draws - 1)
    gains, saturation = factors[:, :3, None], factors[:, 3, None, None]
    return gains * (saturation * torch.eye(3) + (1 - saturation) * torch.tensor(LUMA_WEIGHTS))


def corners(seed: int, ids: Sequence[str], epochs: Sequence[int], down: int, right: int) -> Corners:
    """Draw where a crop of each picture begins.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
        down: Largest distance from the top, in pixels.
        right: Largest distance from the left, in pixels.
    """
    draws = [
        [torch.randint(most + 1, (), generator=stream) for most in (down, right)]
        for stream in epoch_streams(seed, ids, epochs, "crop")
    ]
    return torch.stack([torch.stack(pair) for pair in draws])


def mirrored(examples: Examples, flags: Flags) -> Examples:
    """Mirror some pictures left to right: low, clean and regions together.

    Args:
        examples: A batch; left as it is.
        flags: Which pictures.
    """
    where = flags.to(examples.low.device)[:, None, None, None]
    return _each(
        examples,
        lambda pictures: torch.where(where, pictures.flip(-1), pictures),
        lambda regions: torch.where(where, flip_regions(regions), regions),
    )


def turned(examples: Examples, turns: Turns) -> Examples:
    """Turn square pictures; the regions keep the names that they have on the upright face.

    Args:
        examples: A batch; left as it is.
        turns: Quarter turns of each picture, 0 to 3, against the clock.
    """
    numbers = turns.tolist()

    def turn(pictures: Tensor) -> Tensor:
        rows = [torch.rot90(row, number, (-2, -1)) for row, number in zip(pictures, numbers, strict=True)]
        return torch.stack(rows)

    return _each(examples, turn, turn)


def coloured(examples: Examples, matrices: ColourMatrices) -> Examples:
    """Multiply the colours of low and clean by the same matrix, within 0 to 1.

    Args:
        examples: A batch; left as it is.
        matrices: One for each picture.
    """
    change = matrices.to(examples.low.device)

    def recolour(pictures: Tensor) -> Tensor:
        return torch.einsum("nij,njhw->nihw", change, pictures).clamp(0, 1)

    return _each(examples, recolour, lambda regions: regions)


def cropped(examples: Examples, corner: Corners, side: int) -> Examples:
    """Cut a square out of each picture, at the same place of low and clean.

    Args:
        examples: A batch; left as it is.
        corner: Top and left of each in pixels of the low picture.
        side: In pixels of the low picture.
    """
    places = corner.tolist()
    height = examples.low.shape[-2]

    def cut(pictures: Tensor) -> Tensor:
        scale = pictures.shape[-2] // height
        long = side * scale
        squares = [
            row[:, top * scale : top * scale + long, left * scale : left * scale + long]
            for row, (top, left) in zip(pictures, places, strict=True)
        ]
        return torch.stack(squares)

    return _each(examples, cut, cut)


def _each(examples: Examples, pictures: Callable[[Tensor], Tensor], regions: Callable[[Tensor], Tensor]) -> Examples:
    maps, between = examples.regions, examples.between
    return replace(
        examples,
        low=pictures(examples.low),
        clean=pictures(examples.clean),
        between=None if between is None else pictures(between),
        regions=None if maps is None else regions(maps),
    )
