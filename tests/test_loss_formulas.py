"""Values of single losses: against scikit-image, SciPy, NumPy, Pillow, and by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from loss_cases import natural, noise, seeded
from PIL import Image as Pillow
from scipy.ndimage import correlate, gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from lfsrkit import LOSSES
from lfsrkit.calls import parse_call
from lfsrkit.errors import UsageError
from lfsrkit.losses.gabor import gabor_bank, local_detail

DOUBLE = torch.float64


def per_picture(formula: Callable[..., Any], restored: torch.Tensor, clean: torch.Tensor) -> list[float]:
    """Apply a formula for one channel, (h, w) and (h, w), and average over channels."""
    channels = [
        [formula(a, b) for a, b in zip(r, c, strict=True)] for r, c in zip(restored.numpy(), clean.numpy(), strict=True)
    ]
    return np.mean(channels, axis=1).tolist()


@pytest.mark.parametrize(
    ("call", "formula"),
    [
        ("l1", abs),
        ("l2", lambda d: d * d),
        ("charbonnier", lambda d: math.hypot(d, 1e-3)),
        ("charbonnier(eps=.1)", lambda d: math.hypot(d, 0.1)),
    ],
)
def test_losses_of_single_values(call: str, formula: Callable[[float], float]) -> None:
    restored, clean = noise(6, 5)
    by_hand = [sum(map(formula, d.tolist())) / 90 for d in (restored - clean).flatten(1)]
    assert LOSSES.build(parse_call(call))(restored, clean).tolist() == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("make", [noise, natural])
@pytest.mark.parametrize("ceiling", [20.0, 40.0, 100.0])
def test_psnr_falls_short_of_the_ceiling_by_what_scikit_image_finds(make: Callable[..., Any], ceiling: float) -> None:
    restored, clean = make(16, 24)
    found = [peak_signal_noise_ratio(b, a, data_range=1) for a, b in zip(restored.numpy(), clean.numpy(), strict=True)]
    # A sum of two errors, in decibels: that of the picture and that of the ceiling.
    wanted = [ceiling - -10 * math.log10(10 ** (-psnr / 10) + 10 ** (-ceiling / 10)) for psnr in found]
    loss = LOSSES.create("psnr", eps=10 ** (-ceiling / 20))
    assert loss(restored, clean).tolist() == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("size", [(11, 11), (16, 24), (37, 23), (128, 128)])
@pytest.mark.parametrize("make", [noise, natural])
def test_ssim_is_that_of_scikit_image(make: Callable[..., Any], size: tuple[int, int]) -> None:
    restored, clean = make(*size)
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
    wanted = per_picture(lambda a, b: 1 - structural_similarity(a, b, **window), restored, clean)
    assert LOSSES.create("ssim")(restored, clean).tolist() == pytest.approx(wanted, abs=1e-9)


def one_ms_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Multi-scale similarity of one channel, from the paper's formula."""

    def mean(a: np.ndarray) -> np.ndarray:
        return gaussian_filter(a, 1.5, truncate=3.5)[5:-5, 5:-5]

    factors: list[float] = []
    exponents = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    while True:
        mx, my = mean(x), mean(y)
        structure = 2 * (mean(x * y) - mx * my) + 0.03**2
        structure = structure / (mean(x * x) - mx * mx + mean(y * y) - my * my + 0.03**2)
        luminance = (2 * mx * my + 0.01**2) / (mx * mx + my * my + 0.01**2)
        h, w = x.shape[0] // 2, x.shape[1] // 2
        if len(factors) == 4 or min(h, w) < 11:
            factors.append(float((luminance * structure).mean()))
            break
        factors.append(float(structure.mean()))
        x, y = (a[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean(axis=(1, 3)) for a in (x, y))
    used = exponents[: len(factors)]
    return math.prod(factor ** (share / sum(used)) for factor, share in zip(factors, used, strict=True))


@pytest.mark.parametrize("size", [(176, 181), (175, 190), (128, 128), (45, 60), (22, 30), (21, 90), (11, 11)])
def test_ms_ssim_is_the_formula_of_the_paper(size: tuple[int, int]) -> None:
    restored, clean = natural(*size)
    wanted = per_picture(lambda a, b: 1 - one_ms_ssim(a, b), restored, clean)
    assert LOSSES.create("ms_ssim")(restored, clean).tolist() == pytest.approx(wanted, abs=1e-9)


def test_ms_ssim_of_one_scale_is_ssim() -> None:
    restored, clean = natural(21, 60)
    torch.testing.assert_close(LOSSES.create("ms_ssim")(restored, clean), LOSSES.create("ssim")(restored, clean))


@pytest.mark.parametrize("name", ["ssim", "ms_ssim"])
def test_opposite_pictures_have_no_structure_in_common(name: str) -> None:
    clean, _ = noise(64, 64)
    loss = LOSSES.create(name)(1 - clean, clean)
    assert (loss > 0.9).all()
    assert (loss <= 2).all()


def test_opposite_detail_leaves_the_coarser_scales_their_share() -> None:
    board = 0.2 * (torch.arange(64)[:, None] + torch.arange(64)).remainder(2).mul(2).sub(1).to(DOUBLE)
    smooth = torch.linspace(0.3, 0.7, 64, dtype=DOUBLE).expand(1, 3, 64, 64)
    restored = (0.99 * smooth - board).requires_grad_()
    loss = LOSSES.create("ms_ssim")(restored, smooth + board)
    assert loss.tolist() == pytest.approx([1 - 1e-4 ** (0.0448 / (0.0448 + 0.2856 + 0.3001))], abs=1e-3)
    loss.sum().backward()
    assert restored.grad is not None
    assert restored.grad.abs().max() > 0


def test_fft_is_that_of_numpy() -> None:
    restored, clean = noise(12, 15)

    def parts(a: np.ndarray, b: np.ndarray) -> float:
        difference = (np.fft.fft2(a) - np.fft.fft2(b)) / math.sqrt(12 * 15)
        return (np.abs(difference.real).mean() + np.abs(difference.imag).mean()) / 2

    def amplitudes(a: np.ndarray, b: np.ndarray) -> float:
        return np.abs(np.abs(np.fft.fft2(a)) - np.abs(np.fft.fft2(b))).mean() / math.sqrt(12 * 15)

    for part, formula in (("complex", parts), ("amplitude", amplitudes)):
        loss = LOSSES.create("fft", part=part)(restored, clean)
        assert loss.tolist() == pytest.approx(per_picture(formula, restored, clean), rel=1e-10)


def test_amplitudes_do_not_see_where_things_are() -> None:
    clean, _ = noise(12, 15)
    moved = clean.roll((3, 5), dims=(2, 3))
    assert (LOSSES.create("fft", part="amplitude")(moved, clean) < 1e-12).all()
    assert (LOSSES.create("fft")(moved, clean) > 0.1).all()


def test_gradient_is_the_total_variation_of_the_error() -> None:
    restored, clean = noise(7, 9)

    def formula(a: np.ndarray, b: np.ndarray) -> float:
        d = a - b
        return (np.abs(d[:, 1:] - d[:, :-1]).mean() + np.abs(d[1:] - d[:-1]).mean()) / 2

    wanted = per_picture(formula, restored, clean)
    assert LOSSES.create("gradient")(restored, clean).tolist() == pytest.approx(wanted, rel=1e-12)


def test_color_is_the_angle_of_colours() -> None:
    restored, clean = (0.05 + 0.9 * each for each in noise(8, 6))
    a, b = restored.numpy(), clean.numpy()
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    loss = LOSSES.create("color", eps=1e-12)
    assert loss(restored, clean).tolist() == pytest.approx(np.arccos(cosine).mean(axis=(1, 2)).tolist(), rel=1e-8)
    assert (loss(0.3 * restored, restored) < 1e-9).all()


def test_the_slope_of_color_is_bounded_where_colours_are_dark_or_equal() -> None:
    clean = torch.full((1, 3, 2, 2), 0.1, dtype=DOUBLE)
    for start in (-1 / 255, 0.0, 1e-3):
        restored = (start + 1e-5 * torch.rand(1, 3, 2, 2, generator=seeded(), dtype=DOUBLE)).requires_grad_()
        LOSSES.create("color")(restored, clean).sum().backward()
        assert restored.grad is not None
        assert restored.grad.norm(dim=1).max() <= 255 / math.sqrt(3) / 4


def test_luminance_looks_at_the_early_stage_only() -> None:
    clean = torch.rand(1, 3, 32, 24, generator=seeded())
    corrected = torch.rand(1, 3, 8, 6, generator=seeded(1))
    channels = [Pillow.fromarray(channel.numpy()).resize((6, 8), Pillow.Resampling.BICUBIC) for channel in clean[0]]
    weights = np.array([0.299, 0.587, 0.114])
    difference = np.tensordot(weights, corrected[0].numpy() - np.stack(channels), axes=1)
    loss = LOSSES.create("luminance")(0 * clean, clean, stages={"corrected": corrected, "restored": 0 * clean})
    assert loss.tolist() == pytest.approx([np.abs(difference).mean()], abs=1e-6)


def test_a_model_without_the_stage_is_named() -> None:
    clean = torch.rand(1, 3, 32, 24, generator=seeded())
    with pytest.raises(UsageError, match="stage 'corrected', which the model does not give; it gives restored"):
        LOSSES.create("luminance")(clean, clean, stages={"restored": clean})
    with pytest.raises(UsageError, match="did you mean 'restored'"):
        LOSSES.create("luminance", stage="restore")(clean, clean, stages={"restored": clean})


def one_energy(x: np.ndarray, direction: int) -> np.ndarray:
    """Local energy of one channel in one direction, with one complex filter."""
    i, j = np.mgrid[-4:5, -4:5]
    weight = np.exp(-(i**2 + j**2) / 8.0)
    weight /= weight.sum()
    wave = np.exp(1j * np.pi / 2 * (j * math.cos(direction * math.pi / 4) + i * math.sin(direction * math.pi / 4)))
    kernel = 2 * weight * (wave - (weight * wave).sum().real)
    answers = [correlate(x, part, mode="nearest") for part in (kernel.real, kernel.imag)]
    return np.sqrt(answers[0] ** 2 + answers[1] ** 2 + 1e-6)


def test_local_detail_is_the_energy_of_complex_filters() -> None:
    restored, _ = natural(16, 24)
    x = restored[0, 1].numpy()
    for width, band in enumerate(local_detail(restored)):
        side = 2**width
        shown = x.reshape(16 // side, side, 24 // side, side).mean(axis=(1, 3))
        for direction in range(4):
            np.testing.assert_allclose(band[0, 4 + direction].numpy(), one_energy(shown, direction), rtol=1e-9)


def test_local_detail_tells_directions_and_widths() -> None:
    across = torch.arange(64, dtype=DOUBLE)
    for width in range(3):
        wave = torch.sin(2 * math.pi * across / 4 / 2**width + 0.4).expand(1, 3, 64, 64)
        bands = local_detail(wave)
        strengths = torch.stack([band.mean(dim=(0, 2, 3))[:4] for band in bands])
        assert strengths.argmax().item() == 4 * width
        if width == 0:
            torch.testing.assert_close(bands[0][0, 0, 32, 8:-8], torch.ones(48, dtype=DOUBLE), atol=0.02, rtol=0)
        strengths = torch.stack([band.mean(dim=(0, 2, 3))[:4] for band in local_detail(wave.mT)])
        assert strengths.argmax().item() == 4 * width + 2


def test_the_bank_is_blind_to_brightness() -> None:
    assert gabor_bank().sum(dim=(2, 3)).abs().max() < 1e-15
    assert [band.max().item() for band in local_detail(torch.full((1, 3, 5, 3), 0.7, dtype=DOUBLE))] == pytest.approx(
        [1e-3] * 3
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("charbonnier(eps=0)", "above 0; 0.0 was given"),
        ("color(eps=0)", "above 0"),
        ("fft(part='phase')", "part"),
        ("lpips(net='vgg19')", "net"),
        ("identity", "parameter 'network' is missing"),
        ("ms_ssim(scales=3)", "no parameter 'scales'"),
    ],
)
def test_wrong_parameters_are_refused(call: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LOSSES.build(parse_call(call))


@pytest.mark.parametrize("name", ["ssim", "ms_ssim", "gradient"])
def test_pictures_that_are_too_small_are_refused(name: str) -> None:
    side = 1 if name == "gradient" else 10
    with pytest.raises(UsageError, match="pictures of at least"):
        LOSSES.create(name)(torch.zeros(1, 3, side, 20), torch.zeros(1, 3, side, 20))
