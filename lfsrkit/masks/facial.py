"""Masks that know where the face is."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator

from lfsrkit.errors import UsageError
from lfsrkit.masks.base import Grid, Hints, MaskStrategy, check_length, check_ratio, exact_share, uniform
from lfsrkit.regions import region_indices, region_union
from lfsrkit.types import Masks


@dataclass(frozen=True)
class FacialRegion(MaskStrategy):
    """Select named parts of the face.

    Nothing is random. The soft regions are cut at one half, so a mask is 0 or 1 everywhere; a picture without regions
    gets an empty mask.

    Args:
        parts: Names of `lfsrkit.regions.REGIONS`, or ``"eyes"``, ``"brows"``, ``"components"`` (all but the skin).

    Raises:
        UsageError: If a part is unknown.

    Example:
        >>> from lfsrkit.regions import template_regions
        >>> mouth = FacialRegion(parts=("mouth",))
        >>> mask = mouth.sample(1, 64, 64, torch.Generator(), regions=template_regions(64)[None])
        >>> mask[0, 0, 48, 32], mask[0, 0, 10, 10]
        (tensor(1.), tensor(0.))
    """

    parts: tuple[str, ...] = ("components",)

    def __post_init__(self) -> None:
        region_indices(self.parts)

    @property
    def needs(self) -> frozenset[str]:
        """Facial regions."""
        return frozenset({"regions"})

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Cut the union of the parts at one half."""
        return (region_union(hints.require("regions"), self.parts) >= 0.5).float()


@dataclass(frozen=True)
class FaceBiased(MaskStrategy):
    r"""Select patches at random, those on facial components more often.

    Patch $i$ has the weight $\pi_i = 1 + \kappa \cdot \mathrm{cov}_i$, with $\mathrm{cov}_i$ the mean over the patch of
    the union of eyes, brows, nose and mouth. An exact share of the patches is drawn without replacement: those with the
    largest $\log \pi_i + g_i$, where $g_i$ is Gumbel noise. Our reading of the paper's random mask; with ``kappa=0`` it
    is `Patch`.

    Args:
        ratio: Share of the patches, 0 to 1; the nearest whole number of them is selected.
        size: Side of a patch in pixels.
        kappa: How much more a patch weighs that lies wholly on a component, from 0.

    Raises:
        UsageError: If a parameter is out of range.

    References:
        Kool et al., Stochastic Beams and Where to Find Them: The Gumbel-Top-k Trick, ICML 2019.
        https://arxiv.org/abs/1903.06059

    Example:
        >>> from lfsrkit.regions import template_regions
        >>> regions = template_regions(64)[None]
        >>> FaceBiased(ratio=0.25).sample(1, 64, 64, torch.Generator().manual_seed(0), regions=regions).mean()
        tensor(0.2500)
    """

    ratio: float = 0.5
    size: int = 8
    kappa: float = 8.0

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_length("size", self.size)
        if not self.kappa >= 0:
            raise UsageError(f"kappa is the extra weight of a component, from 0; {self.kappa} was given")

    @property
    def needs(self) -> frozenset[str]:
        """Facial regions."""
        return frozenset({"regions"})

    def draw(self, height: int, width: int, generators: Sequence[Generator], hints: Hints) -> Masks:
        """Draw patches of the grid by their weights."""
        grid = Grid(height, width, self.size)
        coverage = grid.means(region_union(hints.require("regions"))).cpu().double()
        keys = torch.log1p(self.kappa * coverage) - (-uniform(grid.cells, generators).log()).log()
        return grid.select(keys.topk(exact_share(self.ratio, grid.cells)).indices)
