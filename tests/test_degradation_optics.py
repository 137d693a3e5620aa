"""Kernels of blur and the lens: formulas, moments, light that is kept, lamps that leave streaks."""

import math

import numpy as np
import pytest
import torch

from lfsrkit import DEGRADATIONS
from lfsrkit.colour import linear_to_srgb, srgb_to_linear
from lfsrkit.degradations import chain_from_text, kernels
from lfsrkit.errors import BadParameters, UsageError

LENSES = ("defocus", "motion_blur", "gaussian_blur")
each_lens = pytest.mark.parametrize("name", LENSES)
MADE = {
    "gaussian": kernels.gaussian([2.0, 0.0], [3.0, 0.3], [0.4, 1.0], 25),
    "cut": kernels.gaussian([2.0, 1.0], [3.0, 0.3], [0.4, 1.0], 25, least=1e-4),
    "generalised": kernels.generalised_gaussian([2.0, 1.0], [3.0, 0.3], [0.4, 1.0], [0.6, 3.0], 25),
    "plateau": kernels.plateau([2.0, 1.0], [3.0, 0.3], [0.4, 1.0], [1.0, 2.0], 25),
    "sinc": kernels.sinc([math.pi / 3, 3.0], 21),
    "disk": kernels.disk([0.0, 4.3], 9),
    "line": kernels.motion_line([1.0, 9.5], [0.3, 2.5], 11),
}
each_kernel = pytest.mark.parametrize("name", MADE)


def noise(*shape: int, seed: int = 0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def moments(kernel):
    """Second moments about the centre: xx, xy, yy."""
    offsets = np.arange(len(kernel)) - len(kernel) // 2
    x, y = np.meshgrid(offsets, offsets)
    return [(kernel * product).sum() for product in (x * x, x * y, y * y)]


def turned(along: float, across: float, angle: float):
    """Covariance of a distribution with these variances along and across a direction."""
    c, s = math.cos(angle), math.sin(angle)
    return [along * c * c + across * s * s, (along - across) * c * s, along * s * s + across * c * c]


def direct(image, kernel):
    """Sum of shifted pictures, the border mirrored by NumPy."""
    reach = kernel.shape[-1] // 2
    padded = np.pad(image, ((0, 0), (reach, reach), (reach, reach)), mode="reflect")
    height, width = image.shape[1:]
    windows = [(i, j) for i in range(kernel.shape[0]) for j in range(kernel.shape[1])]
    return sum(kernel[-1 - i, -1 - j] * padded[:, i : i + height, j : j + width] for i, j in windows)


@each_kernel
def test_kernels_sum_to_one_and_are_symmetric_about_their_centre(name):
    made = MADE[name]
    np.testing.assert_allclose(made.sum((1, 2)), 1, atol=1e-12)
    np.testing.assert_allclose(made, made[:, ::-1, ::-1], atol=1e-15)
    assert (made[:, made.shape[1] // 2, made.shape[2] // 2] >= made.max((1, 2)) - 1e-15).all()


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 2, 2.2])
def test_gaussian_has_the_moments_of_its_formula(angle):
    found = moments(kernels.gaussian([3.0], [1.5], [angle], 61)[0])
    np.testing.assert_allclose(found, turned(9.0, 2.25, angle), atol=1e-6)
    found = moments(kernels.gaussian([3.0], [1.5], [angle], 61, least=1e-4)[0])
    np.testing.assert_allclose(found, turned(9.0, 2.25, angle), atol=0.02)


def test_shapes_follow_their_formulas():
    x, y, beta = 2, -1, 1.7
    q = (x / 3.0) ** 2 + (y / 1.5) ** 2
    middle, there = (5, 5), (5 + y, 5 + x)
    widths = [3.0], [1.5], [0.0]
    bell, flat = kernels.generalised_gaussian(*widths, [beta], 11)[0], kernels.plateau(*widths, [beta], 11)[0]
    assert bell[there] / bell[middle] == pytest.approx(math.exp(-(q**beta) / 2))
    assert flat[there] / flat[middle] == pytest.approx(1 / (1 + q**beta))
    same = kernels.generalised_gaussian(*widths, [1.0], 11)
    np.testing.assert_allclose(same, kernels.gaussian(*widths, 11), atol=1e-15)
    profile = kernels.gaussian_profile(1.7, 11)
    np.testing.assert_allclose(np.outer(profile, profile), kernels.gaussian([1.7], [1.7], [0.3], 11)[0], atol=1e-15)


def test_a_round_kernel_does_not_depend_on_its_angle():
    one, other = kernels.gaussian([2.0, 2.0], [2.0, 2.0], [0.0, 1.1], 15)
    np.testing.assert_allclose(one, other, atol=1e-15)


def test_sinc_passes_below_its_cutoff_and_stops_above():
    spectrum = np.fft.fft2(kernels.sinc([math.pi / 2], 101)[0], s=(256, 256))
    along = np.abs(spectrum[0])
    assert np.abs(along[: 256 // 8] - 1).max() < 0.1
    assert along[256 * 3 // 8 : 129].max() < 0.1


@pytest.mark.parametrize("radius", [1.5, 3.0, 7.2])
def test_disk_is_even_and_has_its_area(radius):
    made = kernels.disk([radius], 2 * math.ceil(radius) + 3)[0]
    assert 1 / made.max() == pytest.approx(math.pi * radius**2, rel=0.05)
    inside = made[made > 0.999 * made.max()]
    assert len(inside) > 0.4 * math.pi * radius**2


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 135.0, 180.0])
@pytest.mark.parametrize("length", [3.0, 9.0, 20.5])
def test_motion_has_its_length_and_direction(length, degrees):
    angle = math.radians(degrees)
    made = kernels.motion_line([length], [angle], 25)[0]
    xx, xy, yy = moments(made)
    # A path of length L has variance L^2 / 12 along itself; counting whole pixels moves it by a pixel's own, 1 / 12.
    np.testing.assert_allclose([xx, xy, yy], turned(length**2 / 12, 0, angle), atol=1 / 6 + 0.1)
    np.testing.assert_allclose(made, kernels.motion_line([length], [angle + math.pi], 25)[0], atol=1e-12)
    if degrees == 0 and length == 9:
        np.testing.assert_allclose(made[12, 8:17], 1 / 9, atol=1e-12)


def test_each_picture_is_filtered_with_its_own_kernel_as_a_direct_sum():
    images = noise(2, 3, 11, 8)
    weights = np.random.default_rng(0).random((2, 5, 5))
    found = kernels.filtered(images, weights)
    for index in range(2):
        np.testing.assert_allclose(found[index], direct(images[index].numpy(), weights[index]), atol=1e-9)


def test_filter_equals_opencv():
    cv2 = pytest.importorskip("cv2")
    images = noise(1, 3, 40, 30)
    kernel = kernels.gaussian([4.0], [2.0], [0.7], 21)
    theirs = cv2.filter2D(images[0].permute(1, 2, 0).numpy(), -1, kernel[0])
    np.testing.assert_allclose(kernels.filtered(images, kernel)[0].permute(1, 2, 0), theirs, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 4)])
