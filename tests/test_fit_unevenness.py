"""Uneven light in dark pictures: told from the shading of faces, measured, and how small it could be."""

import math

import pytest
import torch

from lfsrkit.realism.fit.unevenness import Tilt, least_ramp, log_grid, next_ramp

SETS = 200


def test_uneven_light_is_noticed_in_any_direction_and_its_strength_found() -> None:
    grids = torch.randn(300, 36, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    tilt, pictures = Tilt.of(grids[:200]), grids[200:]
    angles = torch.linspace(0, 2 * math.pi, 101, dtype=torch.float64)[:-1]
    side = (torch.arange(6, dtype=torch.float64) - 2.5) / 3
    slopes = angles.cos()[:, None] * side.repeat(6) + angles.sin()[:, None] * side.repeat_interleave(6)
    plain, shaded = tilt.unevenness(pictures), tilt.unevenness(pictures + 1.5 * slopes)  # 3 stops from side to side
    assert next_ramp(0.0, plain, plain) == 0
    assert next_ramp(0.0, shaded, plain) == pytest.approx(3.0, rel=0.1)
    assert next_ramp(2.0, shaded, shaded) == pytest.approx(2.0)


@pytest.mark.slow
@pytest.mark.parametrize("count", [12, 48, 200])
def test_a_slope_that_should_just_show_does_so_in_about_every_second_set(count: int) -> None:
    generator = torch.Generator().manual_seed(count)

    def noise(pictures: int) -> torch.Tensor:
        return 6 * torch.randn(pictures, 36, dtype=torch.float64, generator=generator)

    tilt = Tilt.of(noise(2000))
    even = tilt.unevenness(noise(400))
    stops = least_ramp(count, even)
    side = (torch.arange(6, dtype=torch.float64) - 2.5) / 3
    found = 0
    for _ in range(SETS):
        angles = 2 * math.pi * torch.rand(count, dtype=torch.float64, generator=generator)
        slopes = angles.cos()[:, None] * side.repeat(6) + angles.sin()[:, None] * side.repeat_interleave(6)
        found += next_ramp(0.0, tilt.unevenness(noise(count) + stops / 2 * slopes), even) > 0
    # Half of the sets, within four standard errors, and as much again for the tenths in which it is told.
    assert found / SETS == pytest.approx(0.5, abs=2 * 4 * 0.5 / math.sqrt(SETS))


def test_unevenness_does_not_depend_on_exposure() -> None:
    bright = torch.rand(40, 3, 48, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.01
    tilt = Tilt.of(log_grid(bright))
    torch.testing.assert_close(tilt.unevenness(log_grid(bright / 8)), tilt.unevenness(log_grid(bright)))
