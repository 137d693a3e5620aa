"""``enhance``: what it tells, what it refuses, how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lfsrkit.images import decode
from lfsrkit_cli.app import app
from tests.command_cases import run


def test_enhance_tells_what_came_out(folder: Callable[..., Path], tmp_path: Path) -> None:
    faces, out = folder(2), tmp_path / "bright"
    (faces / "broken.png").write_bytes(b"no")
    assert "dry run" in run("enhance", "bicubic", faces, "--out", out, "--dry-run").stdout
    assert not out.exists()
    first = run("enhance", "bicubic(scale=2)", faces, "--out", out, "--json")
    rows = {Path(row["source"]).name: row for row in json.loads(first.stdout)}
    assert (first.exit_code, rows["broken.png"]["output"]) == (1, None)
    assert decode(Path(rows["000.png"]["output"]).read_bytes()).shape == (64, 64, 3)
    (faces / "broken.png").unlink()
    second = run("enhance", "bicubic(scale=2)", faces, "--out", out)
    assert second.exit_code == 0
    assert "enhanced 0 of 2 pictures" in second.stdout
    nowhere = run("enhance", "nothing.safetensors", faces, "--out", faces / "000.png" / "bright")
    assert (nowhere.exit_code, "cannot write" in nowhere.stderr) == (1, True)
    refused = run("enhance", "bicubic(scale=2)", faces, "--out", out, "--existing", "refuse")
    assert (refused.exit_code, "exist already" in refused.stderr) == (1, True)
    assert run("enhance", "bicubic(scale=2)", faces, "--out", out, "--existing", "never").exit_code == 2


def test_results_in_a_folder_of_inputs_are_no_inputs(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = folder(1)
    monkeypatch.chdir(faces.parent)
    words = ["enhance", "bicubic(scale=2)", faces.resolve(), "--out", Path(faces.name) / "bright", "--json"]
    assert [len(json.loads(run(*words).stdout)) for _ in range(2)] == [1, 1]


def test_enhance_reads_a_list_from_standard_input(folder: Callable[..., Path], tmp_path: Path) -> None:
    faces = folder(3)
    names = f"{faces / '000.png'}\n\n{faces / '002.png'}\n"
    words = ["enhance", "bicubic(scale=2)", "-", "--out", str(tmp_path / "bright"), "--json"]
    result = CliRunner().invoke(app, words, input=names)
    assert [Path(row["source"]).name for row in json.loads(result.stdout)] == ["000.png", "002.png"]
    absent = CliRunner().invoke(app, words, input=f"{faces / 'absent.png'}\n")
    assert (absent.exit_code, "no file, folder or match" in absent.stderr) == (2, True)
