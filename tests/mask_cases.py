"""How tests make mask strategies, and what these are told."""

from typing import Any

import torch

from lfsrkit import MASKS
from lfsrkit.calls import parse_call
from lfsrkit.masks import MaskStrategy
from lfsrkit.regions import template_regions

NAMES = MASKS.names()
SIZES = [(32, 32), (24, 40), (19, 33), (3, 5)]


EXAMPLES = {
    "invert": "invert(of=patch(ratio=0.25))",
    "schedule": "schedule(of=patch(), ratio=(0.2, 0.8))",
    "union": "union(a=patch(ratio=0.25), b=facial_region(parts=['mouth']))",
}
"""How to make a strategy that cannot be made from its name alone."""
FIXED = {"dark", "facial_region", "hard"}
"""Strategies that what they look at decides alone."""
NEEDS = {
    "dark": "low",
    "face_biased": "regions",
    "facial_region": "regions",
    "hard": "error",
    "schedule": "progress",
    "union": "regions",
}
"""What strategies look at, made as above; the others look at nothing."""


def strategy_of(name: str) -> MaskStrategy:
    return MASKS.build(parse_call(EXAMPLES.get(name, name)))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def hints(n: int, height: int, width: int) -> dict[str, Any]:
    stretched = torch.nn.functional.interpolate(template_regions(64)[None], (height, width), mode="bilinear")
    return {
        "regions": stretched.expand(n, -1, -1, -1),
        "low": torch.rand(n, 3, height, width, generator=seeded(1)),
        "error": torch.rand(n, 1, height, width, generator=seeded(2)),
        "progress": 0.5,
    }


def draw(strategy: MaskStrategy, n: int, height: int, width: int, generator: Any, **given: Any) -> torch.Tensor:
    wanted = {**hints(n, height, width), **given}
    needed = {name: value for name, value in wanted.items() if name in strategy.needs}
    return strategy.sample(n, height, width, generator, **needed)


def within_five_errors(share: torch.Tensor, probability: torch.Tensor | float, trials: int) -> bool:
    """Whether shares of independent trials agree with a probability; the error is that of a binomial count."""
    chance = torch.as_tensor(probability)
    error = (chance * (1 - chance) / trials).sqrt().clamp_min(0.5 / trials)
    return bool(((share - chance).abs() <= 5 * error).all())
