"""The way of a camera between raw values and sRGB: against a plain NumPy version, and there and back."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from lfsrkit import DEGRADATIONS
from lfsrkit.degradations import chain_from_text
from lfsrkit.degradations.draws import Draws, truncated_normal
from lfsrkit.degradations.isp import camera_matrices, inverse_tone, mixed, tone
from lfsrkit.errors import BadParameters, UsageError
from tests.test_degradation_physics import check_mean, check_variance, noise, sources

CORNERS = [[float(k == one) for k in range(4)] for one in range(4)]
UNPROCESS, PROCESS = DEGRADATIONS.create("unprocess"), DEGRADATIONS.create("process")


def drawn(name: str, n: int, **arguments):
    return DEGRADATIONS.create(name, **arguments).sample(n, sources(n))


def muted(n: int, dtype=torch.float64):
    """Colours as faces have them: a grey from dark to bright, and a third as much colour."""
    grey = 0.08 + 0.7 * noise(n, 1, 24, 24, seed=1)
    return (grey * (1 + 0.3 * (noise(n, 3, 24, 24, seed=2) - 0.5))).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tone_curve_and_its_inverse(dtype):
    t = torch.linspace(0, 1, 1001, dtype=dtype).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    torch.testing.assert_close(tone(t), 3 * t**2 - 2 * t**3)
    torch.testing.assert_close(tone(inverse_tone(t)), t, rtol=0, atol=1e-6 if dtype == torch.float32 else 1e-14)
    inside = t[..., 5:-5]
    torch.testing.assert_close(
        inverse_tone(tone(inside)), inside, rtol=0, atol=1e-4 if dtype == torch.float32 else 1e-10
    )
    assert inverse_tone(t)[0, 0, 0, 0].item() == pytest.approx(0, abs=1e-6)
    assert inverse_tone(t)[0, 0, 0, -1].item() == pytest.approx(1, abs=1e-6)


def test_rows_of_every_matrix_sum_to_one_and_mixtures_are_mixtures():
    weights = [*CORNERS, *drawn("unprocess", 50)["camera"]]
    assert all(sum(shares) == pytest.approx(1) and min(shares) >= 0 for shares in weights)
    matrices = camera_matrices(weights, noise(1, 3, 1, 1))
    torch.testing.assert_close(matrices.sum(2), torch.ones(54, 3, dtype=torch.float64))
    assert torch.linalg.cond(matrices).max() < 20
    assert (matrices[:4].diff(dim=0).abs().amax((1, 2)) > 0.01).all(), "four cameras, not one"
    wanted = torch.einsum("nij,njhw->nihw", matrices[:4], noise(4, 3, 5, 6))
    torch.testing.assert_close(mixed(noise(4, 3, 5, 6), matrices[:4]), wanted)


def test_a_matrix_is_that_of_its_camera():
    """The second camera by hand: (XYZ to camera) times (sRGB to XYZ), each row divided by its sum."""
    camera = np.array([[0.4913, -0.0541, -0.0202], [-0.6130, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]])
    srgb = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
    )
    rows = [[sum(camera[i, k] * srgb[k, j] for k in range(3)) for j in range(3)] for i in range(3)]
    wanted = torch.tensor([[value / sum(row) for value in row] for row in rows], dtype=torch.float64)
    torch.testing.assert_close(camera_matrices([CORNERS[1]], noise(1, 3, 1, 1))[0], wanted)


def by_hand(image, params, matrix):
    """Brooks' inverse pipeline for one picture (3, h, w), pixel by pixel in NumPy."""
    t = 0.5 - np.sin(np.arcsin(1 - 2 * image) / 3)
    camera = np.tensordot(matrix, np.maximum(t, 1e-8) ** 2.2, axes=[[1], [0]])
    scale = params["level"] * np.array([1 / params["red"], 1, 1 / params["blue"]]).reshape(3, 1, 1)
    mask = (np.maximum(camera.mean(0) - 0.9, 0) / 0.1) ** 2
    return np.clip(camera * np.maximum(mask + (1 - mask) * scale, scale), 0, 1)


