"""Contact sheets lie among pictures and are none: whoever reads a folder leaves them out; their captions are whole."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pictures import picture

from lfsrkit.evaluation.folders import pictures_in
from lfsrkit.faces.folder import FolderSource
from lfsrkit.images import encode_png
from lfsrkit.inference import targets
from lfsrkit.sheets import ENHANCED, FIRST, WORST, contact_sheet
from tests.command_cases import run

Folder = Callable[..., Path]

READERS: dict[str, Callable[[Path], Iterable[str]]] = {
    "of results": pictures_in,
    "of faces": lambda folder: [Path(ref.source).stem for ref in FolderSource(folder).find().refs],
    "to enhance": lambda folder: [target.source.stem for target in targets([folder], folder.parent / "out")],
    "by a pattern": lambda folder: [target.source.stem for target in targets([folder / "*"], folder.parent / "out")],
}


@pytest.mark.parametrize("names", READERS.values(), ids=READERS.keys())
def test_a_folder_is_read_without_the_sheets_in_it(names: Callable[[Path], Iterable[str]], folder: Folder) -> None:
    place = folder(2, 16)
    for number, sheet in enumerate((ENHANCED, FIRST, WORST)):
        (place / sheet).write_bytes(encode_png(picture(20 + number, 16)))
    # What a camera names so is a photograph.
    (place / "_DSC0001.JPG").write_bytes(encode_png(picture(30, 16)))
    assert sorted(names(place)) == ["000", "001", "_DSC0001"]


def test_a_sheet_that_is_named_is_enhanced_beside_the_new_one(folder: Folder) -> None:
    place = folder(1, 16)
    (place / ENHANCED).write_bytes(encode_png(picture(9, 16)))
    (target,) = targets([place / ENHANCED], place.parent / "out")
    assert target.output.name != ENHANCED


def test_what_was_enhanced_and_measured_is_measured_again(folder: Folder, tmp_path: Path) -> None:
    low, clean, bright = folder(3, 16, "low"), folder(3, 32, "clean"), tmp_path / "bright"
    told = run("enhance", "bicubic(scale=2)", low, "--out", bright, "-s", "mode=face")
    assert told.exit_code == 0, told.stderr
    assert (bright / ENHANCED).is_file()
    words = ["evaluate", "--restored", bright, "--json", "-s", 'metrics=["psnr"]', "--out", bright / "results"]
    for beside in (["--clean", clean], ["--clean", clean], []):
        told = run(*words, *beside)
        assert told.exit_code == 0, told.stderr
        assert json.loads(told.stdout)["count"] == 3


@pytest.mark.parametrize("side", [4, 32, 256])
@pytest.mark.parametrize("columns", [1, 3])
def test_a_caption_of_any_length_is_whole(side: int, columns: int) -> None:
    rows = [[picture(0, side)] * columns] * 2
    bare = contact_sheet(rows)
    for text in ("000012: face_score 31.5, mean_luma 101", "a-very-long-name-of-a-picture" * 9, "word " * 60):
        sheet = contact_sheet(rows, captions=["short", text])
        # Nothing is drawn into the margins, so nothing is cut there; what is longer gets more lines.
        assert (sheet[:, -3:] == 24).all()
        assert (sheet[-2:] == 24).all()
        assert sheet.shape[0] >= bare.shape[0] + 16 * 2
    assert sheet.shape[0] > contact_sheet(rows, captions=["short", "short"]).shape[0]


def test_photographs_lie_close_whatever_their_shape() -> None:
    wide, high = picture(0, 40, 60), picture(1, 60, 20)
    assert contact_sheet([[wide, wide]] * 3).shape[:2] == (4 + 3 * 44, 4 + 2 * 64)
    mixed = contact_sheet([[wide, high], [wide]])
    assert mixed.shape[:2] == (4 + 64 + 44, 4 + 64 + 24)
    assert (mixed[68:108, 4:64] == wide).all()
    titled = contact_sheet([[high]], ["a title wider than the picture"])
    assert titled.shape[1] > 100