def test_kernels_larger_than_a_picture_see_it_mirrored_again_and_again(shape):
    images = noise(1, 3, *shape)
    kernel = kernels.gaussian([4.0], [6.0], [0.7], 21)
    theirs = direct(images[0].numpy(), kernel[0]) if min(shape) > 1 else images[0].numpy()
    np.testing.assert_allclose(kernels.filtered(images, kernel)[0], theirs, atol=1e-9)


@pytest.mark.parametrize("size", [(10, 8), (40, 24), (57, 31), (3, 1)])
def test_separable_filter_is_the_filter_and_a_bilinear_resize(size):
    images = noise(2, 3, 40, 24)
    profile = kernels.gaussian_profile(3.0, 61)
    both = kernels.filtered(images, np.stack([np.outer(profile, profile)] * 2))
    theirs = torch.nn.functional.interpolate(both, size, mode="bilinear")
    torch.testing.assert_close(kernels.filtered_apart(images, profile, size), theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("side", [9, 61])
@pytest.mark.parametrize("size", [(10, 8), (40, 24), (57, 31), (3, 1)])
def test_filter_that_samples_is_the_filter_and_a_bilinear_resize(size, side):
    images = noise(2, 3, 40, 24)
    weights = kernels.gaussian([3.0, 1.0], [1.5, 6.0], [0.4, 2.0], side)
    theirs = torch.nn.functional.interpolate(kernels.filtered(images, weights), size, mode="bilinear")
    torch.testing.assert_close(kernels.filtered_bilinear(images, weights, size), theirs, rtol=0, atol=1e-9)


@each_lens
def test_light_is_kept(name):
    """Half of a lamp in the middle stays the same amount of light: the kernel only spreads it."""
    light = torch.zeros(1, 3, 65, 65, dtype=torch.float64)
    light[..., 30:35, 30:35] = 0.5
    d = DEGRADATIONS.create(name)
    spread = d.apply_light(light, d.sample(1, torch.Generator().manual_seed(3)))
    assert spread.sum().item() == pytest.approx(light.sum().item(), rel=1e-6)
    assert spread.max() < 0.5 + 1e-9
    assert (spread - light).abs().max() > 0.01


@each_lens
def test_a_flat_picture_stays_as_it_is(name):
    d = DEGRADATIONS.create(name)
    flat = torch.full((3, 3, 20, 17), 0.6, dtype=torch.float64)
    torch.testing.assert_close(d.apply(flat, d.sample(3, torch.Generator().manual_seed(0))), flat, rtol=0, atol=1e-7)


@each_lens
def test_blur_happens_in_linear_light(name):
    images = noise(1, 3, 24, 24)
    d = DEGRADATIONS.create(name)
    params = d.sample(1, torch.Generator().manual_seed(1))
    by_hand = linear_to_srgb(d.apply_light(srgb_to_linear(images), params).clamp(0, 1))
    torch.testing.assert_close(d.apply(images, params), by_hand)
    assert (by_hand - d.apply_light(images, params)).abs().max() > 0.01


@each_lens
def test_a_lamp_brighter_than_white_leaves_more_than_a_white_one(name):
    lamp = torch.zeros(1, 3, 31, 31, dtype=torch.float64)
    lamp[..., 15, 15] = 20.0
    d = DEGRADATIONS.create(name)
    params = d.sample(1, torch.Generator().manual_seed(2))
    streak, clipped = d.apply_light(lamp, params), d.apply_light(lamp.clamp_max(1), params)
    torch.testing.assert_close(streak, 20 * clipped)
    assert streak.clamp_max(1).sum() > 2 * clipped.sum()


def test_neighbours_in_a_chain_hand_on_what_is_brighter_than_white():
    """Two blurs share one decoding, so a chain of them equals one pass over linear light."""
    chain = chain_from_text("motion_blur(length=9.0, angle=0.0) | defocus(radius=2.0)")
    images = noise(1, 3, 24, 24)
    params = chain.sample(1, torch.Generator().manual_seed(0))
    light = srgb_to_linear(images)
    for stage in chain.stages:
        light = stage.degradation.apply_light(light, params[stage.key])
    torch.testing.assert_close(chain.apply(images, params), linear_to_srgb(light.clamp(0, 1)))


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("defocus", {"radius": [0.0]}),
        ("defocus", {"radius": [0.5]}),
        ("motion_blur", {"length": [1.0], "angle": [33.0]}),
    ],
)
def test_the_least_blur_is_none(text, low):
    images = noise(1, 3, 9, 9)
    torch.testing.assert_close(DEGRADATIONS.create(text).apply_light(images, low), images, rtol=0, atol=2**-36)


