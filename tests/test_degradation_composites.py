"""Published composites: their draws, the order of their steps redone by hand, and their pieces."""

import json
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from lfsrkit import DEGRADATIONS
from lfsrkit.colour import luma
from lfsrkit.degradations import kernels, split, srgb
from lfsrkit.degradations.face_restoration import JITTER
from lfsrkit.dice import Dice
from lfsrkit.errors import BadParameters
from lfsrkit.seeding import generators

N = 4000


def sources(n: int, seed: int = 0):
    return generators(seed, [str(index) for index in range(n)], 0, "degrade")


def pictures(n: int = 2, height: int = 48, width: int = 40):
    """Smooth 8-bit pictures."""
    coarse = torch.rand(n, 3, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    smooth = functional.interpolate(coarse, (height, width), mode="bicubic", antialias=False).clamp(0, 1)
    return (smooth * 255).round() / 255


def check_share(flags, expected: float) -> None:
    """Five standard errors of a share."""
    assert abs(np.mean(flags) - expected) <= 5 * math.sqrt(max(expected * (1 - expected), 1e-12) / len(flags))


def check_even(values, low: float, high: float) -> None:
    """Within the ends, with the mean of an even distribution: five standard errors."""
    assert low <= min(values)
    assert max(values) <= high
    assert abs(np.mean(values) - (low + high) / 2) <= 5 * (high - low) / math.sqrt(12 * len(values))


@pytest.mark.parametrize("name", ["gfpgan", "real_esrgan"])
def test_records_are_plain_and_rounded_to_8_bits_and_small(name):
    d = DEGRADATIONS.create(name, scale=4)
    params = d.sample(2, sources(2))
    for row in split(params, 2):
        assert json.loads(json.dumps(row, allow_nan=False)) == row
        assert not any(isinstance(value, dict) for value in row.values())
    low = d.apply(pictures(), params)
    assert low.shape == (2, 3, 12, 10)
    torch.testing.assert_close(low * 255, (low * 255).round())


@pytest.mark.slow
def test_gfpgan_draws_what_was_published():
    d = DEGRADATIONS.create("gfpgan", shift_chance=0.3, jitter_chance=0.3, grey_chance=0.01)
    drawn = d.sample(N, sources(N))
    is_round = np.equal(drawn["sigma_x"], drawn["sigma_y"])
    check_share(is_round, 0.5)
    assert all(angle == 0 for angle, same in zip(drawn["angle"], is_round, strict=True) if same)
    check_even([angle for angle, same in zip(drawn["angle"], is_round, strict=True) if not same], -math.pi, math.pi)
    spans = {"sigma_x": (0.1, 10), "sigma_y": (0.1, 10), "shrink": (0.8, 8), "noise": (0, 20), "quality": (60, 100)}
    for name, span in spans.items():
        check_even(drawn[name], *span)
    check_share([any(shift) for shift in drawn["shift"]], 0.3)
    check_even([shift[1] for shift in drawn["shift"] if any(shift)], -20, 20)
    check_share(drawn["grey"], 0.01)
    check_share(np.not_equal(drawn["hue"], 0), 0.3)
    for name, span in JITTER.items():
        check_even([value for value, hue in zip(drawn[name], drawn["hue"], strict=True) if hue != 0], *span)
    check_share([order[0] == "hue" for order in drawn["order"]], 0.25)


def gfpgan_row(**changes):
    row = {"sigma_x": 2.0, "sigma_y": 2.0, "angle": 0.0, "shrink": 2.3, "noise": 6.0, "seed": 5, "quality": 80}
    row |= {"shift": [0.0, 0.0, 0.0], "grey": False, "brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    return {name: [value] for name, value in (row | {"order": list(JITTER)} | changes).items()}


@pytest.mark.parametrize("across", [2.0, 4.0])
def test_gfpgan_is_its_steps_in_their_order(across):
    cv2 = pytest.importorskip("cv2")
    image = pictures(1)
    kernel = kernels.gaussian([2.0], [across], [0.5], 41)[0]
    blurred = cv2.filter2D(image[0].permute(1, 2, 0).numpy(), -1, kernel)
    shrunk = cv2.resize(blurred, (17, 20), interpolation=cv2.INTER_LINEAR)
    noise = srgb.normal_noise(torch.Size((1, 3, 20, 17)), 5)[0].permute(1, 2, 0).numpy()
    noisy = ((shrunk + 6 / 255 * noise).clip(0, 1) * 255).round().astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    coded = torch.from_numpy(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1] / 255.0).permute(2, 0, 1)[None]
    by_hand = functional.interpolate(coded, (12, 10), mode="bicubic", antialias=True)
    found = DEGRADATIONS.create("gfpgan", scale=4).apply(image, gfpgan_row(sigma_y=across, angle=0.5))
    torch.testing.assert_close(found, by_hand.clamp(0, 1), rtol=0, atol=0.51 / 255)


def test_gfpgan_changes_colours_at_the_end():
    d = DEGRADATIONS.create("gfpgan", scale=4)
    image = pictures(1)
    plain = d.apply(image, gfpgan_row())
    shifted = d.apply(image, gfpgan_row(shift=[10.0, 0.0, -10.0]))
    expected = (plain + torch.tensor([10.0, 0.0, -10.0], dtype=torch.float64).view(3, 1, 1) / 255).clamp(0, 1)
    torch.testing.assert_close(shifted, expected, rtol=0, atol=1.01 / 255)
    grey = d.apply(image, gfpgan_row(grey=True))
    torch.testing.assert_close(grey, luma(plain).expand_as(plain), rtol=0, atol=1.01 / 255)
    dim = d.apply(image, gfpgan_row(brightness=0.5))
    torch.testing.assert_close(dim, plain / 2, rtol=0, atol=1.01 / 255)
    one = d.apply(
        image, gfpgan_row(brightness=1.5, contrast=0.5, order=["brightness", "contrast", "saturation", "hue"])
    )
    two = d.apply(
        image, gfpgan_row(brightness=1.5, contrast=0.5, order=["contrast", "brightness", "saturation", "hue"])
    )
    assert not torch.equal(one, two)
    assert not torch.equal(d.apply(image, gfpgan_row(hue=0.1)), plain)


@pytest.mark.slow
def test_real_esrgan_draws_what_was_published():
    drawn = DEGRADATIONS.create("real_esrgan").sample(N, sources(N))
    for order, (down, up, low, high) in {1: (0.7, 0.2, 0.15, 1.5), 2: (0.4, 0.3, 0.3, 1.2)}.items():
        factor = np.array(drawn[f"factor_{order}"])
        check_share(factor < 1, down)
        check_share(factor > 1, up)
        check_even(factor[factor < 1], low, 1)
        check_even(factor[factor > 1], 1, high)
        for mode in srgb.MODES:
            check_share(np.equal(drawn[f"mode_{order}"], mode), 1 / 3)
        is_gaussian = np.equal(drawn[f"noise_{order}"], "gaussian")
        check_share(is_gaussian, 0.5)
        strength = np.array(drawn[f"strength_{order}"])
        check_even(strength[is_gaussian], 1, {1: 30, 2: 25}[order])
        check_even(strength[~is_gaussian], 0.05, {1: 3, 2: 2.5}[order])
        check_share(drawn[f"grey_{order}"], 0.4)
        check_even(drawn[f"quality_{order}"], 30, 95)
        check_even(drawn[f"sigma_x_{order}"], 0.2, {1: 3.0, 2: 1.5}[order])
        check_even(drawn[f"size_{order}"], 7, 21)
        assert set(drawn[f"size_{order}"]) == set(range(7, 22, 2))
    families = {"gaussian": 0.7 * 0.9, "generalised": 0.15 * 0.9, "plateau": 0.15 * 0.9, "sinc": 0.1}
    for name, share in families.items():
        check_share(np.equal(drawn["family_1"], name), share)
    check_share(np.equal(drawn["family_2"], "none"), 0.2)
    check_share(np.equal(drawn["family_3"], "sinc"), 0.8)
    check_share(drawn["jpeg_last"], 0.5)
    check_share(np.equal(drawn["sigma_x_1"], drawn["sigma_y_1"]), 0.45 + 0.12 + 0.12)
    shape = np.array(drawn["shape_1"])[np.equal(drawn["family_1"], "generalised")]
    assert shape.min() >= 0.5
    assert shape.max() <= 4
    check_share(shape < 1, 0.5)
    cutoff, is_small = np.array(drawn["cutoff_1"]), np.array(drawn["size_1"]) < 13
    check_even(cutoff[is_small], math.pi / 3, math.pi)
    check_even(cutoff[~is_small], math.pi / 5, math.pi)
    check_even(drawn["cutoff_3"], math.pi / 3, math.pi)


def real_esrgan_row(**changes):
    kernel = {
        "family": "gaussian",
        "size": 9,
        "sigma_x": 1.5,
        "sigma_y": 0.8,
        "angle": 0.4,
        "shape": 1.5,
        "cutoff": 2.0,
    }
    row = {f"{name}_{order}": value for order in (1, 2) for name, value in kernel.items()}
    row |= {"factor_1": 0.6, "mode_1": "bicubic", "noise_1": "gaussian", "strength_1": 8.0, "grey_1": True, "seed_1": 3}
    row |= {"factor_2": 1.1, "mode_2": "area", "noise_2": "poisson", "strength_2": 0.7, "grey_2": False, "seed_2": 4}
    row |= {"quality_1": 70, "quality_2": 50, "family_2": "plateau", "mode_3": "bilinear", "jpeg_last": True}
    row |= {"family_3": "sinc", "size_3": 7, "cutoff_3": 2.5}
    return {name: [value] for name, value in (row | changes).items()}


@pytest.mark.parametrize("last", [True, False])
def test_real_esrgan_is_its_steps_in_their_order(last):
    jpeg = DEGRADATIONS.create("jpeg")
    image = pictures(1)
    image = kernels.filtered(image, kernels.gaussian([1.5], [0.8], [0.4], 9))
    image = functional.interpolate(image, (28, 24), mode="bicubic")
    image = (image + 8 / 255 * srgb.normal_noise(torch.Size((1, 1, 28, 24)), 3)).clamp(0, 1)
    image = jpeg.apply(image, {"quality": [70]})
    image = kernels.filtered(image, kernels.plateau([1.5], [0.8], [0.4], [1.5], 9))
    image = functional.interpolate(image, (13, 11), mode="area")
    image = srgb.poisson_noise(image, 0.7, 4)
    if not last:
        image = jpeg.apply(image, {"quality": [50]})
    image = functional.interpolate(image, (12, 10), mode="bilinear")
    image = kernels.filtered(image, kernels.sinc([2.5], 7))
    image = jpeg.apply(image, {"quality": [50]}) if last else (image.clamp(0, 1) * 255).round() / 255
    found = DEGRADATIONS.create("real_esrgan", scale=4).apply(pictures(1), real_esrgan_row(jpeg_last=last))
    torch.testing.assert_close(found, image, rtol=0, atol=1e-9)


@pytest.mark.parametrize("family", ["gaussian", "generalised", "plateau", "sinc", "none"])
def test_every_kernel_of_real_esrgan_is_its_own(family):
    d = DEGRADATIONS.create("real_esrgan", scale=4)
    found = d.apply(pictures(1), real_esrgan_row(family_1=family, strength_1=0.0, strength_2=0.0))
    others = {"gaussian", "generalised", "plateau", "sinc", "none"} - {family}
    for other in others:
        row = real_esrgan_row(family_1=other, strength_1=0.0, strength_2=0.0)
        assert not torch.equal(found, d.apply(pictures(1), row)), other


def test_fixed_probabilities_fix_the_choices():
    fixed = {"second_blur_chance": 0.0, "gaussian_chance": 1.0, "grey_chance": 0.0, "sinc_chance": 1.0}
    drawn = DEGRADATIONS.create("real_esrgan", final_sinc_chance=0.0, **fixed).sample(50, sources(50))
    assert set(drawn["family_1"]) == {"sinc"}
    assert set(drawn["family_2"]) == set(drawn["family_3"]) == {"none"}
    assert set(drawn["noise_1"]) == set(drawn["noise_2"]) == {"gaussian"}
    assert not any(drawn["grey_1"] + drawn["grey_2"])


def test_fixing_an_argument_leaves_the_other_draws_as_they_were():
    free, fixed = DEGRADATIONS.create("gfpgan"), DEGRADATIONS.create("gfpgan", sigma=2.0, round_chance=1.0)
    one, other = free.sample(5, sources(5)), fixed.sample(5, sources(5))
    assert all(one[name] == other[name] for name in ("shrink", "noise", "seed", "quality", "order"))


@pytest.mark.parametrize("quality", [1, 30, 75, 100])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 16), (33, 50)])
def test_quick_jpeg_has_the_bits_of_the_degradation(quality, size):
    image = pictures(1, *size)
    theirs = DEGRADATIONS.create("jpeg").apply(image, {"quality": [quality]})
    assert torch.equal(srgb.jpeg(image, quality), theirs)


