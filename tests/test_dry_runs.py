"""``--dry-run --json``: every command that has both answers with one JSON value and writes nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lfsrkit.errors import MissingWeights, UsageError
from lfsrkit.regions.mesh import find_model
from tests.command_cases import COMMANDS, run

CASES = {
    "demo": "--out OUT",
    "preview": "FACES --out SHEET -s clean_size=32",
    "pairs build": "--faces FACES --out OUT -s clean_size=32 -s splits={train=0.5,validation=0.2,test=0.3}",
    "pairs export": "BUILT --to folders --out OUT",
    "pairs push": "BUILT me/faces",
    "train": "--pairs BUILT --out OUT -s minutes=10",
    "evaluate": "bicubic --pairs BUILT --out OUT",
    "align": "bicubic --pairs BUILT --out OUT",
    "enhance": "bicubic FACES --out OUT",
    "export": "lfsrnet_tiny_x4 --to onnx --out OUT",
    "ablate masks": "patch random --pairs BUILT --out OUT -s model=lfsrnet_tiny",
    "benchmark": "--rows lfsrnet_tiny --pairs BUILT --out OUT",
    "figures lighting": "synthetic:2 --out SHEET",
    "figures visual": "bicubic --pairs BUILT --out SHEET",
    "figures masks": "synthetic:1 --mask patch --out SHEET",
    "regions build": "FACES --out OUT",
}
ELSEWHERE = {"pairs fit", "report"}
"""Take longer; `tests/test_fit.py` and `tests/test_report.py` have them."""

NEEDS_MESH = {"align", "regions build"}


def has_mesh() -> bool:
    try:
        find_model()
    except (MissingWeights, UsageError):
        return False
    return True


def options_of(name: str) -> set[str]:
    return {option for item in COMMANDS[name].params for option in item.opts}


def test_every_command_with_a_dry_run_in_json_has_a_case() -> None:
    assert {name for name in COMMANDS if {"--dry-run", "--json"} <= options_of(name)} == CASES.keys() | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_dry_run_is_one_json_value(
    name: str, built: Path, folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in NEEDS_MESH and not has_mesh():
        pytest.skip("the model of the face mesh is not there")
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    places = {
        "BUILT": built,
        "FACES": folder(6, name="others"),
        "OUT": tmp_path / "out",
        "SHEET": tmp_path / "sheet.png",
    }
    words = [places.get(word, word) for word in CASES[name].split()]
    told = run(*name.split(), *words, "--dry-run", "--json")
    assert told.exit_code == 0, told.output
    json.loads(told.stdout)
    assert not places["OUT"].exists()
    assert not places["SHEET"].exists()
    if name == "train":
        assert json.loads(told.stdout)["passes"] is None
