"""What is installed: wheel and sdist are clean, and the wheel works in an environment of its own without any extra."""

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lfsrkit import __version__
from tests.lowest import constraints, requirements

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGES = {"lfsrkit": ROOT / "lfsrkit", "lfsrkit_cli": ROOT / "cli" / "lfsrkit_cli"}
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
ALONE = ["--no-deps", "--no-index"]


def call(*words: object, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LFSRKIT_WEIGHTS")}
    line = [str(word) for word in words]
    done = subprocess.run(line, check=False, capture_output=True, text=True, env={**kept, **more}, timeout=900)
    assert done.returncode == code, f"{line}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dist")
    call(*PIP, "wheel", *ALONE, "--no-build-isolation", "--wheel-dir", place, ROOT)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", place], check=True, cwd=ROOT, timeout=300
    )
    return place


def wheel_in(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


def shipped(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_two_packages_and_nothing_else(built: Path) -> None:
    files = {
        f"{name}/{path.relative_to(root).as_posix()}"
        for name, root in PACKAGES.items()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped(wheel_in(built)) == files
    assert {"lfsrkit/py.typed", "lfsrkit/report/page.html", "lfsrkit/recipes/celeba_x8.toml"} <= files
    with zipfile.ZipFile(wheel_in(built)) as archive:
        told = archive.read(f"lfsrkit-{__version__}.dist-info/METADATA").decode()
        assert f"lfsrkit-{__version__}.dist-info/licenses/LICENSE" in archive.namelist()
    assert "Provides-Extra: all" in told
    assert "Dynamic:" not in told


def test_the_sdist_is_clean_and_gives_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path, filter="data")
    folders = {name.split("/")[1] for name in names}
    assert folders >= {"lfsrkit", "cli", "tests", "docs", "examples", "README.md", "LICENSE", "pyproject.toml"}
    assert not folders & {".venv", ".git", ".ci", "build", "dist", "site", "demo", "runs", "pairs"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".ckpt", ".jpg"))]
    (source,) = tmp_path.iterdir()
    call(*PIP, "wheel", *ALONE, "--no-build-isolation", "--wheel-dir", tmp_path / "again", source)
    assert shipped(wheel_in(tmp_path / "again")) == shipped(wheel_in(built))


def required() -> Iterator[Distribution]:
    """Give everything that the core requires, with the extras that are asked for and no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        need = waiting.pop()
        key = (need.name, frozenset(need.extras))
        if key not in seen:
            seen.add(key)
            found = distribution(need.name)
            yield found
            waiting += [each for text in found.requires or () if wanted(each := Requirement(text), key[1])]


def wanted(need: Requirement, extras: frozenset[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})


@pytest.fixture(scope="module")
def fresh(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and its core requirements: links to what is installed here, nothing downloaded."""
    place = tmp_path_factory.mktemp("fresh")
    call(sys.executable, "-m", "venv", "--without-pip", place / "env")
    call(sys.executable, "-m", "pip", "--python", place / "env", "install", "--quiet", *ALONE, wheel_in(built))
    links = place / "links"
    links.mkdir()
    for found in required():
        link(found, links)
    (packages,) = (place / "env").glob("lib/python*/site-packages")
    (packages / "links.pth").write_text(f"{links}\n")
    return place / "env" / "bin"


def link(found: Distribution, links: Path) -> None:
    for top in {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}:
        target, name = Path(str(found.locate_file(top))), links / top
        if not name.exists() and target.exists() and target.suffix != ".pth":
            name.symlink_to(target)


def test_it_is_imported_from_the_fresh_environment_and_has_no_extra(fresh: Path) -> None:
    shown = call(
        fresh / "python", "-I", "-c", "import lfsrkit, lfsrkit_cli; print(lfsrkit.__file__, lfsrkit_cli.__file__)"
    )
    assert [str(fresh.parent) in path for path in shown.stdout.split()] == [True, True]
    assert call(fresh / "lfsrkit", "--version").stdout.split()[-1] == __version__
    for absent in ("gradio", "ray", "onnx", "av", "matplotlib", "pytest"):
        call(fresh / "python", "-I", "-c", f"import {absent}", code=1)


def test_the_core_runs_the_demo_without_any_extra(fresh: Path, tmp_path: Path) -> None:
    words = ["--faces", "synthetic:30", "--steps", 2, "--out", tmp_path / "demo"]
    call(fresh / "lfsrkit", "demo", *words, LFSRKIT_OFFLINE="1", OMP_NUM_THREADS="1")
    assert "bicubic" in (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")


def test_what_needs_an_extra_says_which(fresh: Path, tmp_path: Path) -> None:
    words = ["--faces", "synthetic:4", "--out", tmp_path / "pairs", "--engine", "ray", "-s", "splits={train=4}"]
    assert "lfsrkit[ray]" in call(fresh / "lfsrkit", "pairs", "build", *words, code=2).stderr


def test_every_lowest_version_is_one_that_pyproject_allows() -> None:
    assert constraints(["rich>=13.9", "numpy", "opencv-python-headless>=4.10.0.84"]) == [
        "opencv-python-headless==4.10.0.84",
        "rich==13.9",
    ]
    assert {line.partition("==")[0] for line in constraints(requirements())} >= {"torch", "gradio", "pytest"}
