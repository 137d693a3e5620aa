"""Metrics against scikit-image and closed forms, and the convention that they share."""

import inspect
import math

import numpy as np
import pytest
import torch
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from lfsrkit import METRICS
from lfsrkit.errors import UsageError
from lfsrkit.metrics import Metric, NoReference, colour_bias, eight_bit, gt_mean_psnr
from lfsrkit.registry import NO_REFERENCE
from lfsrkit.types import Images, Masks, PerImage

BLIND = METRICS.names(tag=NO_REFERENCE)
NAMES = [name for name in METRICS.names() if name not in ("lpips", "identity", *BLIND)]
SIZES = [(11, 11), (16, 16), (16, 24), (37, 23), (64, 101), (128, 128)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(height: int, width: int, n: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Two batches that have nothing to do with each other."""
    both = torch.rand(2, n, 3, height, width, generator=seeded(), dtype=torch.float64)
    return both[0], both[1]


def natural(height: int, width: int, n: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures with edges, and the same darker, shifted by a pixel and noisy, partly outside 0 to 1."""
    y, x = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 2, width), indexing="ij")
    waves = torch.stack([torch.sin(k * x + y) + torch.cos(k * y) + (x > 1) for k in range(1, 3 * n + 1)])
    clean = (0.2 + 0.25 * waves).reshape(n, 3, height, width).double()
    restored = 0.8 * clean.roll(1, -1) + 0.05 * torch.randn(clean.shape, generator=seeded(), dtype=torch.float64)
    return restored, clean


def on_grid(pictures: torch.Tensor) -> np.ndarray:
    """8-bit rounding written a second time, in NumPy: (n, h, w, 3), 0 to 1."""
    return np.rint(np.clip(pictures.numpy(), 0, 1) * 255).transpose(0, 2, 3, 1) / 255


def matlab_luma(pictures: np.ndarray) -> np.ndarray:
    """Y of 16 to 235 on the scale 0 to 255."""
    return pictures @ np.array([65.481, 128.553, 24.966]) + 16


