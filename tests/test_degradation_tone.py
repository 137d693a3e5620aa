"""Exposure and tone, against formulas written anew."""

import itertools
import math

import numpy as np
import pytest
import torch

from lfsrkit import DEGRADATIONS
from lfsrkit.colour import luma
from lfsrkit.degradations import chain_from_text
from lfsrkit.errors import BadParameters
from lfsrkit.seeding import generators

GAMMAS = (1.8, 2.2, 2.8)
CONTRASTS = (0.0, 0.3, 0.999, 1.0)


def noise(*shape: int, seed: int = 0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sources(n: int):
    return generators(0, [str(index) for index in range(n)], 0, "degrade")


def ramp(steps: int = 1001, least: float = 0.0, most: float = 1.0):
    return torch.linspace(least, most, steps, dtype=torch.float64).expand(1, 3, 1, steps)


def curve(images, *, gamma: float, contrast: float, inverse: bool = False):
    n = len(images)
    d = DEGRADATIONS.create("tone_curve", inverse=inverse)
    return d.apply(images, {"gamma": [gamma] * n, "contrast": [contrast] * n})


def darken(images, *targets: float, **arguments):
    return DEGRADATIONS.create("zero_dce_curve", **arguments).apply(images, {"target": list(targets)})


@pytest.mark.parametrize(("stops", "factor"), [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0), (5.0, 32.0)])
def test_a_stop_halves_the_light_exactly(stops, factor):
    light = 3 * noise(2, 3, 8, 8)
    low = DEGRADATIONS.create("exposure").apply_light(light, {"stops": [stops, 0.0]})
    assert torch.equal(low[0] * factor, light[0])
    assert torch.equal(low[1], light[1])


def test_exposure_of_an_encoded_picture_follows_the_srgb_curve():
    low = DEGRADATIONS.create("exposure").apply(ramp(3), {"stops": [3.0]})
    half = ((0.5 + 0.055) / 1.055) ** 2.4 / 8
    wanted = [0.0, 1.055 * half ** (1 / 2.4) - 0.055, 1.055 * 0.125 ** (1 / 2.4) - 0.055]
    np.testing.assert_allclose(low[0, 0, 0].numpy(), wanted, atol=1e-12)


def test_exposure_draws_log_uniform_factors():
    drawn = DEGRADATIONS.create("exposure").sample(2000, sources(2000))
    factors = 2 ** -np.array(drawn["stops"])
    assert 0.02 <= factors.min() < 0.0203
    assert 0.148 < factors.max() <= 0.15
    logs, low, high = np.log(factors), math.log(0.02), math.log(0.15)
    spread = (high - low) / math.sqrt(12)
    assert abs(logs.mean() - (low + high) / 2) < 5 * spread / math.sqrt(2000)
    assert abs(logs.var() - spread**2) < 5 * spread**2 * math.sqrt((1.8 - 1) / 2000)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("target", [0.01, 0.05, 0.3, 0.6])
def test_the_curve_reaches_its_target(target, dtype):
    flat = torch.full((1, 3, 64, 64), 0.9, dtype=dtype)
    images = torch.cat([flat, flat * ramp(64).to(dtype), 0.95 * noise(2, 3, 64, 64).to(dtype)])
    before, after = (luma(x).mean((1, 2, 3)) for x in (images, darken(images, *[target] * 4)))
    wanted = before.clamp_max(target)
    torch.testing.assert_close(after, wanted, rtol=0, atol=2e-4)


def test_a_picture_below_its_target_stays_as_it_is():
    images = noise(3, 3, 16, 16)
    means = luma(images).mean((1, 2, 3)).tolist()
    low = darken(images, means[0] + 1e-4, means[1] - 0.01, 1.0)
    assert torch.equal(low[[0, 2]], images[[0, 2]])
    assert (low[1] < images[1]).all()


def darkened(value: float, strength: float) -> float:
    for _ in range(10):
        value = value + strength * (value**2 - value)
    return value


def test_one_strength_explains_every_pixel():
    grey = ramp(101, 0.0, 0.96)
    low = darken(grey, 0.1)[0, 0, 0].tolist()
    weak, strong = 0.0, 1.0
    for _ in range(60):
        middle = (weak + strong) / 2
        weak, strong = (middle, strong) if darkened(0.48, middle) > low[50] else (weak, middle)
    assert 0.05 < weak < 0.95
    np.testing.assert_allclose(low, [darkened(value, weak) for value in grey[0, 0, 0].tolist()], atol=1e-12)
    assert low == sorted(low)


def test_the_curve_keeps_hue_and_highlights():
    images = 0.96 * noise(1, 3, 32, 32)
    images[..., :8] = 0.97 + 0.03 * images[..., :8]
    low = darken(images, 0.1)
    assert torch.equal(low[..., :8], images[..., :8])
    ratio = (low / images)[..., 8:]
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))
    assert abs(luma(low)[..., 8:].mean().item() - 0.1) < 2e-4, "highlights do not count in the mean"
    everywhere = darken(images, 0.1, highlights=1.0)
    assert everywhere[..., :8].mean() < images[..., :8].mean()
    white = torch.ones(1, 3, 8, 8, dtype=torch.float64)
    assert torch.equal(darken(white, 0.1), white)


