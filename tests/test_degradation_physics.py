"""What the degradations compute, against formulas and libraries that are not ours."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from lfsrkit import DEGRADATIONS
from lfsrkit.colour import linear_to_srgb, luma, srgb_to_linear
from lfsrkit.degradations.sensor import standard_noise
from lfsrkit.seeding import generators


def noise(*shape: int, seed: int = 0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def flat(level: float, n: int = 4, side: int = 96):
    return torch.full((n, 3, side, side), level, dtype=torch.float64)


def sources(n: int, seed: int = 0):
    return generators(seed, [str(index) for index in range(n)], 0, "degrade")


def run(name: str, images, params=None, **arguments):
    d = DEGRADATIONS.create(name, **arguments)
    return d.apply(images, d.sample(len(images), sources(len(images))) if params is None else params)


def check_mean(samples, expected: float) -> None:
    """Five standard errors: sd / sqrt(n)."""
    assert abs(samples.mean().item() - expected) <= 5 * samples.std().item() / math.sqrt(samples.numel())


def check_variance(samples, expected: float) -> None:
    """Five standard errors: var * sqrt((kurtosis - 1) / n)."""
    assert samples.std() > 0
    centred = samples - samples.mean()
    variance = centred.pow(2).mean().item()
    kurtosis = centred.pow(4).mean().item() / variance**2
    assert abs(variance - expected) <= 5 * expected * math.sqrt((kurtosis - 1) / samples.numel())


def srgb_decoded(x: float) -> float:
    return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("alpha", [0.9, 1.0])
@pytest.mark.parametrize("beta", [0.5, 1.0])
@pytest.mark.parametrize("gamma", [1.0, 1.5, 5.0])
def test_gamma_follows_its_formula(alpha, beta, gamma):
    params = {"alpha": [alpha], "beta": [beta], "gamma": [gamma], "colour": [1.0], "contrast": [1.0]}
    for level in (0.0, 0.2, 0.7, 1.0):
        low = run("gamma_linear", flat(level, 1, 2), params)
        assert low[0, 0, 0, 0].item() == pytest.approx(beta * (alpha * level) ** gamma, abs=1e-14)


def test_stronger_is_darker():
    images = noise(1, 3, 16, 16)
    exponents = [1.0, 1.5, 2.5, 4.0, 5.0]
    means = [run("gamma_linear", images, alpha=1.0, beta=1.0, gamma=g).mean().item() for g in exponents]
    assert means == sorted(means, reverse=True)
    assert len(set(means)) == len(means)


def test_fading_mixes_with_grey_and_keeps_mean_luma():
    images = noise(2, 3, 16, 16)
    neutral = DEGRADATIONS.create("gamma_linear").neutral(2)
    grey = run("gamma_linear", images, {**neutral, "colour": [0.0, 0.5]})
    torch.testing.assert_close(grey[0], luma(images)[0].expand(3, 16, 16))
    torch.testing.assert_close(grey[1], 0.5 * images[1] + 0.5 * luma(images)[1])
    dull = run("gamma_linear", images, {**neutral, "contrast": [0.0, 0.5]})
    means = luma(images).mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(dull[0], means[0].expand(3, 16, 16))
    torch.testing.assert_close(dull[1], 0.5 * images[1] + 0.5 * means[1])
    torch.testing.assert_close(luma(dull).mean((1, 2, 3)), luma(images).mean((1, 2, 3)))


def test_gamma_draws_evenly_and_independently():
    drawn = DEGRADATIONS.create("gamma_linear", colour=(0.7, 1.0)).sample(4000, sources(4000))
    spans = {"alpha": (0.9, 1.0), "beta": (0.5, 1.0), "gamma": (1.5, 5.0), "colour": (0.7, 1.0)}
    table = torch.tensor([drawn[name] for name in spans], dtype=torch.float64)
    for values, (low, high) in zip(table, spans.values(), strict=True):
        assert low <= values.min()
        assert values.max() <= high
        check_mean(values, (low + high) / 2)
        check_variance(values, (high - low) ** 2 / 12)
    assert (torch.corrcoef(table) - torch.eye(4)).abs().max() < 5 / math.sqrt(4000)
    assert set(drawn["contrast"]) == {1.0}


def noise_in_light(level: float, shot: float, read: float):
    """Draw noise on a constant that is far from both clips; give it in linear light, and its variance by formula."""
    light = srgb_decoded(level)
    params = {"shot": [shot] * 4, "read": [read] * 4, "seed": [11, 12, 13, 14]}
    return srgb_to_linear(run("shot_read_noise", flat(level), params)) - light, shot * light + read


@pytest.mark.parametrize("level", [0.4, 0.6, 0.8])
@pytest.mark.parametrize(("shot", "read"), [(1e-3, 1e-6), (3e-5, 1e-4), (0.0, 1e-4), (1e-3, 0.0)])
def test_noise_has_the_mean_and_variance_of_its_model(level, shot, read):
    found, variance = noise_in_light(level, shot, read)
    check_mean(found, 0.0)
    check_variance(found, variance)


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.95, 1.05])
def test_the_check_of_noise_can_fail(strength):
    found, variance = noise_in_light(0.6, 1e-3, 1e-6)
    with pytest.raises(AssertionError):
        check_variance(found * strength, variance)
    with pytest.raises(AssertionError):
        check_mean(found + 0.01 * math.sqrt(variance) * 5, 0.0)


def test_noise_is_independent_between_pixels_channels_and_pictures():
    found, _ = noise_in_light(0.6, 1e-3, 1e-6)
    bound = 5 / math.sqrt(96 * 96)
    assert torch.corrcoef(found.flatten(2).flatten(0, 1)).fill_diagonal_(0).abs().max() < bound
    for across in (
        (found[..., :-1, :].flatten(), found[..., 1:, :].flatten()),
        (found[..., :-1].flatten(), found[..., 1:].flatten()),
    ):
        assert torch.corrcoef(torch.stack(across))[0, 1].abs() < bound


def test_noise_grows_with_either_variance():
    for name in ("shot", "read"):
        spreads = []
        for strength in (0.0, 1e-5, 1e-4, 1e-3):
            values = {"shot": 0.0, "read": 0.0, name: strength}
            spreads.append(noise_in_light(0.6, **values)[0].std().item())
        assert spreads == sorted(spreads)
        assert len(set(spreads)) == 4


def test_noise_is_what_torch_draws_from_the_recorded_seed_in_double_precision():
    wanted = torch.randn(3, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    assert torch.equal(standard_noise([1, 7], noise(2, 3, 16, 16))[1], wanted)


def test_the_number_format_changes_no_draw():
    params = DEGRADATIONS.create("shot_read_noise").sample(2, sources(2))
    images = 0.2 + 0.6 * noise(2, 3, 16, 16)
    single = run("shot_read_noise", images.float(), params)
    torch.testing.assert_close(single.double(), run("shot_read_noise", images, params), rtol=0, atol=1e-5)


@pytest.mark.parametrize("base", ["e", "10"])
def test_read_variance_follows_shot_variance(base):
    drawn = DEGRADATIONS.create("shot_read_noise", log_base=base).sample(4000, sources(4000))
    shot, read = (torch.tensor(drawn[name], dtype=torch.float64).log() for name in ("shot", "read"))
    low, high, unit = math.log(3e-5), math.log(1e-3), 1.0 if base == "e" else math.log(10)
    check_mean(shot, (low + high) / 2)
    check_variance(shot, (high - low) ** 2 / 12)
    scatter = (read - 2.18 * shot) / unit
    check_mean(scatter, 1.20)
    check_variance(scatter, 0.26**2)
    assert len(set(drawn["seed"])) == 4000
    assert max(drawn["seed"]) < 2**53


def test_read_variance_can_be_given():
    drawn = DEGRADATIONS.create("shot_read_noise", shot=0.0, read=(1e-6, 1e-4)).sample(200, sources(200))
    assert set(drawn["shot"]) == {0.0}
    assert min(drawn["read"]) >= 1e-6
    assert max(drawn["read"]) <= 1e-4
    assert set(DEGRADATIONS.create("shot_read_noise", shot=0.0).sample(9, sources(9))["read"]) == {0.0}


@pytest.mark.parametrize("bits", [1, 4, 8, 10, 16])
def test_quantising_lands_on_the_nearest_level(bits):
    images = noise(1, 3, 32, 32)
    low, steps = run("quantise", images, bits=bits), 2**bits - 1
    assert (low - images).abs().max() <= 0.5 / steps + 1e-12
    assert torch.equal(low, (low * steps).round() / steps)
    assert run("quantise", images.float(), bits=8).mul(255).frac().abs().max() == 0


def test_quantising_passes_the_gradient_through():
    images = noise(1, 3, 4, 4).requires_grad_()
    weights = noise(1, 3, 4, 4, seed=1)
    (run("quantise", images, bits=2) * weights).sum().backward()
    assert torch.equal(images.grad, weights)


@pytest.mark.parametrize(("height", "width"), [(32, 48), (17, 23)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_jpeg_is_what_pillow_makes_of_the_same_bytes(height, width, subsampling):
    images, qualities = noise(3, 3, height, width), [10, 75, 100]
    low = run("jpeg", images, {"quality": qualities}, subsampling=subsampling)
    for image, quality, found in zip(images, qualities, low, strict=True):
        pixels = np.rint(image.permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, format="jpeg", quality=quality, subsampling=subsampling)
        wanted = np.asarray(Image.open(buffer).convert("RGB"), dtype=np.float64) / 255
        np.testing.assert_array_equal(found.permute(1, 2, 0).numpy(), wanted)


def smooth():
    wave = torch.linspace(0, 6, 64, dtype=torch.float64)
    return (0.5 + 0.2 * (wave.sin()[:, None] + wave.cos()[None])).expand(2, 3, 64, 64)


def test_lower_quality_errs_more_and_both_ends_are_drawn():
    images = (smooth() + 0.1 * noise(2, 3, 64, 64)).clamp(0, 1)
    errors = [(run("jpeg", images, {"quality": [q, q]}) - images).pow(2).mean().item() for q in (95, 75, 50, 20, 5)]
    assert errors == sorted(errors)
    assert set(DEGRADATIONS.create("jpeg", quality=(60, 62)).sample(60, sources(60))["quality"]) == {60, 61, 62}


def test_the_differentiable_codec_resembles_jpeg_and_has_a_gradient():
    images = smooth().clone().requires_grad_()
    params = {"quality": [50, 90]}
    low = run("jpeg", images, params, exact=False)
    error = (low - run("jpeg", images.detach(), params)).pow(2).mean((1, 2, 3))
    assert (-10 * error.log10() > 34).all()
    low.sum().backward()
    assert images.grad.isfinite().all()
    assert images.grad.abs().max() > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_srgb_curve_and_its_inverse(dtype):
    levels = torch.arange(256, dtype=dtype).div(255).view(1, 1, 1, 256).expand(1, 3, 1, 256)
    light = srgb_to_linear(levels)
    wanted = torch.tensor([srgb_decoded(k / 255) for k in range(256)], dtype=torch.float64)
    tolerance = {"rtol": 0, "atol": 1e-6 if dtype == torch.float32 else 1e-12}
    torch.testing.assert_close(light[0, 0, 0].double(), wanted, **tolerance)
    torch.testing.assert_close(linear_to_srgb(light), levels, rtol=0, atol=1e-6)
    for curve in (srgb_to_linear, linear_to_srgb):
        values = levels.clone().requires_grad_()
        curve(values).sum().backward()
        assert values.grad.isfinite().all()
        assert (values.grad > 0).all()


def test_luma_weighs_as_bt601():
    images = noise(1, 3, 4, 4)
    red, green, blue = images[0]
    torch.testing.assert_close(luma(images)[0, 0], 0.299 * red + 0.587 * green + 0.114 * blue)
