"""Files appear whole or not at all, whoever else writes them."""

from pathlib import Path

import pytest

from lfsrkit.errors import OutputRefused
from lfsrkit.files import appearing, check_place, growing_text, write_whole
from tests.command_cases import run


def test_a_file_has_its_name_only_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.txt"
    with appearing(path) as temporary:
        temporary.write_text("whole")
        assert (temporary.parent, temporary.suffix, path.exists()) == (path.parent, ".tmp", False)
    assert [entry.name for entry in path.parent.iterdir()] == ["table.txt"]
    assert path.read_text() == "whole"


@pytest.mark.parametrize("ends", [KeyboardInterrupt, ValueError])
def test_what_was_there_stays_when_the_writer_fails(ends: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    write_whole(path, b"old")

    def fail() -> None:
        with growing_text(path) as stream:
            stream.write("half")
            raise ends

    with pytest.raises(ends):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    with growing_text(path) as first:
        first.write("first, ")
        with growing_text(path) as second:
            second.write("second")
        assert path.read_text() == "second"
        first.write("whole")
    assert path.read_text() == "first, whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_for_what_is_unfinished(tmp_path: Path) -> None:
    with appearing(tmp_path / "a" / "table.txt", inside=tmp_path / "b") as temporary:
        temporary.write_text("whole")
        assert temporary.parent == tmp_path / "b"
    assert (tmp_path / "a" / "table.txt").read_text() == "whole"
    assert list((tmp_path / "b").iterdir()) == []


def test_a_place_that_is_no_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    path, refused = tmp_path / "file" / "table.txt", r"cannot write .*table.txt: .*; run again to go on"
    with pytest.raises(OutputRefused, match=refused), appearing(path, resumes=True):
        pytest.fail("there is nothing to write to")
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_read_is_not_overwritten(tmp_path: Path) -> None:
    photograph = tmp_path / "me.png"
    photograph.touch()
    check_place(tmp_path / "sheet.png", ["synthetic:1", str(photograph)])
    with pytest.raises(OutputRefused, match="one of the inputs"):
        check_place(tmp_path / "." / "me.png", ["synthetic:1", str(photograph)])


@pytest.mark.parametrize("command", [("preview",), ("figures", "masks"), ("figures", "lighting")])
def test_commands_that_draw_keep_the_pictures_that_they_draw_from(command: tuple[str, ...], tmp_path: Path) -> None:
    photograph = tmp_path / "me.png"
    photograph.write_bytes(b"not to be lost")
    result = run(*command, photograph, "--out", photograph)
    assert (result.exit_code, "one of the inputs" in result.stderr) == (1, True)
    assert photograph.read_bytes() == b"not to be lost"
