"""A chain fitted to dark pictures: made with hidden parameters, which it has to find."""

import io
import json
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner

from lfsrkit import pairs, seeding
from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.faces.synthetic import draw_face, sample_face
from lfsrkit.realism.fit import Fit, fit, quality_of_file, quality_of_pixels, recipe_text, refuse_other
from lfsrkit.realism.fit.cells import log_cells, steadiest
from lfsrkit.realism.fit.grain import Grain, fit_grain
from lfsrkit.realism.fit.guess import coding_of
from lfsrkit.realism.fit.spread import Spread, corrected
from lfsrkit.realism.noise import Transfer
from lfsrkit.stages import load_stage
from lfsrkit_cli.command import command
from lfsrkit_cli.doctor import doctor
from lfsrkit_cli.fit import fit as fit_command

SIDE, COUNT, PRIOR = 64, 48, 128


def light(level: np.ndarray) -> np.ndarray:
    """Decode sRGB, written anew so that a fault of the library's curve would show."""
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def encoded(linear: np.ndarray) -> np.ndarray:
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)


def stranger(number: int) -> np.ndarray:
    """A face that is not among those of ``synthetic:N``, for its number is far beyond N."""
    return draw_face(sample_face(seeding.generators(0, [str(9000 + number)], 0, "synthetic")[0]), SIDE).image


@dataclass(frozen=True)
class Hidden:
    stops: tuple[float, float]
    red: float
    blue: float
    shot: float
    read: float
    quality: int | None
    suffix: str

    def pictures(self, folder: Path) -> list[float]:
        """Write dark pictures; returns their stops."""
        rng = np.random.default_rng(7)
        stops = rng.uniform(*self.stops, COUNT)
        for number, amount in enumerate(stops):
            clean = light(stranger(number) / 255) * 2.0**-amount * np.array([self.red, 1, self.blue])
            noisy = clean + np.sqrt(self.shot * clean + self.read) * rng.normal(size=clean.shape)
            self._write(folder / f"{number:02d}.{self.suffix}", np.rint(encoded(noisy) * 255).astype(np.uint8))
        return stops.tolist()

    def _write(self, path: Path, pixels: np.ndarray) -> None:
        if self.quality is not None and self.suffix == "png":
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "JPEG", quality=self.quality)
            pixels = np.asarray(Image.open(buffer))
        options = {"quality": self.quality} if self.suffix == "jpg" else {}
        Image.fromarray(pixels).save(path, **options)


COARSE = Hidden((2.5, 4.0), 1.25, 0.7, 6e-4, 5e-7, 75, "jpg")
STORED = Hidden((3.0, 4.5), 0.85, 1.15, 3e-4, 2e-7, 85, "png")
PLAIN = Hidden((2.0, 3.0), 1.0, 1.0, 1e-4, 4e-9, None, "png")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Hidden], tuple[Fit, list[float]]]:
    known: dict[Hidden, tuple[Fit, list[float]]] = {}

    def find(hidden: Hidden) -> tuple[Fit, list[float]]:
        if hidden not in known:
            folder = tmp_path_factory.mktemp("dark")
            stops = hidden.pictures(folder)
            known[hidden] = fit(folder, f"synthetic:{PRIOR}", size=SIDE, scale=4), stops
        return known[hidden]

    return find


@pytest.mark.slow
@pytest.mark.parametrize(
    "hidden",
    [
        COARSE,
        pytest.param(STORED, marks=pytest.mark.slow),
        pytest.param(PLAIN, marks=pytest.mark.slow),
    ],
    ids=["jpg", "jpeg-in-png", "png"],
)
def test_hidden_parameters_are_found(hidden: Hidden, fitted: Callable[[Hidden], tuple[Fit, list[float]]]) -> None:
    found, stops = fitted(hidden)
    guess = found.guess
    assert guess.stops.middle == pytest.approx(statistics.median(stops), abs=0.3)
    assert 2**guess.red.middle == pytest.approx(hidden.red, rel=0.07)
    assert 2**guess.blue.middle == pytest.approx(hidden.blue, rel=0.07)
    assert abs(math.log(guess.grain.shot / hidden.shot)) < math.log(1.5)
    assert guess.ramp == 0
    if hidden.quality is None:
        assert guess.coding is None
    else:
        assert guess.coding is not None
        assert abs(guess.coding.low - hidden.quality) <= 10
        assert abs(guess.coding.high - hidden.quality) <= 10
    width = guess.stops.ends()[1] - guess.stops.ends()[0]
    assert 0.3 < width / (hidden.stops[1] - hidden.stops[0]) < 2


