"""Builds of pairs that are refused: before anything is written, with what is wrong, and nothing of others is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pairs_cases import SMALL, plan_of, run

from lfsrkit import pairs
from lfsrkit.errors import LfsrkitError, OutputRefused, UsageError
from lfsrkit.faces import FaceRef
from lfsrkit.pairs import plan
from lfsrkit.stages import load_stage

Folder = Callable[..., Path]


def test_no_usable_face_is_an_error(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(LfsrkitError, match="no usable face"):
        plan_of(folder(0))
    place = folder(0, name="bad")
    (place / "x.png").write_bytes(b"x")
    with pytest.raises(LfsrkitError, match=r"no usable face: all 1 were rejected \(x.png: not a picture"):
        run(plan_of(place, splits={"train": 1}), tmp_path / "out", workers=0)


def test_a_chain_that_does_not_fit_is_refused(folder: Folder) -> None:
    with pytest.raises(UsageError, match="multiples of 5"):
        plan_of(folder(2), degrade="downsample(scale=5)")


def test_a_low_picture_of_one_pixel_is_refused(folder: Folder) -> None:
    with pytest.raises(UsageError, match="leaves 1 of 32 pixels; the least is 2"):
        plan_of(folder(8), degrade="downsample(scale=32)")
    assert plan_of(folder(8, name="more"), degrade="downsample(scale=16)").scale == 16


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({"faces": "synthetic:8", "clean_size": 16}, {}),
        ({"degrade": "maybe(of=fsr_gamma(scale=1))"}, {}),
        ({}, {"engine": "ray", "workers": 2, "ray_address": "auto"}),
    ],
)
def test_a_build_that_is_refused_leaves_the_folder_free(
    values: dict[str, Any], options: dict[str, Any], folder: Folder, tmp_path: Path
) -> None:
    out, shares = tmp_path / "out", {"splits": {"train": 0.5, "test": 0.5}}
    config = {"faces": str(folder(16)), **SMALL, **shares, **values}
    with pytest.raises(UsageError):
        run(pairs.make_plan(load_stage("pairs", values=config)), out, **options)
    assert not out.exists()


def test_output_that_holds_something_else_is_refused_and_kept(folder: Folder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(OutputRefused, match="holds something else"):
        run(plan_of(folder(2)), out)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_another_build_is_refused_with_the_difference(built: Path, folder: Folder) -> None:
    place = built.parent / "faces"
    values = {"degrade": "fsr_gamma(scale=4)", "splits": {"train": 12, "validation": 2, "test": 2}, "seed": 5}
    with pytest.raises(OutputRefused, match=r"settings\.seed: 0 -> 5"):
        run(plan_of(place, **values), built)


def test_a_folder_that_is_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pairs there"):
        pairs.open(tmp_path)


def test_one_picture_in_two_splits_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    same = FaceRef("0" * 64, "a.png"), FaceRef("0" * 64, "b.png")
    monkeypatch.setattr(plan, "assign", lambda *_: {"train": [same[0]], "test": [same[1]]})
    with pytest.raises(LfsrkitError, match=r"b\.png \(test\) is the same picture as a\.png \(train\)"):
        plan_of(folder(2))
