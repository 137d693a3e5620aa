"""Plug-ins as their authors make them: the example package, built and installed, and the file of the README."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_cases import LIMIT_SECONDS, command, environment, run

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "examples" / "plugin_package"
BROKEN = {
    "raising.py": "raise RuntimeError('out of order')\n",
    "lacking.py": "",
    "broken_plugs-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: broken-plugs\nVersion: 1.0\n",
    "broken_plugs-1.0.dist-info/entry_points.txt": (
        "[lfsrkit.masks]\nraising = raising:Mask\n[lfsrkit.degradations]\nlacking = lacking:Rain\n"
    ),
}
"""A distribution of which nothing works."""

WATCHED = [
    *(sys.executable, "-c"),
    "import atexit, sys, lfsrkit_cli\n"
    "atexit.register(lambda: print('lfsrkit_fog' in sys.modules, file=sys.stderr))\n"
    "lfsrkit_cli.main()",
]
"""The command line, which tells on leaving whether the package was imported."""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of the example installed, and nothing else; no network is asked."""
    pytest.importorskip("hatchling", reason="the wheel of the example is built with hatchling")
    place = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-index"]
    built = [*pip, "wheel", *alone, "--no-build-isolation", "--wheel-dir", place, PACKAGE]
    subprocess.run(built, check=True, capture_output=True, timeout=LIMIT_SECONDS)
    (wheel,) = place.glob("*.whl")
    installed = [*pip, "install", *alone, "--target", place / "site", wheel]
    subprocess.run(installed, check=True, capture_output=True, timeout=LIMIT_SECONDS)
    return place / "site"


@pytest.fixture
def apart(site: Path, tmp_path: Path) -> Run:
    """Run a program in a process that has the plug-ins of some folders."""

    def start(*words: object, more: Path | None = None, where: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        kept = environment()
        kept["PYTHONPATH"] = os.pathsep.join([str(site), *([str(more)] if more else []), kept["PYTHONPATH"]])
        line = [str(word) for word in words]
        return subprocess.run(
            line, check=False, capture_output=True, text=True, env=kept, cwd=where, timeout=LIMIT_SECONDS
        )

    return start


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    for name, text in BROKEN.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def imported(result: subprocess.CompletedProcess[str]) -> bool:
    """Whether a process that ran `WATCHED` had the package imported at its end."""
    assert result.returncode == 0, result.stderr
    return {"True": True, "False": False}[result.stderr.splitlines()[-1]]


@pytest.mark.slow
def test_an_installed_plug_is_listed_with_its_package_and_not_imported(apart: Run) -> None:
    listed, table = apart(*WATCHED, "list", "--json"), apart(*WATCHED, "list", "masks")
    assert not imported(listed)
    assert not imported(table)
    rows = {row["name"]: row["origin"] for rows in json.loads(listed.stdout).values() for row in rows}
    assert (rows["fog_bank"], rows["fog"]) == ("lfsrkit-fog", "lfsrkit-fog")
    assert re.search(r"^fog_bank .* lfsrkit-fog *$", table.stdout, re.MULTILINE)
    shown = apart(*WATCHED, "show", "masks", "fog_bank", "--json")
    assert imported(shown), "the mark can change"
    facts = json.loads(shown.stdout)
    (ratio,) = facts["parameters"]
    assert (facts["origin"], ratio["name"], ratio["default"], ratio["type"]) == ("lfsrkit-fog", "ratio", 0.5, "float")
    assert ratio["meaning"].startswith("Share of the pixels")


@pytest.mark.slow
def test_the_commands_of_its_page_work(apart: Run, tmp_path: Path) -> None:
    lines = re.findall(r"^lfsrkit .*$", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {shlex.split(line)[1] for line in lines} == {"list", "show", "preview", "doctor"}
    for line in lines:
        result = apart(*command(*shlex.split(line)[1:]))
        assert result.returncode == 0, (line, result.stderr)
        assert "fog" in result.stdout, line
    assert (tmp_path / "fog.png").is_file()


@pytest.mark.slow
def test_the_laws_of_the_registries_hold_for_it(apart: Run) -> None:
    # Entry points carry no tags, so the law about the table of tags, and that one only, is left out.
    laws = ["tests/test_mask_laws.py", "tests/test_degradation_laws.py", PACKAGE, "-k", "fog"]
    result = apart(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *laws, where=ROOT)
    assert result.returncode == 0, result.stdout
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed is not None
    assert int(passed.group(1)) > 20, "the laws have to find the plugs"


@pytest.mark.slow
def test_broken_plug_ins_hurt_nobody_and_are_reported(apart: Run, broken: Path) -> None:
    assert apart(*command("--help"), more=broken).returncode == 0
    listed = apart(*command("list", "--json"), more=broken)
    rows = {row["name"]: row["origin"] for rows in json.loads(listed.stdout).values() for row in rows}
    assert (rows["raising"], rows["lacking"], rows["fog"]) == ("broken-plugs", "broken-plugs", "lfsrkit-fog")
    others = ["--degrade", "fog | downsample(scale=4)", "--mask", "fog_bank", "--dry-run"]
    assert apart(*command("preview", "synthetic:1", *others), more=broken).returncode == 0
    used = apart(*command("show", "mask", "raising"), more=broken)
    assert (used.returncode, used.stderr) == (
        1,
        "Error: mask 'raising' from broken-plugs cannot be imported: RuntimeError: out of order\n",
    )
    examined = apart(*command("doctor", "--json"), more=broken)
    assert examined.returncode == 0, examined.stderr
    plugs = {row["detail"]: row["state"] for row in json.loads(examined.stdout) if row["topic"] == "plug-in"}
    assert plugs == {
        "degradation fog from lfsrkit-fog": "ok",
        "degradation lacking from broken-plugs: AttributeError: module 'lacking' has no attribute 'Rain'": "fault",
        "mask fog_bank from lfsrkit-fog": "ok",
        "mask raising from broken-plugs: RuntimeError: out of order": "fault",
    }


@pytest.mark.usefixtures("own_plugs")
def test_the_file_of_the_readme_is_a_mask_for_the_command_line(tmp_path: Path) -> None:
    snippet = re.search(
        r"```python\n(# stripes\.py.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None
    file, sheet = tmp_path / "stripes.py", tmp_path / "sheet.png"
    file.write_text(snippet.group(1))
    result = run("preview", "synthetic:1", "--plugin", file, "--mask", "rows", "--out", sheet)
    assert result.exit_code == 0, result.stderr
    assert sheet.is_file()