def test_unprocessing_follows_its_formula_highlights_included():
    images = torch.cat([noise(4, 3, 12, 12), 0.9 + 0.1 * noise(4, 3, 12, 12, seed=3)])
    params = drawn("unprocess", 8)
    found = UNPROCESS.apply(images, params)
    matrices = camera_matrices(params["camera"], images).numpy()
    for index in range(8):
        row = {key: values[index] for key, values in params.items()}
        np.testing.assert_allclose(
            found[index].numpy(), by_hand(images[index].numpy(), row, matrices[index]), atol=1e-9
        )


def test_white_stays_white_in_raw_and_grey_takes_the_gains():
    params = {"camera": [CORNERS[0]], "red": [2.0], "blue": [1.6], "level": [0.8]}
    white = UNPROCESS.apply(torch.ones(1, 3, 1, 1, dtype=torch.float64), params)
    torch.testing.assert_close(white.flatten(), torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-12)
    grey = UNPROCESS.apply(torch.full((1, 3, 1, 1), 0.5, dtype=torch.float64), params).flatten()
    wanted = 0.8 * 0.5**2.2 * torch.tensor([1 / 2.0, 1, 1 / 1.6], dtype=torch.float64)
    torch.testing.assert_close(grey, wanted)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-6), (torch.float32, 1e-5)])
def test_processing_undoes_unprocessing_where_nothing_is_clipped(dtype, tolerance):
    images, params = muted(40, dtype), drawn("unprocess", 40)
    raw = UNPROCESS.apply(images, params)
    light = mixed(inverse_tone(images).pow(2.2), camera_matrices(params["camera"], images))
    kept = (raw > 0).all(1) & (raw < 1).all(1) & (light.mean(1) < 0.9)
    assert kept.double().mean() > 0.99
    error = (PROCESS.apply(raw, params) - images).abs().amax(1)
    assert error[kept].max() < tolerance


def test_another_camera_gives_another_picture():
    images = muted(6)
    chain = chain_from_text("unprocess | process")
    low = chain.apply(images, chain.sample(6, sources(6)))
    assert ((low - images).abs().amax((1, 2, 3)) > 0.02).all()
    same = chain.sample(6, sources(6))["0_unprocess"]
    torch.testing.assert_close(chain.apply(images, {"0_unprocess": same, "1_process": same}), images, rtol=0, atol=1e-6)


def test_noise_between_unprocessing_and_processing_is_that_of_raw_values():
    grey = torch.full((1, 3, 128, 128), 0.5, dtype=torch.float64)
    chain = chain_from_text("unprocess(red=2.0, blue=1.6, level=0.8) | shot_read_noise(shot=0.004, read=0.0)")
    params = chain.sample(1, sources(1))
    raw = UNPROCESS.apply(grey, params["0_unprocess"])
    noisy = chain.apply(grey, params)
    for channel in range(3):
        check_mean(noisy[0, channel].flatten(), raw[0, channel].mean())
        check_variance(noisy[0, channel].flatten(), 0.004 * raw[0, channel].mean())


def test_a_mosaic_of_raw_values_takes_their_mean():
    images = noise(1, 3, 8, 8)
    chain = chain_from_text("unprocess | bayer")
    params = chain.sample(1, sources(1))
    wanted = DEGRADATIONS.create("bayer").apply_light(UNPROCESS.apply(images, params["0_unprocess"]), params["1_bayer"])
    torch.testing.assert_close(chain.apply(images, params), wanted)


@pytest.mark.parametrize(
    "between", ["exposure(stops=0.0)", "quantise(bits=16)", "exposure(stops=0.0) | quantise(bits=16)"]
)
def test_the_way_there_and_back_is_the_same_with_nothing_done_in_raw(between):
    images = muted(6)
    chain = chain_from_text(f"unprocess | {between} | process")
    params = chain.sample(6, sources(6))
    back = chain.stages[-1].key
    found = chain.apply(images, {**params, back: params["0_unprocess"]})
    torch.testing.assert_close(found, images, rtol=0, atol=1e-3)


