"""Faces side by side: every column is there, and what is enlarged is the eyes and the mouth."""

import base64
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from pictures import picture
from PIL import Image

from lfsrkit import MODELS, models, pairs
from lfsrkit.errors import UsageError
from lfsrkit.figures import faces_of_folders, faces_of_pairs, visual_figure
from lfsrkit.figures.visual import part_boxes
from lfsrkit.images import encode_png, resize
from lfsrkit.metrics import Psnr
from lfsrkit.regions import region_union, template_points, template_regions
from tests.command_cases import run

SVG = "{http://www.w3.org/2000/svg}"


def folders(place: Path, *names: str, count: int = 2, side: int = 32) -> list[Path]:
    for shift, name in enumerate(names):
        (place / name).mkdir()
        for number in range(count):
            pixels = np.clip(picture(number, side).astype(int) - 10 * shift, 0, 255).astype(np.uint8)
            (place / name / f"{number}.png").write_bytes(encode_png(pixels))
    return [place / name for name in names]


def embedded(image: ElementTree.Element) -> np.ndarray:
    data = base64.b64decode(image.get("href", "").partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_the_boxes_hold_the_parts_and_have_one_shape() -> None:
    for size in (64, 128):
        regions = template_regions(size)
        boxes = part_boxes(regions)
        points = template_points(size) / size
        for part, which in (("eyes", (0, 1)), ("mouth", (3, 4))):
            left, top, right, bottom = boxes[part]
            assert (right - left) / (bottom - top) == pytest.approx(2.5)
            assert all(left < x < right and top < y < bottom for x, y in points[list(which)])
            ys, xs = np.nonzero((region_union(regions[None], (part,))[0, 0] >= 0.5).numpy())
            assert left <= xs.min() / size < (xs.max() + 1) / size <= right
            assert top <= ys.min() / size < (ys.max() + 1) / size <= bottom


def test_a_part_that_is_absent_or_at_the_edge_is_framed_within_the_picture() -> None:
    edge = torch.zeros(7, 64, 64)
    edge[0, :3, :3] = 1
    boxes = part_boxes(edge)
    assert boxes["mouth"] == part_boxes(template_regions(64))["mouth"]
    assert min(boxes["eyes"]) >= 0
    assert max(boxes["eyes"]) <= 1


def test_columns_of_models_are_what_the_models_give(built: Path) -> None:
    data = pairs.open(built, "test")
    faces = faces_of_pairs({"again": "bicubic"}, data, [1, 0], device="cpu")
    assert [face.name for face in faces] == [data[1].source, data[0].source]
    for face in faces:
        assert list(face.pictures) == ["low", "bicubic", "again", "clean"]
        assert [len(each) for each in face.pictures.values()] == [8, 32, 32, 32]
        assert (face.pictures["bicubic"] == face.pictures["again"]).all()


def test_the_heads_of_added_columns_are_taken(built: Path) -> None:
    for head in ("low", "bicubic", "clean"):
        with pytest.raises(UsageError, match=f"a column called '{head}' is there already"):
            faces_of_pairs({head: "bicubic(scale=4)"}, pairs.open(built, "test"), [0])


def test_the_figure_names_every_column_and_shows_every_picture(tmp_path: Path) -> None:
    clean, good, bad = folders(tmp_path, "clean", "good", "bad")
    faces = faces_of_folders({"good": good, "a & b": bad}, clean)
    drawn = visual_figure(faces).svg()
    root = ElementTree.fromstring(drawn)
    words = [item.text or "" for item in root.iter(f"{SVG}text")]
    assert [word for word in words if word in ("good", "a & b", "clean")] == ["good", "a & b", "clean"]
    images = list(root.iter(f"{SVG}image"))
    assert len(images) == 2 * 3 * 3  # faces, columns, the picture with its two parts
    assert (embedded(images[0]) == faces[0].pictures["good"]).all()
    wide = [float(image.get("width", 0)) / float(image.get("height", 1)) for image in images]
    assert wide == pytest.approx([1, 2.5, 2.5] * 6, rel=1e-4)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    first = [torch.from_numpy(faces[0].pictures[key].copy()).permute(2, 0, 1)[None] / 255 for key in ("good", "clean")]
    assert f"{float(Psnr()(*first)):.1f} dB" in words


def test_the_picture_is_sharp_in_print(tmp_path: Path) -> None:
    clean, good = folders(tmp_path, "clean", "good", count=1)
    (face,) = faces_of_folders({"good": good}, clean)
    sheet = visual_figure([face]).pixels()
    assert sheet.shape[1] >= 2 * 3 * 120
    shown = sheet.reshape(-1, 3)
    assert (shown == face.pictures["good"][16, 16]).all(1).sum() >= 9


def test_many_columns_go_into_bands_that_all_end_with_the_clean_pictures(tmp_path: Path) -> None:
    clean, one = folders(tmp_path, "clean", "one", count=1)
    faces = faces_of_folders({f"tool {number}": one for number in range(16)}, clean)
    words = [item.text for item in ElementTree.fromstring(visual_figure(faces).svg()).iter(f"{SVG}text")]
    assert words.count("clean") == 3
    assert all(f"tool {number}" in words for number in range(16))


def test_folders_lacking_a_picture_are_refused(tmp_path: Path) -> None:
    clean, good = folders(tmp_path, "clean", "good")
    (good / "1.png").unlink()
    with pytest.raises(UsageError, match="has no picture '1'"):
        faces_of_folders({"good": good}, clean)
    assert [face.name for face in faces_of_folders({"good": good}, clean, names=["0"])] == ["0"]


def test_pictures_that_are_no_squares_are_shown_in_their_middle(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    pixels = resize(picture(0, 32), 32, 48)
    (tmp_path / "c" / "0.png").write_bytes(encode_png(pixels))
    (face,) = faces_of_folders({"same": tmp_path / "c"}, tmp_path / "c")
    assert (face.pictures["same"] == pixels[:, 8:40]).all()


def test_the_command_writes_both_forms(built: Path, tmp_path: Path) -> None:
    data = pairs.open(built, "test")
    source = data.sources()[1]
    for name, face in (("f.png", data.ids[1][:12]), ("f.svg", source), ("g.svg", Path(source).name)):
        words = ["mine=bicubic", "--pairs", built, "--face", face, "--out", tmp_path / name, "--device", "cpu"]
        told = run("figures", "visual", *words, "--json")
        assert told.exit_code == 0, told.stderr
        facts = json.loads(told.stdout)
        assert facts["columns"] == ["low", "bicubic", "mine", "clean"]
        assert facts["faces"] == [source]
        assert (tmp_path / name).stat().st_size > 1000
    clean, good = folders(tmp_path, "clean", "good")
    words = ["--restored", good, "--clean", clean, "--out", tmp_path / "none.png", "--dry-run"]
    assert "columns: good, clean" in run("figures", "visual", *words).stdout
    assert not (tmp_path / "none.png").exists()


def test_faces_that_a_column_was_trained_on_are_told(built: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    model, data = MODELS.create("bicubic", scale=4), pairs.open(built, "test")
    models.save(model, tmp_path / "mine" / "model.safetensors", name="bicubic", params={"scale": 4})
    (tmp_path / "mine" / "pictures.txt").write_text(f"{data.ids[0]}\n")
    words = [tmp_path / "mine", "--pairs", built, "--dry-run", "--device", "cpu"]
    remark = "mine was trained on 1 of the {} faces that are shown"
    assert remark.format(2) in " ".join(run("figures", "visual", *words).stderr.split())
    assert remark.format(1) in " ".join(run("figures", "visual", *words, "--face", data.ids[0]).stderr.split())
    assert "trained on" not in run("figures", "visual", *words, "--face", data.ids[1]).stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--out", "f.gif"], "name a .png or a .svg file"),
        (["bicubic"], "give MODELs and --pairs DIR"),
        (["--restored", "a/x", "--restored", "b/x", "--clean", "c"], "two folders are called 'x'"),
        (["--restored", "nowhere", "--clean", "nothing"], "no folder 'nowhere'"),
        (["--restored", "a/clean", "--clean", "b"], "a column called 'clean' is there already"),
        (["--restored", "a", "--clean", "b", "--split", "test"], "--split with --pairs"),
        (["bicubic", "--pairs", "p", "--low", "l"], "--low goes with --restored"),
    ],
)
def test_wrong_requests_are_told(words: list[str], reason: str) -> None:
    told = run("figures", "visual", *words)
    assert told.exit_code == 2
    assert reason in told.stderr
