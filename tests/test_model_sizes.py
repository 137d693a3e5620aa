"""Budgets of the kit's own networks, and parameter counts that others have published."""

import pytest

from lfsrkit import MODELS
from lfsrkit.models import count_macs, count_parameters

PUBLISHED = {2: 1_369_859, 4: 1_517_571, 8: 1_665_283}
"""Trainable parameters of EDSR-baseline by scale."""

BUDGETS = {"lfsrnet_tiny": (1.0e6, 0.35e9), "lfsrnet": (6.0e6, 1.4e9), "lfsrnet_large": (20.0e6, 5.0e9)}
"""Most parameters, and most MACs from 16 x 16 to 128 x 128."""


@pytest.mark.parametrize(("scale", "parameters"), PUBLISHED.items())
def test_edsr_has_the_published_number_of_parameters(scale: int, parameters: int) -> None:
    assert count_parameters(MODELS.create("edsr_baseline", scale=scale)) == parameters


@pytest.mark.parametrize(("scale", "giga"), [(4, 2.03), (8, 1.13)])
def test_edsr_costs_what_was_measured_elsewhere(scale: int, giga: float) -> None:
    macs = count_macs(MODELS.create("edsr_baseline", scale=scale), 128 // scale, 128 // scale)
    assert macs / 1e9 == pytest.approx(giga, abs=0.005)


@pytest.mark.parametrize(("name", "budget"), BUDGETS.items())
def test_lfsrnet_keeps_to_its_budget(name: str, budget: tuple[float, float]) -> None:
    model = MODELS.create(name, scale=8)
    assert count_parameters(model) < budget[0]
    assert count_macs(model, 16, 16) < budget[1]


@pytest.mark.parametrize(("name", "scale"), [(name, scale) for name in BUDGETS for scale in (2, 4, 16)])
def test_lfsrnet_keeps_to_its_parameters_at_every_scale(name: str, scale: int) -> None:
    assert count_parameters(MODELS.create(name, scale=scale)) < BUDGETS[name][0]


def test_the_floor_learns_nothing() -> None:
    assert count_parameters(MODELS.create("bicubic")) == 0