def test_what_follows_processing_gets_srgb_again():
    images = muted(2)
    chain, start = chain_from_text("unprocess | process | exposure"), chain_from_text("unprocess | process")
    params = chain.sample(2, sources(2))
    wanted = DEGRADATIONS.create("exposure").apply(start.apply(images, params), params["2_exposure"])
    torch.testing.assert_close(chain.apply(images, params), wanted)


@pytest.mark.parametrize("name", ["unprocess", "process", "maet"])
def test_gains_are_drawn_from_their_ranges(name):
    params = {
        key: torch.tensor(values, dtype=torch.float64) for key, values in drawn(name, 3000).items() if key != "seed"
    }
    for gain, (low, high) in {"red": (1.9, 2.4), "blue": (1.5, 1.9)}.items():
        assert low <= params[gain].min() < params[gain].max() <= high
        check_mean(params[gain], (low + high) / 2)
        check_variance(params[gain], (high - low) ** 2 / 12)
    check_mean(params["level"], 0.8)
    check_variance(params["level"], 0.01)
    assert drawn(name, 3, level=0.7)["level"] == [0.7] * 3


def test_maet_draws_darkness_as_either_version():
    even = torch.tensor(drawn("maet", 3000)["darkness"], dtype=torch.float64)
    check_mean(even, 0.205)
    check_variance(even, 0.39**2 / 12)
    bell = torch.tensor(drawn("maet", 3000, darkness=(0.01, 1.0), draw="normal")["darkness"], dtype=torch.float64)
    published = stats.truncnorm((0.01 - 0.1) / 0.08, (1 - 0.1) / 0.08, loc=0.1, scale=0.08)
    assert bell.min() >= 0.01
    check_mean(bell, published.mean())
    check_variance(bell, published.var())
    assert truncated_normal(0.0, 1.0, 0.25, Draws(sources(2))) == [0.25, 0.25]


@pytest.mark.parametrize("span", [(0.5, 1.0), (0.65, 0.7), (0.7, 1.0), (0.8, 1.0), (0.99, 1.0)])
def test_darkness_is_normal_however_far_the_range_is_from_the_mean(span):
    found = torch.tensor(drawn("maet", 3000, darkness=span, draw="normal")["darkness"], dtype=torch.float64)
    expected = stats.truncnorm(*((end - 0.1) / 0.08 for end in span), loc=0.1, scale=0.08)
    assert span[0] <= found.min() < found.max() <= span[1]
    assert len(found.unique()) > 2900
    check_mean(found, expected.mean())


def test_maet_picks_whole_cameras_and_bits():
    params = drawn("maet", 200)
    assert {tuple(weights) for weights in params["camera"]} == {tuple(corner) for corner in CORNERS}
    assert set(params["bits"]) == {10, 11, 12, 13, 14}
    assert max(params["gamma"]) <= 3.5
    assert min(params["shot"]) >= 1e-4
    assert len(set(params["seed"])) == 200


@pytest.mark.parametrize("k", [0.02, 0.1, 0.4, 1.0])
def test_maet_without_noise_is_a_factor_in_light(k):
    """With its own gamma the whole way is k^(1/gamma) x, for any camera: matrix, gains and level are undone."""
    images = 0.5 + 0.5 * muted(8)
    d = DEGRADATIONS.create("maet", darkness=k, shot=0.0, read=0.0, bits=16)
    params = d.sample(8, sources(8))
    factor = torch.tensor([k ** (1 / gamma) for gamma in params["gamma"]], dtype=torch.float64).view(8, 1, 1, 1)
    torch.testing.assert_close(d.apply(images, params), factor * images, rtol=0, atol=0.01)
    assert (d.apply(images, params) - factor * images).abs().mean() < 1e-3
    white = d.apply(torch.ones_like(images), params)
    assert (white.amax(1) - white.amin(1)).max() < 1e-3, "white stays white"