def test_the_kernel_of_a_picture_does_not_depend_on_its_neighbours():
    """A wide neighbour makes the batch's kernels larger; what is outside its own must stay zero."""
    images = noise(2, 3, 40, 40)
    for name, key, values in (("gaussian_blur", "sigma", [1.0, 9.0]), ("defocus", "radius", [1.2, 9.0])):
        d = DEGRADATIONS.create(name)
        params = {**d.neutral(2), key: values}
        alone = {column: values[:1] for column, values in params.items()}
        together = d.apply_light(images, params)[:1]
        torch.testing.assert_close(d.apply_light(images[:1], alone), together, rtol=0, atol=1e-10)


def test_angles_turn_clockwise_as_seen():
    lamp = torch.zeros(1, 3, 21, 21, dtype=torch.float64)
    lamp[..., 10, 10] = 1.0
    motion = DEGRADATIONS.create("motion_blur")
    stretched = DEGRADATIONS.create("gaussian_blur")
    for spread in (
        motion.apply_light(lamp, {"length": [11.0], "angle": [45.0]}),
        stretched.apply_light(lamp, {"sigma": [3.0], "ratio": [0.2], "angle": [45.0]}),
    ):
        assert spread[0, 0, 13, 13] > 10 * spread[0, 0, 13, 7].clamp_min(1e-6)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("defocus", {"radius": -1.0}, "radius"),
        ("motion_blur", {"length": 0.5}, "length"),
        ("motion_blur", {"angle": (0.0, 400.0)}, "angle"),
        ("gaussian_blur", {"sigma": (3.0, 1.0)}, "sigma"),
        ("gaussian_blur", {"ratio": 1.5}, "ratio"),
    ],
)
def test_what_makes_no_sense_is_refused(name, arguments, said):
    with pytest.raises(BadParameters, match=said):
        DEGRADATIONS.create(name, **arguments)


@pytest.mark.parametrize("number", [1e9, math.inf, math.nan])
def test_a_forged_record_gets_no_huge_kernel(number: float) -> None:
    for name, params in (
        ("defocus", {"radius": [number]}),
        ("motion_blur", {"length": [number], "angle": [0.0]}),
        ("gaussian_blur", {"sigma": [number], "ratio": [1.0], "angle": [0.0]}),
    ):
        with pytest.raises(UsageError, match="kernel of more than 1023 pixels"):
            DEGRADATIONS.create(name).apply(torch.rand(1, 3, 8, 8), params)
