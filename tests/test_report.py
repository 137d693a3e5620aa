"""``report``: the page of a training, with and without pairs."""

import json
import shutil
from pathlib import Path

import pytest

from lfsrkit.errors import UsageError
from lfsrkit.report.runs import run_contents
from tests.command_cases import run

QUICK = ("-s", "model=lfsrnet_tiny", "-s", "steps=4", "-s", "batch_size=2", "-s", "validate_every=2", "--device", "cpu")


@pytest.fixture
def trained(built: Path, tmp_path: Path) -> Path:
    told = run("train", "--pairs", built, "--out", tmp_path / "run", *QUICK, "-s", "log_every=1")
    assert told.exit_code == 0, told.output
    return tmp_path / "run"


@pytest.mark.slow
def test_a_run_has_a_page(trained: Path, built: Path, tmp_path: Path) -> None:
    planned = run("report", trained, "--dry-run", "--json")
    assert (json.loads(planned.stdout)["out"], (trained / "report.html").exists()) == (None, False)
    told = run("report", trained)
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == ["lfsrnet_tiny, 4 of 4 steps", str(trained / "report.html")]
    text = (trained / "report.html").read_text()
    assert "validation, step" in text
    assert "Before and after" not in text
    assert text.count("<svg") == 2
    page = tmp_path / "pages" / "mine.html"
    words = ("--pairs", built, "--split", "test", "--out", page, "-s", "metrics=['psnr']", "--device", "cpu")
    judged = run("report", trained, *words, "--json")
    assert judged.exit_code == 0, judged.output
    scores = json.loads(judged.stdout)["scores"]
    assert list(scores) == ["bicubic (the floor)", "run"]
    assert f"{scores['run']['psnr']:.2f}" in page.read_text()
    assert page.read_text().count('class="slider"') == 2
    assert "http" not in page.read_text().replace("http://www.w3.org", "")


def test_what_is_no_run_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no run is there; name a folder that `lfsrkit train` has made$"):
        run_contents(tmp_path)
    (tmp_path / "table.html").touch()
    with pytest.raises(UsageError, match=r"that of a comparison has a page already, .*table.html"):
        run_contents(tmp_path)
    told = run("report", tmp_path, "--split", "test")
    assert (told.exit_code, "--split goes with --pairs" in told.stderr) == (2, True)


@pytest.mark.slow
def test_a_run_that_has_just_begun_has_no_page(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "young").mkdir()
    shutil.copy(trained / "config.toml", tmp_path / "young")
    with pytest.raises(UsageError, match="has just begun"):
        run_contents(tmp_path / "young")
    for text, name in (("model = {name = 'mine', width = 3}", "mine"), ("steps = 3", "a model")):
        (trained / "config.toml").write_text(f"[train]\n{text}\n")
        assert run_contents(trained).title == f"{name}, 4 of 4 steps"