@pytest.mark.slow
def test_the_fitted_chain_halves_the_distance(fitted: Callable[[Hidden], tuple[Fit, list[float]]]) -> None:
    found, _ = fitted(COARSE)
    assert found.gain > 2
    assert found.distances["fitted chain"].wasserstein < found.distances["fsr_gamma"].wasserstein / 2
    assert found.distances["fitted chain"].luma < found.distances["clean faces"].luma / 2


@pytest.mark.slow
def test_the_recipe_builds_pairs_like_the_dark_pictures(
    fitted: Callable[[Hidden], tuple[Fit, list[float]]], tmp_path: Path
) -> None:
    found, _ = fitted(COARSE)
    (tmp_path / "night.toml").write_text(recipe_text(found), encoding="utf-8")
    values = {"faces": "synthetic:24", "splits": {"train": 24}}
    data = pairs.live(load_stage("pairs", recipes=[tmp_path / "night.toml"], values=values))
    assert (data.scale, str(data.chain)) == (4, str(found.chain))
    low = data.batch(range(24)).low.double()
    assert low.shape[-1] == SIDE // 4
    assert low.mean().item() == pytest.approx(statistics.mean(found.dark.luma), rel=0.35)
    assert "fsr_gamma" in recipe_text(found).partition("[pairs]")[0]


def test_quality_is_read_from_tables_and_found_in_pixels() -> None:
    pixels = np.rint(encoded(light(stranger(0) / 255) / 8) * 255).astype(np.uint8)
    for quality in (50, 75, 90):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
        assert quality_of_file(buffer.getvalue()) == quality
        assert quality_of_pixels(np.asarray(Image.open(buffer))) == pytest.approx(quality, abs=2)
    rng = np.random.default_rng(0)
    assert quality_of_pixels(np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)) is None
    assert quality_of_pixels(np.zeros((64, 64, 3), np.uint8)) is None


def test_few_coded_pictures_are_left_out_and_some_become_a_share() -> None:
    assert coding_of([None] * 39 + [80]) is None
    some = coding_of([None] * 10 + [80] * 10)
    assert some is not None
    assert (some.low, some.high, some.share) == (80, 80, 0.5)


def test_spread_takes_the_scatter_of_the_faces_off() -> None:
    rng = np.random.default_rng(1)
    faces, others = rng.normal(-2, 0.5, 4000), rng.normal(-2, 0.5, 4000)
    seen = torch.from_numpy(faces + 3 + rng.uniform(-0.6, 0.6, 4000))
    found = corrected(Spread(0.0, 0.0), seen, torch.from_numpy(others))
    error = 5 * math.sqrt(2 * 0.62**4 / 4000 + 2 * 0.5**4 / 4000)
    assert found.middle == pytest.approx(3, abs=5 * 0.8 / math.sqrt(4000))
    assert found.deviation**2 == pytest.approx(1.2**2 / 12, abs=error)
    assert corrected(found, seen, seen) == found