def test_normal_noise_is_normal():
    noise = srgb.normal_noise(torch.Size((1, 3, 200, 200)), 7).flatten()
    n = len(noise)
    assert abs(noise.mean()) < 5 / math.sqrt(n)
    assert abs(noise.var() - 1) < 5 * math.sqrt(2 / n)
    assert abs(noise.pow(4).mean() - 3) < 5 * math.sqrt(96 / n)
    assert torch.equal(noise, srgb.normal_noise(torch.Size((1, 3, 200, 200)), 7).flatten())


@pytest.mark.parametrize("grey", [False, True])
def test_poisson_noise_has_the_variance_of_its_photons(grey):
    flat = torch.full((1, 3, 150, 150), 0.4, dtype=torch.float64)
    flat[..., :8] = torch.arange(8, dtype=torch.float64) / 255  # with 0.4 nine levels, so sixteen photons at white
    noise = (srgb.poisson_noise(flat, 0.5, 3, grey=grey) - flat)[..., 8:]
    kept = noise[:, 0] if grey else noise
    assert abs(kept.mean()) < 5 * kept.std() / math.sqrt(kept.numel())
    assert kept.var().item() == pytest.approx(0.25 * 0.4 / 16, rel=5 * math.sqrt(2.2 / kept.numel()))
    assert (noise.std(1).max() < 1e-12) == grey


