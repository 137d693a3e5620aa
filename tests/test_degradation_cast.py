"""The colour of light: gains of white balance, and black bodies."""

import math

import numpy as np
import pytest
import torch

from lfsrkit import DEGRADATIONS
from lfsrkit.degradations.cast import planckian_gains, planckian_locus
from lfsrkit.seeding import generators


def noise(*shape: int):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_white_balance_leaves_green_alone_and_what_was_corrected():
    light = 2 * noise(3, 3, 8, 8)
    params = {"red": [1.6, 1.6, 1.6], "blue": [0.6, 0.6, 0.6], "correction": [0.0, 0.5, 1.0]}
    tinted = DEGRADATIONS.create("white_balance").apply_light(light, params)
    assert torch.equal(tinted[:, 1], light[:, 1])
    assert torch.equal(tinted[2], light[2])
    for index, left in ((0, 1.0), (1, 0.5)):
        torch.testing.assert_close(tinted[index, 0], light[index, 0] * 1.6**left)
        torch.testing.assert_close(tinted[index, 2], light[index, 2] * 0.6**left)


def test_white_balance_draws_log_uniform_gains():
    drawn = DEGRADATIONS.create("white_balance").sample(
        2000, generators(0, [str(index) for index in range(2000)], 0, "degrade")
    )
    for name, (low, high) in {"red": (0.75, 1.6), "blue": (0.6, 1.3)}.items():
        values = np.log(drawn[name])
        spread = math.log(high / low) / math.sqrt(12)
        assert abs(values.mean() - math.log(high * low) / 2) < 5 * spread / math.sqrt(2000)
        assert abs(values.var() - spread**2) < 5 * spread**2 * math.sqrt((1.8 - 1) / 2000)
    assert min(drawn["correction"]) >= 0.5
    assert max(drawn["correction"]) <= 1


# CIE 15: illuminant A; black bodies after Wyszecki and Stiles, Color Science, 1982.
BLACK_BODIES = {
    2000: (0.5267, 0.4133),
    2856: (0.4476, 0.4074),
    3000: (0.4369, 0.4041),
    4000: (0.3805, 0.3768),
    5000: (0.3451, 0.3516),
    6500: (0.3135, 0.3237),
    10000: (0.2807, 0.2884),
}


def srgb_of(x: float, y: float) -> np.ndarray:
    """Linear sRGB of a chromaticity, from the chromaticities of the primaries and of D65."""
    primaries = np.array([[0.64, 0.33, 0.03], [0.30, 0.60, 0.10], [0.15, 0.06, 0.79]]).T
    white = np.array([0.3127, 0.3290, 0.3583]) / 0.3290
    matrix = primaries * np.linalg.solve(primaries, white)
    return np.linalg.solve(matrix, np.array([x, y, 1 - x - y]) / y)


@pytest.mark.parametrize("kelvin", BLACK_BODIES)
def test_black_bodies_have_their_published_colours(kelvin):
    np.testing.assert_allclose(planckian_locus(float(kelvin)), BLACK_BODIES[kelvin], atol=6e-4)
    found = np.array(planckian_gains(float(kelvin), 6500.0))
    wanted = srgb_of(*BLACK_BODIES[kelvin]) / srgb_of(*BLACK_BODIES[6500])
    np.testing.assert_allclose(found, wanted / wanted[1], rtol=0.01, atol=0.01)


def test_the_pieces_of_the_locus_meet():
    for kelvin in (2222.0, 4000.0):
        np.testing.assert_allclose(planckian_locus(kelvin), planckian_locus(kelvin + 1e-6), atol=2e-4)


def test_lower_temperatures_are_redder_and_less_blue():
    gains = [planckian_gains(float(kelvin)) for kelvin in range(1700, 25000, 100)]
    red, green, blue = zip(*gains, strict=True)
    assert list(red) == sorted(red, reverse=True)
    assert list(blue) == sorted(blue)
    assert set(green) == {1.0}
    assert blue[0] == 0


@pytest.mark.parametrize("reference", [3000.0, 6504.0])
def test_light_of_the_reference_is_white(reference):
    d, light = DEGRADATIONS.create("planckian", reference=reference), noise(2, 3, 4, 4)
    low = d.apply_light(light, {"kelvin": [reference, 2700.0]})
    assert torch.equal(low[0], light[0])
    assert torch.equal(low[1, 1], light[1, 1])
    assert (low[1, 0] > light[1, 0]).all()
    assert (low[1, 2] < light[1, 2]).all()