def skimage_ssim(a: np.ndarray, b: np.ndarray, data_range: float, channel_axis: int | None) -> float:
    return structural_similarity(
        a,
        b,
        data_range=data_range,
        channel_axis=channel_axis,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


def photograph(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A part of scikit-image's own photograph of a person, and the same blurred, darker and noisy."""
    whole = torch.from_numpy(astronaut()).permute(2, 0, 1)[None].double() / 255
    clean = whole[..., 20 : 20 + height, 160 : 160 + width]
    blurred = torch.nn.functional.avg_pool2d(clean, 3, stride=1, padding=1)
    return 0.6 * blurred + 0.03 * torch.randn(clean.shape, generator=seeded(), dtype=torch.float64), clean


@pytest.mark.parametrize("make", [noise, natural, photograph])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_rgb_metrics_equal_scikit_image(make: object, height: int, width: int) -> None:
    restored, clean = make(height, width)
    pairs = list(zip(on_grid(clean), on_grid(restored), strict=True))
    psnr = [peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs]
    ssim = [skimage_ssim(a, b, 1.0, -1) for a, b in pairs]
    np.testing.assert_allclose(METRICS.create("psnr")(restored, clean), psnr, atol=1e-9)
    np.testing.assert_allclose(METRICS.create("ssim")(restored, clean), ssim, atol=1e-9)


@pytest.mark.parametrize("make", [noise, natural, photograph])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_luma_metrics_equal_scikit_image(make: object, height: int, width: int) -> None:
    restored, clean = make(height, width)
    pairs = [(matlab_luma(a), matlab_luma(b)) for a, b in zip(on_grid(clean), on_grid(restored), strict=True)]
    psnr = [peak_signal_noise_ratio(a, b, data_range=255) for a, b in pairs]
    ssim = [skimage_ssim(a, b, 255.0, None) for a, b in pairs]
    np.testing.assert_allclose(METRICS.create("psnr_y")(restored, clean), psnr, atol=1e-9)
    np.testing.assert_allclose(METRICS.create("ssim_y")(restored, clean), ssim, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_as_good(name: str) -> None:
    restored, clean = (eight_bit(batch) for batch in natural(40, 32))
    single = METRICS.create(name)(restored.float(), clean.float())
    torch.testing.assert_close(single, METRICS.create(name)(restored, clean), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_clamped_and_rounded_to_eight_bits(name: str) -> None:
    restored, clean = natural(32, 24)
    beyond = restored.clone()
    beyond[:, :, :2] = beyond[:, :, :2].sign() * 3
    stored = ((beyond.clamp(0, 1) * 255).round() / 255).float()
    metric = METRICS.create(name)
    assert torch.equal(metric(beyond, clean), metric(stored, clean))
    assert not torch.equal(metric(beyond, clean), metric(restored, clean))


@pytest.mark.parametrize("name", NAMES)
def test_equal_pictures_are_the_best(name: str) -> None:
    restored, clean = natural(32, 24)
    best = METRICS.create(name)(clean, clean.clone())
    assert best.tolist() == pytest.approx([math.inf if name.startswith("psnr") else 1.0] * 2)
    # Less than half a level apart is equal too.
    assert torch.equal(METRICS.create(name)(eight_bit(clean) + 1e-3, eight_bit(clean)), best)
    assert METRICS[name].higher_is_better
    assert (METRICS.create(name)(restored, clean) < best).all()


@pytest.mark.parametrize("name", NAMES)
def test_flat_pictures_are_no_trouble(name: str) -> None:
    black, white = torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)
    metric = METRICS.create(name)
    assert metric(black, black).isfinite().all() == name.startswith("ssim")
    assert metric(white, black).isfinite().all()


@pytest.mark.parametrize("name", METRICS.names())
def test_the_table_is_right(name: str) -> None:
    entry = METRICS[name]
    assert entry.summary == (inspect.getdoc(entry.factory) or "").partition("\n")[0].removesuffix(".")
    assert all(parameter.meaning for parameter in entry.parameters())
    assert entry.higher_is_better == (name not in ("lpips", *BLIND))


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_does_not_depend_on_its_batch(name: str) -> None:
    restored, clean = natural(32, 24, n=3)
    weight = torch.rand(3, 1, 32, 24, generator=seeded(), dtype=torch.float64)
    metric = METRICS.create(name)
    for given in (None, weight):
        batch = metric(restored, clean, given)
        for i in range(3):
            one = slice(i, i + 1)
            alone = metric(restored[one], clean[one], None if given is None else given[one])
            torch.testing.assert_close(alone, batch[one], atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_nan_is_not_hidden(name: str) -> None:
    restored, clean = natural(32, 24)
    restored[1, 0, 16, 12] = math.nan
    assert METRICS.create(name)(restored, clean).isnan().tolist() == [False, True]


@pytest.mark.parametrize("name", NAMES)
def test_no_gradient_is_kept(name: str) -> None:
    restored, clean = natural(16, 16)
    assert not METRICS.create(name)(restored.requires_grad_(), clean).requires_grad


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [1.0, 0.25])
def test_equal_weights_are_no_weights(name: str, level: float) -> None:
    restored, clean = natural(32, 24)
    metric = METRICS.create(name)
    weight = torch.full((2, 1, 32, 24), level)
    torch.testing.assert_close(metric(restored, clean, weight), metric(restored, clean), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", ["psnr", "psnr_y"])
def test_psnr_within_a_box_is_that_of_the_crop(name: str) -> None:
    restored, clean = natural(32, 24)
    weight = torch.zeros(2, 1, 32, 24)
    weight[..., 4:20, 3:17] = 1
    crop = (slice(None), slice(None), slice(4, 20), slice(3, 17))
    metric = METRICS.create(name)
    torch.testing.assert_close(metric(restored, clean, weight), metric(restored[crop], clean[crop]))


@pytest.mark.parametrize("name", ["ssim", "ssim_y"])
def test_ssim_within_a_box_is_that_of_the_crop_with_a_window_around(name: str) -> None:
    restored, clean = natural(40, 40)
    weight = torch.zeros(2, 1, 40, 40)
    weight[..., 10:25, 8:30] = 1
    crop = (slice(None), slice(None), slice(5, 30), slice(3, 35))
    metric = METRICS.create(name)
    torch.testing.assert_close(metric(restored, clean, weight), metric(restored[crop], clean[crop]))


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_of_nothing_measures_nothing(name: str) -> None:
    weight = torch.ones(2, 1, 32, 24)
    weight[1] = 0
    assert METRICS.create(name)(*natural(32, 24), weight).isnan().tolist() == [False, True]


def test_colour_bias_is_counted_in_levels() -> None:
    clean = eight_bit(torch.rand(2, 3, 8, 8, generator=seeded()) * 0.5 + 0.2)
    shift = torch.tensor([6.0, -3.0, 0.0]).view(1, 3, 1, 1) / 255
    torch.testing.assert_close(colour_bias(clean + shift, clean), torch.full((2,), 3.0, dtype=torch.float64))
    assert colour_bias(clean.flip(-1), clean).abs().max() < 1e-9


def test_gt_mean_psnr_forgives_one_factor() -> None:
    clean = (torch.arange(2 * 3 * 64).reshape(2, 3, 8, 8) % 60 * 4).double() / 255
    assert gt_mean_psnr(clean / 2, clean).isinf().all()
    assert METRICS.create("psnr")(clean / 2, clean).max() < 12
    restored, clean = natural(32, 24)
    ours, theirs = on_grid(restored), on_grid(clean)
    for a, b, value in zip(ours, theirs, gt_mean_psnr(restored, clean), strict=True):
        scaled = np.rint(np.clip(a * b.mean() / a.mean(), 0, 1) * 255) / 255
        assert float(value) == pytest.approx(peak_signal_noise_ratio(b, scaled, data_range=1), abs=1e-9)


def test_gt_mean_psnr_of_a_black_picture_is_that_of_black() -> None:
    black, clean = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)
    torch.testing.assert_close(gt_mean_psnr(black, clean), METRICS.create("psnr")(black, clean))


@pytest.mark.parametrize("name", ["ssim", "ssim_y"])
def test_pictures_smaller_than_the_window_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="at least 11x11 pixels; these are 10x40"):
        METRICS.create(name)(torch.zeros(1, 3, 10, 40), torch.zeros(1, 3, 10, 40))


def test_a_metric_of_ones_own_gets_eight_bits() -> None:
    class Brightest(Metric):
        def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
            return restored.amax(dim=(1, 2, 3))

    with METRICS.temporary("brightest", Brightest):
        value = METRICS.create("brightest")(torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, 3, 2, 2))
    assert value.tolist() == [128 / 255]


@pytest.mark.parametrize("name", BLIND)
def test_a_metric_without_reference_does_not_look_at_the_clean_picture(name: str) -> None:
    restored, clean = natural(64, 48)
    metric = METRICS.create(name)
    assert torch.equal(metric(restored, clean), metric(restored, restored))
    assert not torch.equal(metric(restored, clean), metric(clean, clean))
    with pytest.raises(UsageError, match="looks at whole pictures; leave out the weight"):
        metric(restored, clean, torch.ones(2, 1, 64, 48))


def test_mean_luma_is_that_of_the_eight_bit_picture() -> None:
    restored, _ = natural(40, 24)
    wanted = 255 * (on_grid(restored) @ np.array([0.299, 0.587, 0.114])).mean(axis=(1, 2))
    np.testing.assert_allclose(METRICS.create("mean_luma")(restored, restored), wanted, atol=1e-9)


def test_the_noise_that_was_added_is_found() -> None:
    side, level = 256, 4.0
    ramp = torch.linspace(0.2, 0.8, side, dtype=torch.float64).expand(1, 3, side, side)
    grain = torch.randn(1, 1, side, side, generator=seeded(), dtype=torch.float64).expand(1, 3, side, side)
    found = METRICS.create("noise")(ramp + grain * level / 255, ramp)
    # Rounding to 8 bits adds a variance of 1/12; the mean of n absolute values is known to 0.756 / sqrt(n), and
    # neighbours share pixels, hence a few times that.
    assert float(found) == pytest.approx((level**2 + 1 / 12) ** 0.5, abs=5 * 3 * 0.756 * level / side)


def test_a_plugged_in_metric_without_reference_is_known_by_its_class() -> None:
    class Contrast(NoReference):
        """Spread of the values."""

        def judge(self, pictures: Images) -> PerImage:
            return pictures.flatten(1).std(dim=1)

    with METRICS.temporary("contrast", Contrast):
        assert NO_REFERENCE in METRICS["contrast"].all_tags
        assert METRICS.create("contrast")(*natural(16, 16)).shape == (2,)


def test_identity_is_the_cosine_of_two_embeddings() -> None:
    restored, clean = (eight_bit(each) for each in natural(16, 16, n=3))
    table = torch.randn(3 * 16 * 16, 7, generator=seeded(), dtype=torch.float64)
    found = METRICS.create("identity", network=lambda pictures: pictures.flatten(1) @ table)(restored, clean)
    wanted = torch.nn.functional.cosine_similarity(restored.flatten(1) @ table, clean.flatten(1) @ table)
    torch.testing.assert_close(found, wanted)
    assert METRICS["identity"].higher_is_better