def test_maet_adds_its_noise_in_raw():
    """Noise of variance s raw + r goes through the inverse gains and matrix, by the sum of squares."""
    n, shot, read, gamma, k, x = 16, 1e-3, 1e-5, 2.0, 0.4, 0.7
    d = DEGRADATIONS.create(
        "maet", darkness=k, gamma=gamma, shot=shot, read=read, level=0.8, red=2.0, blue=1.6, bits=16
    )
    params = d.sample(n, sources(n))
    low = d.apply(torch.full((n, 3, 48, 48), x, dtype=torch.float64), params).pow(gamma)
    scale = torch.tensor([0.4, 0.8, 0.5], dtype=torch.float64)
    variance = (shot * k * x**gamma * scale + read) / scale**2
    inverses = torch.linalg.inv(camera_matrices(params["camera"], low))
    for picture, inverse in zip(low, inverses, strict=True):
        for channel, weights in zip(picture, inverse, strict=True):
            check_mean(channel, k * x**gamma)
            check_variance(channel, (weights.square() * variance).sum().item())


def test_maet_rounds_in_raw():
    ramp = torch.linspace(0, 1, 2000, dtype=torch.float64).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    counts = []
    for bits in (2, 4, 6):
        d = DEGRADATIONS.create("maet", darkness=1.0, level=1.0, shot=0.0, read=0.0, bits=bits)
        counts.append(len(d.apply(ramp, d.sample(1, sources(1)))[0, :, 0].T.unique(dim=0)))
        assert 2**bits <= counts[-1] <= 3 * 2**bits
    assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("pattern", "red", "blue"),
    [("rggb", (0, 0), (1, 1)), ("bggr", (1, 1), (0, 0)), ("grbg", (0, 1), (1, 0)), ("gbrg", (1, 0), (0, 1))],
)
def test_bayer_takes_each_colour_where_its_pattern_says(pattern, red, blue):
    light = noise(3, 3, 8, 6)
    d = DEGRADATIONS.create("bayer", pattern=pattern)
    found = d.apply_light(light, d.sample(3, sources(3)))
    assert found.shape == (3, 3, 4, 3)
    assert torch.equal(found[:, 0], light[:, 0, red[0] :: 2, red[1] :: 2])
    assert torch.equal(found[:, 2], light[:, 2, blue[0] :: 2, blue[1] :: 2])
    green = (light[:, 1, red[0] :: 2, blue[1] :: 2] + light[:, 1, blue[0] :: 2, red[1] :: 2]) / 2
    torch.testing.assert_close(found[:, 1], green, rtol=0, atol=1e-15)


def test_bayer_multiplies_into_the_scale_of_a_chain_and_refuses_odd_sizes():
    assert chain_from_text("downsample(scale=4) | bayer").scale == 8
    with pytest.raises(UsageError, match="multiples of 2"):
        DEGRADATIONS.create("bayer").apply(noise(1, 3, 5, 4), {"pattern": ["rggb"]})


def test_interpolating_colours_at_the_low_resolution_destroys_detail():
    """Why `bayer` bins: a bilinear mosaic of fine detail loses far more than binning twice the size does."""
    from kornia.color import CFA, raw_to_rgb, rgb_to_raw

    large = noise(1, 3, 64, 64, seed=4)
    small = torch.nn.functional.avg_pool2d(large, 2)
    interpolated = raw_to_rgb(rgb_to_raw(small, CFA.BG), CFA.BG)
    smooth = torch.nn.functional.interpolate(small, scale_factor=2, mode="nearest")
    binned = DEGRADATIONS.create("bayer").apply_light(smooth, {"pattern": ["rggb"]})
    torch.testing.assert_close(binned, small)
    assert -10 * math.log10((interpolated - small).square().mean().item()) < 25


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("unprocess", {"red": 0.5}, "red = 0.5"),
        ("process", {"level": (0.0, 1.0)}, "level = "),
        ("maet", {"darkness": 1.5, "gamma": 0.5}, "darkness = 1.5.*gamma = 0.5"),
        ("maet", {"bits": 0}, "bits = 0"),
        ("maet", {"draw": "even"}, "draw"),
        ("bayer", {"pattern": "rgb"}, "pattern"),
    ],
)
def test_arguments_out_of_range_are_named(name, arguments, message):
    with pytest.raises(BadParameters, match=message):
        DEGRADATIONS.create(name, **arguments)
