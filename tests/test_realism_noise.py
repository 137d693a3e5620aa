"""Noise of synthetic pictures: known from a replay without it, whatever else the stages do that add it."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image

from lfsrkit import DEGRADATIONS, pairs
from lfsrkit.colour import luma
from lfsrkit.degradations import Chain, Degradation, Params, stack
from lfsrkit.images import to_float
from lfsrkit.realism import Profile, profile_pairs
from lfsrkit.realism.quiet import Quiet
from lfsrkit.stages import load_stage
from tests.command_cases import run

NAMED = [
    *(name for name in DEGRADATIONS.names() if name != "maybe" and isinstance(DEGRADATIONS.create(name), Chain)),
    "gfpgan",
    "real_esrgan",
]
GREY = math.sqrt(0.299**2 + 0.587**2 + 0.114**2)
"""Noise of luma by that of three channels alike but apart."""


def live(chain: str, faces: str = "synthetic:10") -> pairs.LivePairs:
    values = {"faces": faces, "clean_size": 64, "degrade": chain, "splits": {"train": 1.0}}
    return pairs.live(load_stage("pairs", values=values), "train")


def level(profile: Profile) -> float:
    assert profile.noise is not None
    return float(np.median(profile.noise.level))


@pytest.mark.parametrize("name", NAMED)
def test_every_named_chain_has_a_known_noise(name: str) -> None:
    found = profile_pairs(live(f"{name}(scale=4)"))
    assert found.noise is not None
    assert found.noise.known
    assert found.noise_unknown is None
    assert all(math.isfinite(value) for value in found.noise.level)


@pytest.mark.parametrize(
    ("chain", "sigma"),
    [
        ("gfpgan(scale=1, sigma=0, shrink=1, noise={}, quality=100)", 10.0),
        (
            "real_esrgan(scale=1, resize_1=(1, 1), resize_2=(1, 1), noise_1=0, noise_2={}, gaussian_chance=1, "
            "sigma_1=0, sigma_2=0, grey_chance=0, sinc_chance=0, final_sinc_chance=0, quality_1=100, quality_2=100)",
            10.0,
        ),
        ("gaussian_noise(sigma={}) | quantise", 10 / 255),
        ("maybe(of=gaussian_noise(sigma={}), chance=1) | quantise", 10 / 255),
    ],
    ids=["gfpgan", "real_esrgan", "alone", "maybe"],
)
def test_noise_that_was_asked_for_is_the_noise_that_is_told(chain: str, sigma: float, tmp_path) -> None:
    for number in range(3):
        Image.fromarray(np.full((64, 64, 3), 110 + number, np.uint8)).save(tmp_path / f"{number}.png")
    assert level(profile_pairs(live(chain.format(sigma), str(tmp_path)))) == pytest.approx(10 * GREY, rel=0.1)
    assert level(profile_pairs(live(chain.format(0.0), str(tmp_path)))) < 0.6


def test_darkening_in_raw_is_no_noise() -> None:
    data = live("dark_isp(scale=4)")
    batch = data.batch(range(len(data)))
    n, params = len(data), stack(batch.params)
    silent = {**params["1_maet"], "shot": [0.0] * n, "read": [0.0] * n, "bits": [16] * n}
    quiet = data.chain.apply(to_float(batch.clean, torch.float64), {**params, "1_maet": silent})
    direct = (luma(to_float(batch.low, torch.float64)) - luma(quiet)).flatten(1).std(1) * 255
    assert level(profile_pairs(data)) == pytest.approx(float(np.median(direct.numpy())), abs=0.3)


def test_a_mosaic_shrinks_and_adds_no_noise_of_its_own() -> None:
    found = profile_pairs(live("downsample(scale=2) | bayer | exposure | quantise"))
    assert level(found) == pytest.approx(GREY / math.sqrt(12), rel=0.1)


def test_a_stage_that_is_left_out_in_part_keeps_its_scale() -> None:
    quiet = Quiet.of(live("downsample(scale=2) | bayer | shot_read_noise | jpeg").chain)
    assert [stage.key for stage in quiet.chain.stages] == ["0_downsample", "1_bayer"]
    assert quiet.chain.scale == 4


@pytest.mark.parametrize(
    "stage", ["kornia:RandomGaussianNoise(std=0.1, p=1.0)", "learned:tests.test_realism_noise:darker()"]
)
def test_noise_of_what_comes_from_elsewhere_is_told_to_be_unknown(stage: str) -> None:
    found = profile_pairs(live(f"downsample(scale=4) | {stage} | quantise"))
    assert found.noise is None
    assert found.noise_unknown is not None
    assert stage.partition("(")[0] in found.noise_unknown


def darker():
    return lambda image, generator: image / 2


@dataclass(frozen=True)
class Film(Degradation):
    """Darkens and adds grain."""

    def sample(self, n: int, generator) -> Params:
        return {"share": [0.5] * n}

    def apply(self, images, params: Params):
        return images * 0.5

    def neutral(self, n: int) -> Params | None:
        return None


@pytest.mark.usefixtures("own_plugs")
def test_noise_of_a_plug_in_that_mixes_causes_is_unknown_and_of_one_that_does_not_is_known() -> None:
    DEGRADATIONS.register("film", tags=("exposure", "sensor"))(Film)
    DEGRADATIONS.register("shade", tags=("exposure",))(Film)
    assert "film" in (profile_pairs(live("downsample(scale=4) | film")).noise_unknown or "")
    assert level(profile_pairs(live("downsample(scale=4) | shade | quantise"))) < 0.3


def test_stats_says_why_there_is_no_noise(tmp_path) -> None:
    chain = "degrade=downsample(scale=4) | kornia:RandomGaussianNoise(std=0.1, p=1.0) | quantise"
    built = ["-s", "splits={train=1}", "-s", "clean_size=64", "-s", chain, "--workers", "0"]
    assert run("pairs", "build", "--faces", "synthetic:6", *built, "--out", tmp_path / "pairs").exit_code == 0
    told = run("pairs", "stats", tmp_path / "pairs", "--out", tmp_path / "drawing.svg")
    assert told.exit_code == 0, told.output
    assert "noise: not known" in told.stdout
    assert "kornia:RandomGaussianNoise" in told.stdout