def test_lower_targets_are_darker_everywhere():
    images = 0.96 * noise(1, 3, 16, 16)
    steps = [darken(images, target) for target in (0.4, 0.3, 0.1, 0.02)]
    assert all((darker < brighter).all() for brighter, darker in itertools.pairwise(steps))


def test_the_gradient_takes_the_strength_as_given():
    images = 0.5 * noise(1, 3, 4, 4)
    images.requires_grad_()
    low = darken(images, 0.05)
    (gradient,) = torch.autograd.grad(low[0, 1, 0, 0], images)
    assert gradient[0, :, 0, 0].all()
    assert not gradient[..., 1:].any()


def rendered(x: float, gamma: float, contrast: float) -> float:
    u = (x**2.2) ** (1 / gamma)
    return (1 - contrast) * u + contrast * (3 * u**2 - 2 * u**3)


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("contrast", CONTRASTS)
def test_tone_curve_follows_its_formula_and_rises(gamma, contrast):
    found = curve(ramp(), gamma=gamma, contrast=contrast)[0, 0, 0].tolist()
    np.testing.assert_allclose(found, [rendered(x, gamma, contrast) for x in ramp()[0, 0, 0].tolist()], atol=1e-8)
    assert found == sorted(found)
    assert len(set(found)) > 990
    back = curve(ramp(), gamma=gamma, contrast=contrast, inverse=True)[0, 0, 0].tolist()
    assert back == sorted(back)


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("contrast", CONTRASTS)
def test_the_inverse_curve_undoes_the_curve_and_the_reverse(gamma, contrast):
    images = ramp(4001)
    there = curve(images, gamma=gamma, contrast=contrast)
    torch.testing.assert_close(curve(there, gamma=gamma, contrast=contrast, inverse=True), images, rtol=0, atol=1e-6)
    back = curve(images, gamma=gamma, contrast=contrast, inverse=True)
    torch.testing.assert_close(curve(back, gamma=gamma, contrast=contrast), images, rtol=0, atol=1e-6)
    single = curve(images.float(), gamma=gamma, contrast=contrast, inverse=True)
    torch.testing.assert_close(single.double(), back, rtol=0, atol=0.2 / 255)


def test_the_inverse_is_a_root_of_the_cubic_and_the_published_one_without_mixing():
    y = 0.137
    u = curve(torch.full((1, 3, 1, 1), y, dtype=torch.float64), gamma=2.2, contrast=0.4, inverse=True)[
        0, 0, 0, 0
    ].item()
    roots = np.roots([-2 * 0.4, 3 * 0.4, 1 - 0.4, -y])
    assert np.abs(roots - u).min() < 1e-12
    published = 0.5 - torch.sin(torch.asin(1 - 2 * ramp()) / 3)
    torch.testing.assert_close(curve(ramp(), gamma=2.2, contrast=1.0, inverse=True), published, rtol=0, atol=1e-7)


def test_undoing_and_rendering_with_the_same_numbers_is_a_law_of_chains():
    chain = chain_from_text("tone_curve(gamma=2.4, contrast=0.7, inverse=True) | tone_curve(gamma=2.4, contrast=0.7)")
    images = noise(2, 3, 16, 16)
    torch.testing.assert_close(chain.apply(images, chain.sample(2, sources(2))), images, rtol=0, atol=1e-6)


def test_a_larger_exponent_brightens_and_the_s_curve_adds_contrast():
    means = [curve(ramp(), gamma=gamma, contrast=0.0).mean().item() for gamma in (1.8, 2.2, 2.8)]
    assert means == sorted(means)
    assert curve(ramp(), gamma=2.2, contrast=0.8).std() > ramp().std() + 0.02
    torch.testing.assert_close(curve(ramp(3), gamma=2.2, contrast=0.8), ramp(3))


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_of_the_curve_is_its_slope_and_finite_at_the_ends(inverse, dtype):
    x = ramp(256).to(dtype).clone().requires_grad_()
    for gamma, contrast in ((1.0, 1.0), (1.8, 1.0), (2.8, 1.0), (5.0, 0.5)):
        found = curve(x, gamma=gamma, contrast=contrast, inverse=inverse)
        (gradient,) = torch.autograd.grad(found.sum(), x)
        assert gradient.isfinite().all()
        assert (gradient[..., 1:-1] > 0).all()
        assert (gradient[..., -1] > 0).all() == (contrast < 1)
        black = torch.full((1, 3, 1, 1), 1e-30, dtype=dtype, requires_grad=True)
        found = curve(black, gamma=gamma, contrast=contrast, inverse=inverse)
        assert torch.autograd.grad(found.sum(), black)[0].amax() < 10
    inside = (0.1 + 0.8 * noise(1, 3, 2, 2)).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: curve(v, gamma=1.9, contrast=0.6, inverse=inverse), inside)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("exposure", {"stops": (3.0, 2.0)}, "stops.*0 <= low <= high <= 16"),
        ("zero_dce_curve", {"target": 1.5, "iterations": 0}, "target.*; iterations"),
        ("tone_curve", {"gamma": 0.5, "contrast": 2.0}, "gamma.*; contrast"),
    ],
)
def test_wrong_arguments_are_refused_all_at_once(name, arguments, message):
    with pytest.raises(BadParameters, match=message):
        DEGRADATIONS.create(name, **arguments)
