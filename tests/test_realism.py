"""Profiles of pictures, the bands they are held against, and distances between them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from scipy.spatial.distance import jensenshannon

from lfsrkit import pairs
from lfsrkit.colour import linear_to_srgb
from lfsrkit.images import decode, encode_png
from lfsrkit.metrics.blind import immerkaer
from lfsrkit.realism import BANDS, distances, jensen_shannon, luminance_histogram, profile_pairs, profile_pictures
from lfsrkit.realism import wasserstein as distance
from lfsrkit.realism.noise import (
    bin_edges,
    flat_blocks,
    lag_one,
    shot_and_read,
    transfer_curve,
)
from lfsrkit.realism.profile import sample_distance
from tests.command_cases import run


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def shares(seed: int) -> torch.Tensor:
    drawn = torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.sum()


def test_histogram_counts_every_pixel_once() -> None:
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    found = luminance_histogram(images)
    expected = np.stack(
        [
            np.histogram(np.sqrt(np.tensordot([0.299, 0.587, 0.114], picture, 1)), bins=64, range=(0, 1))[0] / 256
            for picture in images.double().numpy()
        ]
    )
    assert np.abs(found.numpy() - expected).sum() <= 2 / 256
    assert torch.allclose(found.sum(1), torch.ones(3, dtype=torch.float64))


def test_distances_equal_those_of_scipy() -> None:
    p, q = shares(0), shares(1)
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p.numpy(), q.numpy()) ** 2, rel=1e-9)
    bins = np.arange(64) / 64
    assert distance(p, q) == pytest.approx(stats.wasserstein_distance(bins, bins, p.numpy(), q.numpy()), rel=1e-9)
    first, second = noise(300, seed=2).tolist(), (noise(40, seed=3) + 0.5).tolist()
    assert sample_distance(tuple(first), tuple(second)) == pytest.approx(
        stats.wasserstein_distance(first, second), rel=0.02
    )


def test_distances_to_itself_are_zero() -> None:
    assert jensen_shannon(shares(0), shares(0)) == 0
    assert distance(shares(0), shares(0)) == 0


@pytest.mark.parametrize("level", [1.0, 4.0])
def test_immerkaer_finds_the_noise_of_a_ramp(level: float) -> None:
    ramp = torch.linspace(0.2, 0.6, 128, dtype=torch.float64).expand(8, 1, 128, 128)
    noisy = (ramp + noise(8, 1, 128, 128) * level / 255).expand(-1, 3, -1, -1)
    error = 5 * level * math.sqrt(math.pi / 2 - 1) * 2 / 126  # neighbouring values of the filter are correlated
    assert immerkaer(noisy).sub(level).abs().max() < error


def test_neighbours_of_white_noise_are_not_correlated_and_those_of_smoothed_noise_are() -> None:
    white = noise(1, 256, 256)
    assert abs(lag_one(white).item()) < 5 / math.sqrt(2 * 256**2)
    pairs_of_four = (white[:, :-1, :-1] + white[:, 1:, :-1] + white[:, :-1, 1:] + white[:, 1:, 1:]) / 4
    assert lag_one(pairs_of_four).item() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("shot", "read"), [(1e-3, 1e-5), (2e-4, 0.0), (0.0, 4e-6)])
def test_the_transfer_curve_has_slope_and_offset_of_the_noise_in_spite_of_texture(shot: float, read: float) -> None:
    light = torch.logspace(-3, -0.5, 256, dtype=torch.float64).expand(16, 256, 256).clone()
    light[:, 64:96] *= 1 + 0.5 * torch.rand(16, 32, 256, dtype=torch.float64)  # an eighth of the blocks is texture
    noisy = light + (shot * light + read).sqrt() * noise(16, 256, 256)
    mean, variance = flat_blocks(noisy)
    found = shot_and_read(transfer_curve(mean, variance, bin_edges(mean)))
    assert found[0] == pytest.approx(shot, rel=0.25, abs=2e-6)
    assert found[1] == pytest.approx(read, rel=0.25, abs=2e-6)


def test_a_profile_counts_colours_and_clipped_values() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32] = (200, 100, 50)
    picture[32:, :, 0] = 255
    found = profile_pictures([picture])
    assert found.count == 1
    assert found.red_to_green[0] == pytest.approx(227.5 / 50)
    assert found.black == pytest.approx((1 / 3,))
    assert found.white == pytest.approx((1 / 6,))
    assert found.luma[0] == pytest.approx((0.299 * 227.5 + 0.587 * 50 + 0.114 * 25), rel=1e-6)
    assert sum(found.luminance) == pytest.approx(1)


def test_noise_of_photographs_is_told_only_from_64_pixels() -> None:
    small, large = np.zeros((32, 80, 3), np.uint8), np.zeros((64, 80, 3), np.uint8)
    assert profile_pictures([large]).noise is not None
    assert profile_pictures([large, small]).noise is None


def test_photographs_give_the_noise_they_were_made_with() -> None:
    light = torch.linspace(0.005, 0.2, 256, dtype=torch.float64).expand(4, 3, 256, 256)
    noisy = light + (8e-4 * light + 1e-5).sqrt() * noise(4, 3, 256, 256)
    images = (linear_to_srgb(noisy.clamp(0, 1)) * 255).round().to(torch.uint8)
    found = profile_pictures(list(images.permute(0, 2, 3, 1).contiguous().numpy())).noise
    assert found is not None
    assert not found.known
    assert found.shot == pytest.approx(8e-4, rel=0.1)
    assert found.read == pytest.approx(1e-5, rel=0.3)
    assert found.lag_one == pytest.approx(-1 / 6, abs=0.02)


def test_noise_of_pairs_is_what_the_chain_added(built: Path) -> None:
    data = pairs.open(built, "train")
    found = profile_pairs(data)
    recorded = [row["2_shot_read_noise"]["shot"] for row in data.batch(range(len(data))).params]
    assert found.noise is not None
    assert found.noise.known
    assert min(recorded) / 2 < found.noise.shot < max(recorded) * 2
    assert len(found.noise.level) == found.count == len(data)


def test_the_profile_of_pairs_knows_how_bright_the_clean_pictures_are(built: Path) -> None:
    data = pairs.open(built, "test")
    clean = data.batch(range(len(data))).clean.double()
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    wanted = (clean.mean((2, 3)) @ weights).tolist()
    assert profile_pairs(data).clean_luma == pytest.approx(tuple(wanted), rel=1e-5)
    assert profile_pictures([np.zeros((64, 64, 3), np.uint8)]).clean_luma == ()


def test_a_split_without_pairs_is_refused(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs.PairSet, "__len__", lambda _: 0)
    told = run("pairs", "stats", built, "--split", "test")
    assert told.exit_code == 2
    assert "there are no pairs to measure" in told.stderr


def test_distances_of_profiles_grow_with_darkness(built: Path) -> None:
    low = profile_pairs(pairs.open(built, "train"))
    bright = np.full((64, 64, 3), 200, np.uint8)
    far = distances(low, profile_pictures([bright]))
    none = distances(low, low)
    assert (none.wasserstein, none.jensen_shannon, none.luma) == (0, 0, 0)
    assert far.wasserstein > 0.2
    assert far.luma > 80


def test_the_bands_are_those_of_23_pictures() -> None:
    assert {band.name: band.count for band in BANDS} == {"LOL": 6, "DARK FACE": 7, "ExDark": 5, "LSRW": 5}
    assert all(span[0] <= span[1] for band in BANDS for span in (band.luma, band.red_to_green, band.noise))


def test_stats_prints_the_clipped_shares_of_both_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    faces, night = tmp_path / "faces", tmp_path / "night"
    for place, level in ((faces, 0), (night, 255)):
        place.mkdir()
        Image.fromarray(np.full((64, 64, 3), level, np.uint8)).save(place / "a.png")
    built = ["-s", "splits={train=1}", "-s", "clean_size=64", "-s", "degrade=downsample(scale=4)", "--workers", "0"]
    assert run("pairs", "build", "--faces", faces, *built, "--out", tmp_path / "pairs").exit_code == 0
    told = run("pairs", "stats", tmp_path / "pairs", "--against", night)
    assert told.exit_code == 0, told.output
    rows = {line[:17].strip(): line[17:].split() for line in told.stdout.splitlines()}
    assert rows["values at 0 (%)"] == ["100", "100", "100", "0", "-", "-", "-", "-"]
    assert rows["values at 255 (%)"] == ["0", "0", "0", "100", "-", "-", "-", "-"]


def test_stats_prints_bands_and_distances_and_draws(built: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    Image.fromarray(np.full((64, 64, 3), 20, np.uint8)).save(real / "night.jpg")
    drawing = tmp_path / "histograms.png"
    told = run("pairs", "stats", built, "--split", "train", "--against", real, "--out", drawing)
    assert told.exit_code == 0, told.output
    for word in ("LOL (6)", "DARK FACE (7)", "ExDark (5)", "LSRW (5)", "Wasserstein", "against"):
        assert word in told.stdout
    with Image.open(drawing) as drawn:
        assert drawn.size[0] > 600
    values = json.loads(run("pairs", "stats", built, "--split", "test", "--against", real, "--json").stdout)
    assert 0 < values[0]["distances"]["wasserstein"] < 1
    assert len(values[0]["profile"]["luminance"]) == 64
    assert values[0]["count"] == 2


def test_stats_tells_what_it_cannot_measure(built: Path, tmp_path: Path) -> None:
    told = run("pairs", "stats", built, "--split", "test")
    assert "variance not known, for there are too few pixels" in told.stdout
    real = tmp_path / "real"
    real.mkdir()
    empty = run("pairs", "stats", built, "--against", real)
    assert (empty.exit_code, f"{real}: there is no picture to measure" in " ".join(empty.stderr.split())) == (2, True)
    for name in ("a.png", "b.png"):
        (real / name).write_bytes(encode_png(np.full((8, 8, 3), 20, np.uint8)))
    assert "b.png: same picture as a.png" in run("pairs", "stats", built, "--against", real).stderr


def test_stats_looks_at_the_name_of_the_drawing_before_anything_is_measured(tmp_path: Path) -> None:
    told = run("pairs", "stats", tmp_path / "no_build", "--out", tmp_path / "drawing.gif")
    assert told.exit_code == 2
    assert "drawing.gif: name a .png or a .svg file" in told.stderr


@pytest.mark.reference
def test_real_night_photographs_lie_in_the_bands() -> None:
    folder = Path(__file__).parents[2] / "shared" / "dark"
    found = profile_pictures(decode(path.read_bytes()) for path in sorted(folder.iterdir()))
    low, high = min(band.luma[0] for band in BANDS), max(band.luma[1] for band in BANDS)
    assert all(low - 2 <= luma <= high + 2 for luma in found.luma)
    assert found.noise is not None
    assert all(0.4 < level < 6.5 for level in found.noise.level)
