"""Table 3: errors of landmarks by hand, failures counted, and a detector of one's own."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from lfsrkit import LANDMARKERS, MODELS, evaluation, experiments, models, pairs
from lfsrkit.errors import MissingWeights, UsageError
from lfsrkit.evaluation import alignment_auc, alignment_error
from lfsrkit.evaluation.alignment import Aligner, misalignment
from lfsrkit.faces.synthetic import draw_face, sample_face
from lfsrkit.images import Pixels, encode_png
from lfsrkit.regions.ibug import mesh_to_ibug
from lfsrkit.regions.landmarkers import FaceMesh68, Landmarker, Landmarks
from lfsrkit.report.grids import cells
from lfsrkit.stages import EvaluateConfig, load_stage
from tests.command_cases import run
from tests.test_regions_mesh import needs_mesh

CONFIG = load_stage("evaluate", values={"metrics": [], "landmarker": "face_mesh", "batch_size": 3})


class Brightness(Landmarker):
    """Sees a face wherever it is light; its points move with the mean of the red channel, a pixel a level."""

    least_score = 10.0

    def find(self, pixels: Pixels) -> Landmarks | None:
        level = float(pixels[..., 0].mean())
        if level == 0:
            return None
        points = np.zeros((68, 2))
        points[45] = (100, 0)
        return Landmarks(points + np.array((level, 0)), score=float(pixels[..., 1].mean()))

    def facts(self) -> dict[str, str]:
        return {"detector": "brightness", "weights": "none", "crop": "the whole picture"}


@pytest.fixture
def brightness() -> Iterator[EvaluateConfig]:
    with LANDMARKERS.temporary("brightness", Brightness):
        yield load_stage("evaluate", values={"metrics": [], "landmarker": "brightness", "batch_size": 3})


def trained_on_half(built: Path, run_folder: Path) -> Path:
    """A run that has learnt nothing, and yet says that it has learnt from the first test picture."""
    run_folder.mkdir(parents=True)
    (run_folder / "pictures.txt").write_text(f"{pairs.open(built, 'test').ids[0]}\n")
    model = MODELS.create("bicubic", scale=4)
    models.save(model, run_folder / "model.safetensors", name="bicubic", params={"scale": 4})
    return run_folder


def flat(red: int, green: int) -> Pixels:
    return np.broadcast_to(np.array([red, green, 0], np.uint8), (16, 16, 3)).copy()


def test_the_error_is_the_mean_distance_by_that_of_the_outer_eye_corners() -> None:
    rng = np.random.default_rng(0)
    reference, points = rng.uniform(0, 128, (2, 68, 2))
    wanted = np.mean([math.dist(p, q) for p, q in zip(points, reference, strict=True)])
    assert alignment_error(points, reference) == pytest.approx(wanted / math.dist(reference[36], reference[45]))
    assert alignment_error(reference, reference) == 0
    turned = [[0.6, -0.8], [0.8, 0.6]]
    moved = [each @ np.array(turned) * 3 + 7 for each in (points, reference)]
    assert alignment_error(*moved) == pytest.approx(alignment_error(points, reference))


def test_the_area_is_that_under_the_curve_of_errors() -> None:
    errors = [0.0, 0.013, 0.04, 0.0799, 0.08, 0.2, math.inf]
    grid = np.linspace(0, 0.08, 80_001)
    curve = (np.array(errors)[:, None] <= grid).mean(axis=0)
    assert alignment_auc(errors) == pytest.approx(np.trapezoid(curve, grid) / 0.08, abs=1e-5)


def test_the_published_table_names_the_corners() -> None:
    mesh = np.stack([np.arange(468.0), np.arange(468.0) ** 2], axis=1)
    points = mesh_to_ibug(mesh)
    assert len(np.unique(points, axis=0)) == 68
    picked = points[:, 0]
    assert picked[[36, 39, 42, 45]].tolist() == [33, 133, 362, 263]
    assert picked[[48, 54, 30, 8]].tolist() == [61, 291, 4, 152]
    assert picked[27] == (168 + 6) / 2


@needs_mesh
def test_the_detector_finds_the_points_of_drawn_faces() -> None:
    landmarker, errors = FaceMesh68(), []
    for number in range(6):
        face = draw_face(sample_face(torch.Generator().manual_seed(number)), 128)
        assert face.landmarks is not None
        found = landmarker.find(face.image)
        assert found.score > landmarker.least_score
        errors.append(np.hypot(*(found.points - face.landmarks).T))
    # Eyes and lips mean the same in both; jaws and brows do not.
    assert np.mean(errors, axis=0)[[*range(36, 68)]].max() < 3


def test_failures_are_infinite_in_the_area_and_left_out_of_the_mean(brightness: EvaluateConfig) -> None:
    clean = [flat(100, 50), flat(100, 50), flat(100, 50), flat(100, 9)]
    restored = [flat(104, 50), flat(104, 9), flat(0, 0), flat(104, 50)]
    columns = Aligner(LANDMARKERS.build(brightness.landmarker))(restored, clean)
    assert columns["nme"] == [pytest.approx(0.04), None, None, None]
    assert columns["auc_0.08"] == [pytest.approx(0.5), 0, 0, None]
    assert columns["landmark_failures"] == [0, 1, 1, None]
    assert columns["face_score"] == [50, 9, None, None]
    assert misalignment(columns) == [pytest.approx(0.04), math.inf, math.inf, 0]
    assert columns["clean_faces"] == [1, 1, 1, 0]


def test_the_floor_and_bicubic_come_first(built: Path, brightness: EvaluateConfig) -> None:
    data = pairs.open(built, "train")
    measured = evaluation.align_models({"again": "bicubic"}, data, brightness)
    rows = {name: evaluation.summarise(scores) for name, scores in measured}
    assert list(rows) == ["clean re-encoded (JPEG 90)", "bicubic", "again"]
    assert rows["bicubic"] == rows["again"]
    floor = rows["clean re-encoded (JPEG 90)"]
    assert floor.count == len(data)
    # JPEG moves the mean of a channel by far less than a level; this detector's points with it.
    assert 0 < floor.mean["nme"] < 0.01 < rows["bicubic"].mean["nme"]


def test_the_names_of_added_rows_are_taken(built: Path, brightness: EvaluateConfig) -> None:
    with pytest.raises(UsageError, match="a row 'bicubic' is there already"):
        next(evaluation.align_models({"bicubic": "bicubic(scale=2)"}, pairs.open(built, "test"), brightness))


def test_no_row_is_measured_before_all_can_be(built: Path, tmp_path: Path, brightness: EvaluateConfig) -> None:
    rows = {"good": "bicubic", "wrong": "bicubic(scale=8)"}
    with pytest.raises(UsageError, match="bicubic\\(scale=8\\) enlarges 8 times"):
        next(evaluation.align_models(rows, pairs.open(built, "test"), brightness))
    for name, count in (("clean", 3), ("whole", 3), ("part", 1)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.png").write_bytes(encode_png(flat(100, 50)))
    folders = [tmp_path / name for name in ("whole", "part")]
    with pytest.raises(UsageError, match=r"no picture in \S+/part for 2 of the 3 in \S+/clean: 1, 2;"):
        next(evaluation.align_folders(folders, tmp_path / "clean", brightness))
    with pytest.raises(UsageError, match=r"no folder .*nowhere"):
        next(evaluation.align_folders([*folders[:1], tmp_path / "nowhere"], tmp_path / "clean", brightness))


def test_the_table_marks_the_best_but_never_the_floor() -> None:
    means = {"nme": [0.01, 0.05, 0.07], "landmark_failures": [0.0, 0.3, 0.9], "colour_bias": [0.0, 1.0, 2.0]}
    rows = {
        name: evaluation.Summary(50, {metric: values[number] for metric, values in means.items()}, {}, {}, [])
        for number, name in enumerate((evaluation.FLOOR, "ours", "bicubic"))
    }
    (grid,) = experiments.alignment_section("pairs", rows, {"n": "50"}).grids
    assert [column.head for column in grid.columns] == ["NME", "share of failures"]
    assert [[cell.mark for cell in line] for line in cells(grid)] == [[None] * 2, ["best"] * 2, ["second"] * 2]


def test_folders_of_other_tools_are_aligned(tmp_path: Path, brightness: EvaluateConfig) -> None:
    for name, red in (("clean", 100), ("good", 102), ("bad", 106)):
        for number in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{number}.png").write_bytes(encode_png(flat(red, 50)))
    rows = evaluation.align_folders([tmp_path / "good", tmp_path / "bad"], tmp_path / "clean", brightness)
    errors = {name: evaluation.summarise(scores).mean["nme"] for name, scores in rows}
    assert list(errors) == ["clean re-encoded (JPEG 90)", "good", "bad"]
    assert (errors["good"], errors["bad"]) == (pytest.approx(0.02), pytest.approx(0.06))


@needs_mesh
def test_the_command_tells_on_what_the_table_rests(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "alignment"
    told = run("align", "mine=bicubic", "--pairs", built, "--out", out, "--device", "cpu")
    assert told.exit_code == 0, told.stderr
    for fact in ("MediaPipe face mesh", "SHA-256", "largest centred square", "score below 10", "outer eye corners"):
        assert fact in told.stdout
        assert fact in (out / "table.md").read_text()
    found = json.loads((out / "report.json").read_text())["pairs"]
    assert [row["name"] for row in found["rows"]] == ["clean re-encoded (JPEG 90)", "bicubic", "mine"]
    assert (out / "02" / "per_image.csv").read_text().splitlines()[0].startswith("id,source,")
    assert (
        (out / "table.csv")
        .read_text()
        .startswith("protocol,row,nme,auc_0.08,landmark_failures,face_score,n,split,scale,chain,data,")
    )
    assert r"\begin{tabular}{lrrrr}" in (out / "table.tex").read_text()
    assert "<th>AUC@0.08 ↑</th>" in (out / "table.html").read_text()


@needs_mesh
@pytest.mark.usefixtures("own_plugs")
def test_a_network_of_ones_own_is_one_more_column(built: Path, tmp_path: Path) -> None:
    plug = tmp_path / "own.py"
    plug.write_text(
        "from lfsrkit import METRICS\nfrom lfsrkit.metrics.identity import IdentitySimilarity\n"
        "@METRICS.register('mean_colour')\n"
        "def mean_colour():\n    '''Direction of the mean colour.'''\n"
        "    return IdentitySimilarity(network=lambda pictures: pictures.mean(dim=(2, 3)))\n"
    )
    told = run("align", "--pairs", built, "--metric", "mean_colour", "--plugin", plug, "--json", "--device", "cpu")
    rows = json.loads(told.stdout)["rows"]
    assert rows["clean re-encoded (JPEG 90)"]["mean"]["mean_colour"] > 0.999
    assert rows["bicubic"]["mean"]["mean_colour"] < rows["clean re-encoded (JPEG 90)"]["mean"]["mean_colour"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["bicubic"], "give MODELs and --pairs DIR"),
        (["--restored", "a"], "give MODELs and --pairs DIR"),
        (["--restored", "a", "--clean", "b", "--split", "test"], "--split goes with --pairs"),
        (["a/x", "b/x", "--pairs", "p"], "two rows are called 'x'"),
        (["bicubic", "--pairs", "p", "-s", "metrics=['psnr']"], "add others with --metric"),
    ],
)
@needs_mesh
def test_wrong_requests_are_told(words: list[str], reason: str, built: Path) -> None:
    told = run("align", *[str(built) if word == "p" else word for word in words])
    assert told.exit_code == 2
    assert reason in told.stderr


@pytest.mark.slow
@needs_mesh
def test_pictures_that_a_row_was_trained_on_are_refused_unless_forced(built: Path, tmp_path: Path) -> None:
    run_folder, ids = trained_on_half(built, tmp_path / "runs" / "mine"), pairs.open(built, "test").ids
    words = ["align", run_folder, "--pairs", built, "--device", "cpu"]
    told = run(*words)
    assert told.exit_code == 2
    assert f"was trained on 1 of 2 of these pictures, such as {ids[0]}" in told.stderr
    told = run(*words, "--force", "--out", tmp_path / "out")
    assert told.exit_code == 0, told.stderr
    for text in (told.stdout, (tmp_path / "out" / "table.md").read_text()):
        assert "mine: 1 of 2, forced: scores on pictures that were trained on flatter" in " ".join(text.split())
    told = run(*words, "--split", "train", "--json")
    assert json.loads(told.stdout)["protocol"]["seen in training"] == "mine: 0 of 12"


def test_a_missing_detector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Path:
        raise MissingWeights("the face mesh is not on this machine")

    monkeypatch.setattr("lfsrkit.regions.landmarkers.find_model", absent)
    with pytest.raises(MissingWeights, match="face mesh is not on this machine"):
        evaluation.detector_facts(CONFIG)