def test_grey_noise_is_one_for_all_channels():
    flat = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    assert srgb.gaussian_noise(flat, 0.05, 3, grey=True).std(1).max() < 1e-12
    assert srgb.gaussian_noise(flat, 0.05, 3).std(1).min() > 0


def test_dice_are_fair():
    dice = Dice(torch.Generator().manual_seed(0))
    check_even([dice.unit() for _ in range(N)], 0, 1)
    check_share([dice.chance(0.3) for _ in range(N)], 0.3)
    rolled = [dice.integer((1, 6)) for _ in range(N)]
    for side in range(1, 7):
        check_share(np.equal(rolled, side), 1 / 6)
    chosen = [dice.weighted({"a": 0.2, "b": 0.0, "c": 0.8}) for _ in range(N)]
    check_share(np.equal(chosen, "a"), 0.2)
    assert "b" not in chosen
    orders = [tuple(dice.shuffled("abc")) for _ in range(N)]
    for order in ("abc", "acb", "bac", "bca", "cab", "cba"):
        check_share([tuple(order) == found for found in orders], 1 / 6)
    assert all(0 <= dice.seed() < 2**53 for _ in range(9))


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("gfpgan", {"kernel_size": 40}, "odd"),
        ("gfpgan", {"shrink": 0.1}, "shrink"),
        ("gfpgan", {"grey_chance": 2.0}, "grey_chance"),
        ("real_esrgan", {"resize_1": (1.2, 1.5)}, "resize_1"),
        ("real_esrgan", {"noise_2": (3.0, 1.0)}, "noise_2"),
    ],
)
def test_what_makes_no_sense_is_refused(name, arguments, said):
    with pytest.raises(BadParameters, match=said):
        DEGRADATIONS.create(name, **arguments)
