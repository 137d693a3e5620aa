"""Regions in a build: looked up by hash or name, recorded where something is known, part of what a plan is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from lfsrkit import pairs
from lfsrkit.errors import ConfigError, UsageError
from lfsrkit.files import sha256_of
from lfsrkit.regions import Bisenet, landmark_regions, parsing_regions, template_points
from lfsrkit.stages import load_stage

Folder = Callable[..., Path]


def config(folder: Path, **more: Any) -> Any:
    values = {"faces": str(folder), "clean_size": 32, "degrade": "fsr_gamma(scale=4)", "splits": {"train": 1.0}}
    return load_stage("pairs", values=values | more)


def built(tmp_path: Path, stage: Any, name: str = "pairs") -> pairs.PairSet:
    list(pairs.build(pairs.make_plan(stage), tmp_path / name, workers=0))
    return pairs.open(tmp_path / name, "train")


def by_source(data: Any) -> dict[str, torch.Tensor | None]:
    batch = data.batch(range(len(data)))
    return dict(zip(batch.sources, batch.regions, strict=True))


def table(path: Path, points: dict[str, Any]) -> Path:
    path.write_text(json.dumps({name: value.tolist() for name, value in points.items()}))
    return path


def labels(path: Path) -> np.ndarray:
    path.parent.mkdir(exist_ok=True)
    drawn = np.full((64, 64), Bisenet.SKIN.value, np.uint8)
    drawn[40:50, 20:44] = Bisenet.MOUTH.value
    Pillow.fromarray(drawn).save(path)
    return drawn


def test_landmarks_become_regions_and_the_rest_has_none(folder: Folder, tmp_path: Path) -> None:
    faces, points = folder(3), template_points(32)
    marks = table(tmp_path / "marks.json", {"000.png": points, sha256_of(faces / "001.png"): points + 2})
    found = by_source(built(tmp_path, config(faces, landmarks=marks)))
    assert torch.equal(found["000.png"], landmark_regions(points, 32))
    assert torch.equal(found["001.png"], landmark_regions(points + 2, 32))
    assert found["002.png"] is None


def test_parsing_maps_come_first(folder: Folder, tmp_path: Path) -> None:
    faces = folder(3)
    marks = table(tmp_path / "marks.json", {f"00{i}.png": template_points(32) for i in range(3)})
    drawn = labels(tmp_path / "maps" / "001.png")
    (tmp_path / "maps" / "002.png").write_bytes(b"no map")
    stage = config(faces, landmarks=marks, parsing=tmp_path / "maps", parsing_labels="bisenet")
    data = built(tmp_path, stage)
    found = by_source(data)
    assert found.keys() == {"000.png", "001.png"}
    assert torch.equal(found["001.png"], parsing_regions(drawn, Bisenet, 32))
    assert torch.equal(found["000.png"], landmark_regions(template_points(32), 32))
    assert "parsing map 002.png" in (tmp_path / "pairs" / ".lfsrkit" / "rejected.jsonl").read_text()
    live = by_source(pairs.live(stage))
    assert all(torch.equal(found[name], live[name]) for name in found)


def test_recorded_regions_stay(tmp_path: Path) -> None:
    marks = table(tmp_path / "marks.json", {"000000": template_points(32)})
    values = {"faces": "synthetic:1", "splits": {"train": 1}}
    plain, marked = config(Path(), **values), config(Path(), **values, landmarks=marks)
    first, second = by_source(built(tmp_path, plain)), by_source(built(tmp_path, marked, "marked"))
    assert torch.equal(first["synthetic/000000"], second["synthetic/000000"])


def test_a_plan_knows_what_is_in_the_files(folder: Folder, tmp_path: Path) -> None:
    faces, marks = folder(1), tmp_path / "marks.json"
    plain = pairs.make_plan(config(faces)).record()
    assert not {"landmarks", "parsing", "landmarks_sha256"} & plain["settings"].keys()
    records = []
    for shift in (0, 1):
        table(marks, {"000.png": template_points(32) + shift})
        labels(tmp_path / "maps" / f"{shift}.png")
        stage = config(faces, landmarks=marks, parsing=tmp_path / "maps", parsing_labels="bisenet")
        records.append(pairs.make_plan(stage).record()["settings"])
    one, other = records
    assert one["landmarks"] == "marks.json"
    assert one["parsing"] == "folder:maps"
    assert one["parsing_labels"] == "bisenet"
    assert str(tmp_path) not in json.dumps(one)
    assert one["landmarks_sha256"] != other["landmarks_sha256"]
    assert one["parsing_sha256"] != other["parsing_sha256"]


def test_a_table_that_changes_is_read_again(folder: Folder, tmp_path: Path) -> None:
    faces, marks = folder(1), tmp_path / "marks.json"
    for shift in (0, 2):
        table(marks, {"000.png": template_points(32) + shift})
        found = by_source(pairs.live(config(faces, landmarks=marks)))
        assert torch.equal(found["000.png"], landmark_regions(template_points(32) + shift, 32))


def test_faults_are_found_before_the_build(folder: Folder, tmp_path: Path) -> None:
    faces = folder(1)
    with pytest.raises(UsageError, match="cannot be read"):
        pairs.make_plan(config(faces, landmarks=tmp_path / "absent.json"))
    with pytest.raises(UsageError, match="no folder"):
        pairs.make_plan(config(faces, parsing=tmp_path / "absent", parsing_labels="bisenet"))


@pytest.mark.parametrize("given", [{"parsing": "maps"}, {"parsing_labels": "bisenet"}])
def test_maps_and_their_numbering_go_together(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="give both; two numberings are in use"):
        load_stage("pairs", values=given)


def test_a_numbering_is_named_not_numbered() -> None:
    with pytest.raises(ConfigError, match="celebamask_hq"):
        load_stage("pairs", values={"parsing": "maps", "parsing_labels": 19})
