"""The plugs of docs/plugs.md, as they stand there: registered, lawful, and used by the commands beside them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from lfsrkit import BACKBONES, DEGRADATIONS, DETECTORS, LANDMARKERS, LOSSES, MASKS, METRICS, MODELS
from lfsrkit.degradations import split, stack
from lfsrkit.images import Pixels, decode, encode_png
from lfsrkit.inference.alignment import place
from lfsrkit.regions.landmarkers import Landmarker, Landmarks
from lfsrkit.registries import REGISTRIES
from lfsrkit.registry import load_plugin
from lfsrkit.seeding import generators
from tests.command_cases import run
from tests.photograph_cases import ABSENT
from tests.pictures import picture

PAGE = (Path(__file__).parents[1] / "docs" / "plugs.md").read_text(encoding="utf-8")
FILES = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^lfsrkit .*", PAGE, re.MULTILINE)


@pytest.fixture
def plugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loaded(plugs: Path) -> None:
    for name, _ in FILES:
        load_plugin(plugs / name)


def pictures(seed: int = 0, n: int = 3, side: int = 16) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_there_is_one_of_every_kind() -> None:
    kinds = re.findall(r"^@(\w+)\.register", PAGE, re.MULTILINE)
    assert sorted(kinds) == sorted(kind.upper() for kind in REGISTRIES)
    assert len(FILES) == len(COMMANDS) == len(REGISTRIES)


@pytest.mark.usefixtures("own_plugs", "loaded")
def test_the_degradation_replays_and_has_a_neutral_value() -> None:
    smoke, images = DEGRADATIONS.create("smoke"), pictures()
    params = smoke.sample(3, generators(0, ["a", "b", "c"], 0, "degrade"))
    low = smoke.apply(images, params)
    assert not torch.equal(low, images)
    rows = split(params, 3)
    singles = torch.cat([smoke.apply(images[i : i + 1], stack([rows[i]])) for i in range(3)])
    torch.testing.assert_close(singles, low)
    torch.testing.assert_close(smoke.apply(images, smoke.neutral(3)), images, atol=1e-5, rtol=0)


@pytest.mark.usefixtures("own_plugs", "loaded")
def test_the_mask_is_binary_repeats_and_does_not_depend_on_the_batch() -> None:
    disc = MASKS.create("disc", radius=0.4)
    masks = disc.sample(3, 20, 24, generators(0, ["a", "b", "c"], 0, "mask"))
    assert masks.shape == (3, 1, 20, 24)
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    alone = disc.sample(1, 20, 24, generators(0, ["b"], 0, "mask"))
    assert torch.equal(alone[0], masks[1])


@pytest.mark.usefixtures("own_plugs", "loaded")
def test_the_networks_keep_their_sizes_and_learn() -> None:
    features = torch.rand(2, 8, 5, 7)
    assert BACKBONES.create("depthwise", channels=8)(features).shape == features.shape
    for model in (MODELS.create("espcn", scale=4), MODELS.create("lfsrnet_tiny", scale=4, backbone="depthwise")):
        restored = model(pictures(side=9))
        assert restored.shape == (3, 3, 36, 36)
        restored.sum().backward()
        assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.usefixtures("own_plugs", "loaded")
def test_the_loss_and_the_metric_are_zero_at_equality_and_grow() -> None:
    clean = pictures()
    for measure in (LOSSES.create("log_error"), METRICS.create("worst_pixel")):
        assert measure(clean, clean).tolist() == [0, 0, 0]
        assert (measure(clean / 2, clean) > 0).all()
    worst = METRICS.create("worst_pixel")(torch.zeros(1, 3, 16, 16), torch.full((1, 3, 16, 16), 0.2))
    assert worst.item() == pytest.approx(51)


@pytest.mark.usefixtures("own_plugs", "loaded")
def test_the_detector_finds_a_face_that_fits_any_framing() -> None:
    (face,) = DETECTORS.create("portrait", width=0.3).find(picture(0, 60, 100))
    square = place(face, "celeba")
    assert square.degrees == pytest.approx(0)
    # The square of CelebA is 2.2 times as wide as the face in it, whose width is twice the distance of its eyes.
    assert square.side == pytest.approx(2.2 * 0.3 * 100, rel=0.05)
    assert square.corners().mean(axis=0) == pytest.approx([50, 30], abs=0.1 * square.side)


class Sure(Landmarker):
    """Is the surer the brighter a picture is, and finds nothing in a black one."""

    least_score = 0.1

    def find(self, pixels: Pixels) -> Landmarks | None:
        return Landmarks(np.zeros((68, 2)), float(pixels.mean())) if pixels.any() else None

    def facts(self) -> dict[str, str]:
        return {"detector": "sure"}


@pytest.mark.usefixtures("own_plugs", "loaded")
def test_the_landmarker_takes_the_look_of_the_higher_score() -> None:
    with LANDMARKERS.temporary("sure", Sure):
        twice = LANDMARKERS.create("two_looks", of="sure")
    found = twice.find(np.full((8, 8, 3), 64, np.uint8))
    assert found is not None
    assert found.score == round(255 * (64 / 255) ** 0.5)
    assert twice.find(np.zeros((8, 8, 3), np.uint8)) is None
    assert twice.facts() == {"detector": "sure", "looks": "the picture and its square root"}


@pytest.mark.slow
@pytest.mark.usefixtures("own_plugs")
def test_the_commands_of_the_page_work(plugs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    splits = "splits={train=12, validation=4, test=4}"
    words = ["-c", "fast_x4", "-s", splits, "--faces", "synthetic:20", "--out", "pairs/fast", "--workers", 0]
    assert run("pairs", "build", *words).exit_code == 0
    results: dict[str, str] = {}
    (plugs / "photo.png").write_bytes(encode_png(picture(0, 60, 80) // 6))
    for text in COMMANDS:
        if "align" in text and ABSENT is not None:
            continue
        command = shlex.split(text.removeprefix("lfsrkit "))
        if command[0] in ("train", "ablate", "benchmark"):
            command += ["-s", "steps=2", "-s", "batch_size=4"]
        if command[0] in ("ablate", "benchmark"):
            command += ["--seeds", "0"]
        result = run(*command)
        assert result.exit_code == 0, f"{text}\n{result.output}"
        results[command[0]] = result.output
    assert (plugs / "smoke.png").is_file()
    assert "disc" in (plugs / "runs" / "masks" / "table.md").read_text(encoding="utf-8")
    assert "worst_pixel" in results["evaluate"]
    assert "1 face in them" in results["enhance"]
    assert decode((plugs / "bright" / "photo.png").read_bytes()).shape == (120, 160, 3)
    assert ABSENT is not None or "the picture and its square root" in results["align"]
