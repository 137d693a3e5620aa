"""Shrinking, against torch, Pillow and MATLAB's published algorithm; in linear light, against the formula."""

import math
from inspect import unwrap

import numpy as np
import pytest
import torch
from PIL import Image

from lfsrkit import DEGRADATIONS
from lfsrkit.colour import linear_to_srgb, srgb_to_linear
from lfsrkit.degradations import LinearDegradation, chain_from_text
from lfsrkit.degradations.resample import downsample
from lfsrkit.degradations.rounding import quantise
from lfsrkit.errors import BadParameters, UsageError
from tests import test_degradation_laws as laws

KERNELS = ("bicubic", "lanczos", "matlab", "area")


def noise(*shape: int):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def shrink(images, **arguments):
    d = DEGRADATIONS.create("downsample", **arguments)
    return d.apply(images, d.sample(len(images), torch.Generator()))


def keys(d: float) -> float:
    d = abs(d)
    if d <= 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d <= 2 else 0.0


def imresize_line(line: list[float], scale: int) -> list[float]:
    """MATLAB's algorithm in its own terms: 1-based positions, the kernel stretched by 1/scale, mirrored indices."""
    length, shrink = len(line), 1 / scale
    mirrored = list(range(1, length + 1)) + list(range(length, 0, -1))
    found = []
    for x in range(1, length // scale + 1):
        u = x / shrink + 0.5 * (1 - 1 / shrink)
        left = math.floor(u - 4 / shrink / 2)
        taps = range(left, left + math.ceil(4 / shrink) + 2)
        weights = [shrink * keys(shrink * (u - tap)) for tap in taps]
        values = [line[mirrored[(tap - 1) % (2 * length)] - 1] for tap in taps]
        found.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return found


def imresize(image: np.ndarray, scale: int) -> np.ndarray:
    rows = np.array([imresize_line(list(column), scale) for column in image.T]).T
    return np.array([imresize_line(list(row), scale) for row in rows])


@pytest.mark.parametrize("scale", [2, 3, 4, 8, 16])
@pytest.mark.parametrize(("height", "width"), [(48, 96), (96, 144)])
def test_bicubic_equals_torch_and_pillow(scale, height, width):
    images = 0.25 + 0.5 * noise(2, 3, height, width)
    size = (height // scale, width // scale)
    low = shrink(images, kernel="bicubic", scale=scale)
    wanted = torch.nn.functional.interpolate(images, size, mode="bicubic", antialias=True)
    torch.testing.assert_close(low, wanted, rtol=0, atol=1e-5)
    plane = Image.fromarray(images[0, 0].numpy().astype(np.float32))
    pillow = np.asarray(plane.resize((size[1], size[0]), Image.Resampling.BICUBIC))
    np.testing.assert_allclose(low[0, 0].numpy(), pillow, atol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 4, 8, 16])
@pytest.mark.parametrize(("height", "width"), [(48, 96), (96, 144)])
def test_lanczos_equals_pillow_to_the_border(scale, height, width):
    images = 0.25 + 0.5 * noise(1, 3, height, width)
    low = shrink(images, kernel="lanczos", scale=scale)
    plane = Image.fromarray(images[0, 0].numpy().astype(np.float32))
    pillow = np.asarray(plane.resize((width // scale, height // scale), Image.Resampling.LANCZOS))
    np.testing.assert_allclose(low[0, 0].numpy(), pillow, atol=1e-5)


@pytest.mark.parametrize(("scale", "height", "width"), [(2, 24, 18), (3, 24, 18), (4, 24, 16), (8, 24, 16), (8, 8, 8)])
def test_matlab_equals_its_published_algorithm(scale, height, width):
    images = 0.25 + 0.5 * noise(1, 3, height, width)
    low = shrink(images, kernel="matlab", scale=scale)
    np.testing.assert_allclose(low[0, 1].numpy(), imresize(images[0, 1].numpy(), scale), atol=1e-9)


def test_matlab_differs_from_bicubic_in_a_frame_of_two_pixels_only():
    images = 0.25 + 0.5 * noise(1, 3, 128, 128)
    matlab, bicubic = (shrink(images, kernel=kernel, scale=8) for kernel in ("matlab", "bicubic"))
    torch.testing.assert_close(matlab[..., 2:-2, 2:-2], bicubic[..., 2:-2, 2:-2], rtol=0, atol=1e-9)
    assert (matlab - bicubic).abs().max() > 1 / 255


@pytest.mark.parametrize("scale", [2, 3, 8])
def test_area_equals_average_pooling(scale):
    images = noise(2, 3, 48, 72)
    wanted = torch.nn.functional.avg_pool2d(images, scale)
    torch.testing.assert_close(shrink(images, kernel="area", scale=scale), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_shrinking_keeps_constants_and_mirror_symmetry(kernel):
    for level in (0.0, 0.3, 1.0):
        low = shrink(torch.full((2, 3, 32, 48), level, dtype=torch.float64), kernel=kernel)
        torch.testing.assert_close(low, torch.full_like(low, level), rtol=0, atol=1e-10)
    images = noise(1, 3, 64, 96)
    flipped = shrink(images.flip(-1, -2), kernel=kernel)
    torch.testing.assert_close(flipped.flip(-1, -2), shrink(images, kernel=kernel), rtol=0, atol=1e-10)


def test_overshoot_is_clamped():
    edge = (torch.arange(64) % 32 >= 16).to(torch.float64).expand(1, 3, 64, 64)
    for kernel in ("bicubic", "lanczos", "matlab"):
        low = shrink(edge, kernel=kernel, scale=4)
        assert low.min() == 0
        assert low.max() == 1


def test_area_of_half_way_values_rounds_alike_alone_and_in_a_batch():
    images = (noise(7, 3, 64, 64) * 255).round() / 255
    together = shrink(images, kernel="area")
    alone = torch.cat([shrink(image[None], kernel="area") for image in images])
    assert torch.equal((together * 255).round(), (alone * 255).round())


@pytest.mark.parametrize("kernel", KERNELS)
def test_linear_light_averages_what_a_sensor_counts(kernel):
    images = 0.4 + 0.2 * noise(2, 3, 48, 72)
    wanted = linear_to_srgb(shrink(srgb_to_linear(images), kernel=kernel, scale=3))
    low = shrink(images, kernel=kernel, scale=3, light="linear")
    torch.testing.assert_close(low, wanted, rtol=0, atol=1e-7)
    black_and_white = (torch.arange(16) % 2).to(torch.float64).expand(1, 3, 16, 16)
    grey = shrink(black_and_white, kernel="area", scale=2, light="linear")
    torch.testing.assert_close(grey, torch.full_like(grey, 0.735357), rtol=0, atol=1e-6)


def test_linear_light_is_handed_on_with_what_is_brighter_than_white():
    d = DEGRADATIONS.create("downsample", scale=2, light="linear")
    assert isinstance(d, LinearDegradation)
    light = torch.full((1, 3, 8, 8), 2.0, dtype=torch.float64)
    torch.testing.assert_close(d.apply_light(light, d.sample(1, torch.Generator())), light[..., :4, :4])
    assert d.apply(light.clamp(0, 1), d.sample(1, torch.Generator())).max() == pytest.approx(1)


def test_a_record_tells_the_two_kinds_of_light_apart():
    encoded, linear = (chain_from_text(f"downsample(scale=2, light='{light}')") for light in ("srgb", "linear"))
    images, drawn = noise(1, 3, 8, 8), encoded.sample(1, torch.Generator())
    assert drawn == {"0_downsample": {"kernel": ["bicubic"], "scale": [2]}}
    for chain, other in ((linear, encoded), (encoded, linear)):
        with pytest.raises(UsageError, match="chain that recorded them"):
            chain.apply(images, other.sample(1, torch.Generator()))


@pytest.mark.parametrize("wrong", [{"kernel": "lanczos5"}, {"light": "raw"}])
def test_unknown_names_are_refused(wrong):
    with pytest.raises(BadParameters, match=r"input should be 'bicubic', 'lanczos'|input should be 'srgb' or 'linear'"):
        DEGRADATIONS.create("downsample", **wrong)


@pytest.mark.parametrize(
    ("make", "given", "said"),
    [
        (
            downsample,
            {"kernel": "lanczos5", "scale": 0, "light": "raw"},
            "kernel = 'lanczos5'.*scale = 0.*light = 'raw'",
        ),
        (quantise, {"bits": 99, "light": "raw"}, "bits = 99.*light = 'raw': give one of srgb, linear"),
    ],
)
def test_who_calls_without_the_registry_is_told_all_faults_at_once(make, given, said):
    with pytest.raises(BadParameters, match=said):
        unwrap(make)(**given)  # Past the checks of types, which only tests switch on.


@pytest.mark.parametrize("text", ["downsample(light='linear')", "downsample(kernel='lanczos', scale=4)"])
def test_other_choices_keep_the_laws_too(text):
    for dtype in (torch.float32, torch.float64):
        laws.test_size_type_and_range_are_as_promised(text, dtype)
        laws.test_gradient_flows_and_is_finite(text, dtype)
    laws.test_a_batch_equals_its_pictures_one_by_one(name=text)
    laws.test_the_number_of_threads_changes_no_bit(text)
    laws.test_parameters_survive_json_parquet_and_pickle(text)
    laws.test_every_constant_follows_the_pictures_to_their_device(text)
    laws.test_text_and_tables_of_a_chain_read_back(text)