def test_weights_sum_to_one_for_each_unknown_and_prefer_what_is_steady() -> None:
    rows = torch.randn(400, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rows[:, :3] *= 5
    weights = steadiest(rows, 2)
    sums = weights.view(2, 2, 6).sum(2)
    assert torch.allclose(sums, torch.eye(2, dtype=torch.float64), atol=1e-9)
    assert weights[0, :3].abs().max() < weights[0, 3:6].min()


def test_cells_follow_exposure_exactly() -> None:
    bright = torch.rand(4, 3, 48, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.01
    assert torch.allclose(log_cells(bright / 8), log_cells(bright) - 3, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("ramp", [3.0, 5.0])
def test_a_hidden_ramp_is_found_by_the_whole_search(ramp: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    down, across = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) / SIDE
    for number in range(COUNT):
        angle = rng.uniform(0, 2 * math.pi)
        along = math.cos(angle) * across + math.sin(angle) * down
        share = 2.0**-ramp + (1 - 2.0**-ramp) * (along - along.min()) / np.ptp(along)
        clean = light(stranger(number) / 255) / 8 * (share / share.mean())[..., None]
        noisy = clean + np.sqrt(3e-4 * clean + 1e-7) * rng.normal(size=clean.shape)
        Image.fromarray(np.rint(encoded(noisy) * 255).astype(np.uint8)).save(tmp_path / f"{number:02d}.png")
    assert fit(tmp_path, f"synthetic:{PRIOR}", size=SIDE, scale=4).guess.ramp > 1.5


@pytest.mark.parametrize(("shot", "read"), [(2e-3, 1e-5), (5e-5, 5e-10)])
def test_noise_is_found_through_a_smoothing_that_is_simulated(shot: float, read: float) -> None:
    """A coder that removes the part of the noise below a threshold and halves the rest."""
    bins = (0.004, 0.008, 0.016, 0.03, 0.06, 0.12)

    def coded(grain: Grain) -> Transfer:
        noise = tuple(max(grain.shot * mean + grain.read - 1e-7, 0) / 2 for mean in bins)
        return Transfer(bins, noise)

    found = fit_grain(coded(Grain(shot, read)), coded)
    assert abs(math.log(found.shot / shot)) < math.log(1.1)


def test_too_few_or_too_small_pictures_are_told(tmp_path: Path) -> None:
    for number in range(3):
        Image.fromarray(np.full((64, 64, 3), number, np.uint8)).save(tmp_path / f"{number}.png")
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(tmp_path / "small.png")
    with pytest.raises(LfsrkitError, match=r"3 usable dark pictures, at least 6 .* small.png: .* 40 pixels"):
        fit(tmp_path, "synthetic:8", size=SIDE, scale=4)
    with pytest.raises(UsageError, match="multiples of 8"):
        fit(tmp_path, "synthetic:8", size=68, scale=8)
    with pytest.raises(UsageError, match="no folder"):
        fit(tmp_path / "nothing", "synthetic:8", size=SIDE, scale=4)


def run(*arguments: object) -> Any:
    app = typer.Typer()
    command(app, "fit")(fit_command)
    command(app, "doctor")(doctor)  # one command alone would need no name
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_the_command_writes_a_recipe_and_tells_what_it_found(tmp_path: Path) -> None:
    dark = tmp_path / "dark"
    dark.mkdir()
    for number in range(8):
        pixels = np.rint(encoded(light(stranger(number) / 255) / 10) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(dark / f"{number}.jpg", quality=90)
    common = ("fit", dark, "--clean", "synthetic:12", "--size", 64, "--scale", 4, "--out", tmp_path / "night.toml")
    told = run(*common, "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["pictures"] == 8
    assert found["fitted"]["coding"]["low"] == 90
    assert set(found["distances"]) == {"clean faces", "fsr_gamma", "fitted chain"}
    config = load_stage("pairs", recipes=[tmp_path / "night.toml"])
    assert (config.clean_size, config.degrade[0].name) == (64, "downsample")
    printed = run(*common, "--dry-run").stdout
    assert "Wasserstein" in printed
    header = (tmp_path / "night.toml").read_text(encoding="utf-8").splitlines()[2:7]
    assert [line.split()[1] for line in header] == ["exposure", "cast", "light", "noise", "JPEG"]
    facts = [line.split() for line in printed.splitlines()]
    assert all(line.split()[1:] in facts for line in header)
    refuse_other(tmp_path / "night.toml")


def test_what_no_fit_has_written_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("[pairs]\n", encoding="utf-8")
    monkeypatch.setattr("lfsrkit.realism.fit.fit", lambda *_, **__: pytest.fail("the search has begun"))
    told = run("fit", tmp_path, "--clean", "synthetic:8", "--out", tmp_path / "mine.toml")
    assert told.exit_code == 1
    assert "holds something else than a fitted recipe" in " ".join(told.output.split())


@pytest.mark.parametrize("out", ["there", "file.txt/night.toml", "file.txt/deep/night.toml"])
def test_a_recipe_that_cannot_be_written_is_refused_before_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file.txt").write_text("", encoding="utf-8")
    monkeypatch.setattr("lfsrkit.realism.fit.fit", lambda *_, **__: pytest.fail("the search has begun"))
    told = run("fit", tmp_path, "--clean", "synthetic:8", "--out", tmp_path / out)
    assert isinstance(told.exception, SystemExit), told.exception
    assert told.exit_code not in (0, None)
    assert "cannot write" in told.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.txt", "there"]
