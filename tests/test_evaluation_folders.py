"""Folders with and without clean pictures, and results that do not depend on the number of processes."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import picture

from lfsrkit import LANDMARKERS, METRICS, evaluation
from lfsrkit.errors import MissingWeights, UsageError
from lfsrkit.evaluation import summarise, write_results
from lfsrkit.faces.synthetic import draw_face, sample_face
from lfsrkit.images import Pixels, encode_png
from lfsrkit.metrics import NoReference
from lfsrkit.stages import EvaluateConfig, load_stage
from lfsrkit.types import Images, PerImage
from tests.command_cases import LIMIT_SECONDS, run
from tests.test_alignment import Brightness
from tests.test_regions_mesh import needs_mesh

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config() -> Iterator[EvaluateConfig]:
    with LANDMARKERS.temporary("brightness", Brightness):
        yield load_stage("evaluate", values={"metrics": ["psnr", "ssim"], "landmarker": "brightness", "batch_size": 3})


def save(folder: Path, pictures: dict[str, Pixels]) -> Path:
    folder.mkdir(parents=True)
    for name, pixels in pictures.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(encode_png(pixels))
    return folder


def test_a_folder_is_judged_without_clean_pictures(tmp_path: Path, config: EvaluateConfig) -> None:
    dark, bright = np.full((64, 48, 3), 8, np.uint8), np.full((40, 40, 3), 200, np.uint8)
    place = save(tmp_path / "r", {"a.png": dark, "deep/b.png": bright})
    (place / "broken.png").write_bytes(b"no picture")
    rows = {row.source: row for row in evaluation.judge_folder(place, config)}
    assert list(rows) == ["a", "broken", "deep/b"]
    assert rows["a"].values == {
        "mean_luma": pytest.approx(8),
        "noise": pytest.approx(0, abs=1e-9),
        "face_score": pytest.approx(8),
        "faces_found": 0,
    }
    assert rows["deep/b"].values["faces_found"] == 1
    assert set(rows["broken"].values.values()) == {None}
    assert "not a picture" in rows["broken"].notes[0]
    summary = summarise(rows.values())
    assert (summary.count, summary.known["mean_luma"]) == (3, 2)
    assert summary.mean["mean_luma"] == pytest.approx(104)
    assert any(note.startswith("broken: ") for note in summary.notes)
    # What cannot be read is worst, then the face that is seen least.
    assert sorted(rows, key=lambda name: -rows[name].badness) == ["broken", "a", "deep/b"]


def test_a_detector_that_is_absent_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Path:
        raise MissingWeights("no detector here")

    config = load_stage("evaluate")
    monkeypatch.setattr("lfsrkit.regions.landmarkers.find_model", absent)
    place = save(tmp_path / "r", {"a.png": picture(0, 64), "b.png": np.clip(picture(0, 64) // 2, 0, 255)})
    rows = list(evaluation.judge_folder(place, config))
    assert rows[0].values["face_score"] is None
    assert rows[0].values["mean_luma"] is not None
    assert "faces are not looked for: no detector here" in summarise(rows).notes


def test_a_metric_of_ones_own_judges_alone_and_one_that_compares_is_refused(
    tmp_path: Path, config: EvaluateConfig
) -> None:
    class Widest(NoReference):
        """Largest less smallest value."""

        def judge(self, pictures: Images) -> PerImage:
            return pictures.amax((1, 2, 3)) - pictures.amin((1, 2, 3))

    place = save(tmp_path / "r", {"a.png": np.full((16, 16, 3), 51, np.uint8)})
    with METRICS.temporary("widest", Widest):
        own = load_stage("evaluate", values={"blind": ["widest"], "landmarker": "brightness"})
        (row,) = evaluation.judge_folder(place, own)
    assert row.values["widest"] == 0
    wrong = load_stage("evaluate", values={"blind": ["psnr"], "landmarker": "brightness"})
    with pytest.raises(UsageError, match=r"psnr compares with clean pictures.*mean_luma, noise"):
        list(evaluation.judge_folder(place, wrong))


@needs_mesh
def test_faces_are_found_in_drawn_faces_and_not_in_noise(tmp_path: Path) -> None:
    face = draw_face(sample_face(torch.Generator().manual_seed(1)), 128).image
    grain = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    place = save(tmp_path / "r", {"face.png": face, "noise.png": grain})
    told = run("evaluate", "--restored", place, "--json", "--out", tmp_path / "out")
    assert told.exit_code == 0, told.stderr
    facts = json.loads(told.stdout)
    assert (facts["count"], facts["mean"]["faces_found"]) == (2, 0.5)
    lines = list(csv.DictReader((tmp_path / "out" / "per_image.csv").read_text().splitlines()))
    assert [(line["id"], float(line["faces_found"])) for line in lines] == [("face", 1), ("noise", 0)]
    assert float(lines[1]["noise"]) > 10 * float(lines[0]["noise"])


def test_low_pictures_are_shown_beside_what_was_made_of_them(tmp_path: Path, config: EvaluateConfig) -> None:
    clean = save(tmp_path / "c", {"a.png": picture(0, 32), "b.png": picture(1, 32)})
    restored = save(tmp_path / "r", {"b.png": picture(1, 32) // 2, "a.png": picture(0, 32)})
    low = save(tmp_path / "l", {"a.png": picture(0, 8), "b.png": picture(1, 8)})
    rows = list(evaluation.compare_folders(restored, clean, config, low=low))
    assert [list(row.shown) for row in rows] == [["low", "restored", "clean"]] * 2
    assert rows[1].shown["low"].shape == (8, 8, 3)
    assert rows[1].badness > rows[0].badness
    (low / "b.png").unlink()
    with pytest.raises(UsageError, match=r"no picture in \S+/l for 1 of the 2 in \S+/r: b;"):
        list(evaluation.compare_folders(restored, clean, config, low=low))


@pytest.mark.parametrize(("missing", "present"), [("clean", "restored"), ("restored", "clean")])
@pytest.mark.parametrize("count", [1, 5])
def test_folders_of_different_pictures_are_not_compared(
    missing: str, present: str, count: int, tmp_path: Path, config: EvaluateConfig
) -> None:
    for name, kept in ((missing, range(2)), (present, range(2 + count))):
        save(tmp_path / name, {f"{i}.png": picture(i, 16) for i in kept})
    with pytest.raises(UsageError) as caught:
        list(evaluation.compare_folders(tmp_path / "restored", tmp_path / "clean", config))
    named = {1: "2", 5: "2, 3, 4 and 2 more"}[count]
    told = f"no picture in {tmp_path / missing} for {count} of the {2 + count} in {tmp_path / present}: {named}; "
    assert str(caught.value).startswith(told)


def test_two_pictures_of_one_name_are_refused(tmp_path: Path, config: EvaluateConfig) -> None:
    place = save(tmp_path / "r", {"a.png": picture(0, 32), "a.bmp": picture(1, 32)})
    with pytest.raises(UsageError, match=r"a\.bmp and a\.png .* have one name"):
        list(evaluation.judge_folder(place, config))


def test_pictures_that_are_too_small_for_a_metric_have_no_value(tmp_path: Path) -> None:
    config = load_stage("evaluate", values={"metrics": ["psnr", "ssim"]})
    clean = save(tmp_path / "c", {"a.png": picture(0, 10)})
    restored = save(tmp_path / "r", {"a.png": picture(1, 10)})
    (row,) = evaluation.compare_folders(restored, clean, config)
    assert row.values["ssim"] is None
    assert row.values["psnr"] is not None
    assert "ssim unavailable: SSIM has a window of 11 pixels" in row.notes[0]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["bicubic", "--restored", "r"], "give MODEL and --pairs"),
        (["--clean", "c"], "give MODEL and --pairs"),
        (["--restored", "r", "--low", "l"], "--low goes with --clean"),
        (["--restored", "r", "--split", "test"], "--split goes with --pairs"),
        (["--restored", "nowhere"], "no folder 'nowhere'"),
    ],
)
def test_wrong_requests_are_told(words: list[str], reason: str) -> None:
    told = run("evaluate", *words)
    assert told.exit_code == 2
    assert reason in told.stderr


def test_the_worst_sheet_tells_why_and_has_no_place_for_what_cannot_be_read(
    tmp_path: Path, config: EvaluateConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[str]] = []
    monkeypatch.setattr(
        "lfsrkit.evaluation.results.contact_sheet",
        lambda *_, captions, **__: drawn.append(captions) or np.zeros((2, 2, 3), np.uint8),
    )
    # The detector of this test is as sure as the picture is green, and sees nothing in black.
    greens = [0, *range(10, 110, 10)]
    place = save(tmp_path / "r", {f"{g:03d}.png": np.full((16, 16, 3), g, np.uint8) for g in greens})
    for number in range(3):
        (place / f"broken{number}.png").write_bytes(b"no picture")
    summary = write_results(tmp_path / "out", evaluation.judge_folder(place, config))
    assert [caption.partition(",")[0] for caption in drawn[1]] == [
        "000: no face_score",
        *(f"{g:03d}: face_score {g}" for g in greens[1 : evaluation.SHOWN]),
    ]
    assert [note.partition(":")[0] for note in summary.notes] == ["broken0", "broken1", "broken2"]


def torchrun(*words: object) -> "subprocess.CompletedProcess[str]":
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m"]
    variables = {key: value for key, value in os.environ.items() if key != "COLUMNS"} | {"OMP_NUM_THREADS": "1"}
    variables["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = [*launcher, "lfsrkit_cli", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, env=variables, check=False, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="torch was built without processes")
def test_two_processes_measure_as_one(built: Path, tmp_path: Path) -> None:
    words = ["evaluate", "bicubic", "--pairs", built, "--split", "train", "--device", "cpu", "--json"]
    words += ["-s", 'metrics=["psnr", "ssim"]', "-s", "batch_size=5"]  # 12 pairs: three batches, so one is odd
    one = run(*words, "--out", tmp_path / "one")
    two = torchrun(*words, "--out", tmp_path / "two")
    assert two.returncode == 0, two.stderr
    found = [json.loads(each.stdout) for each in (one, two)]
    assert [each.pop("out") for each in found] == [str(tmp_path / name) for name in ("one", "two")]
    assert found[0] == found[1]
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["_first.png", "_worst.png", "per_image.csv", "results.json"]
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="torch was built without processes")
def test_two_processes_share_a_folder(folder: Callable[..., Path], tmp_path: Path) -> None:
    clean = folder(7, 32)
    restored = save(tmp_path / "r", {f"{i:03d}.png": picture(i, 32) // 2 for i in range(7)})
    words = ["evaluate", "--restored", restored, "--clean", clean, "--json"]
    words += ["-s", 'metrics=["psnr"]', "-s", "batch_size=2"]
    two = torchrun(*words)
    assert two.returncode == 0, two.stderr
    assert json.loads(two.stdout) == json.loads(run(*words).stdout)
