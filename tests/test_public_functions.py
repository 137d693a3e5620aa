"""What holds for every function that a package offers: places may be given as text, as everywhere in Python."""

import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lfsrkit import evaluation, export, inference, pairs, training
from lfsrkit.stages import load_stage

PACKAGES = ("pairs", "faces", "training", "evaluation", "inference", "experiments", "export", "figures", "models")
MORE = ("realism.fit", "regions")


def offered() -> Iterator[Callable[..., object]]:
    for name in (*PACKAGES, *MORE):
        package = importlib.import_module(f"lfsrkit.{name}")
        yield from (found for key in package.__all__ if inspect.isfunction(found := getattr(package, key)))


def takes_paths_only(annotation: object) -> bool:
    if isinstance(annotation, types.UnionType):
        return Path in annotation.__args__ and str not in annotation.__args__
    return annotation is Path or any(map(takes_paths_only, typing.get_args(annotation)))


def test_every_function_takes_text_for_a_path() -> None:
    found = list(offered())
    assert training.train in found
    assert takes_paths_only(list[Path | None])
    assert not takes_paths_only(dict[str, str | Path])
    for function in found:
        parameters = inspect.signature(function).parameters.values()
        assert not [each.name for each in parameters if takes_paths_only(each.annotation)], function


@pytest.mark.slow
def test_the_chain_runs_with_text(tmp_path: Path) -> None:
    built, run, bright = (str(tmp_path / name) for name in ("pairs", "run", "bright"))
    values = {"faces": "synthetic:12", "splits": {"train": 8, "validation": 2, "test": 2}}
    list(pairs.build(pairs.make_plan(load_stage("pairs", recipes=["fast_x4"], values=values)), built, workers=0))
    assert not [fault for finding in pairs.verify(built) for fault in finding.faults]
    config = load_stage("train", values={"steps": 2, "batch_size": 4})
    list(training.train(config, pairs.open(built, "train"), None, run, device="cpu"))
    assert [record["step"] for record in training.read_records(run)] == [2]
    scores = evaluation.evaluate(run, pairs.open(built, "test"), load_stage("evaluate", values={"metrics": "psnr"}))
    assert evaluation.write_results(str(tmp_path / "scores"), scores).count == 2
    picture = str(tmp_path / "scores" / "_first.png")
    done = list(
        inference.enhance(run, Path(picture).rename(tmp_path / "a.png").as_posix(), bright, load_stage("enhance"))
    )
    assert [each.reason for each in done] == [None]
    assert Path(export.export_weights(run, str(tmp_path / "w.safetensors")).path).is_file()
