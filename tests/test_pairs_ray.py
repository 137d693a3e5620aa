"""Shards as tasks of processes and of Ray: the bytes of a build in one process, even if a worker is killed."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_cases import run as command
from pairs_cases import contents, plan_of, run

from lfsrkit import pairs
from lfsrkit.errors import LfsrkitError, OutputRefused, UsageError
from lfsrkit.pairs.engines import loaded_plugins, worker_count
from lfsrkit.registry import load_plugin

Folder = Callable[..., Path]
PLUGIN = Path(__file__).with_name("killing_plugin.py")
quiet = pytest.mark.filterwarnings("ignore")  # whatever Ray and what it imports warn of


@pytest.fixture
def killing(own_plugs: None) -> None:
    load_plugin(PLUGIN)


def deadly(faces: Path, note: Path) -> pairs.Plan:
    return plan_of(faces, degrade=f"fsr_gamma(scale=4) | killing(note={str(note)!r})")


@quiet
@pytest.mark.slow
@pytest.mark.usefixtures("killing")
def test_ray_gives_the_bytes_of_one_process_although_a_worker_is_killed(folder: Folder, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    place, note = folder(40), tmp_path / "note"
    (place / "broken.png").write_bytes(b"no picture")
    plan = deadly(place, note)
    events = list(pairs.build(plan, tmp_path / "ray", engine="ray", workers=2, batch_size=2))
    assert int(note.read_text()) != os.getpid()
    assert not ray.is_initialized()
    assert [event.faces_done for event in events[:2]] == [0, len(plan.tasks[0].refs)]
    assert events[-1].faces_done == 41
    run(plan, tmp_path / "here", workers=0)
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")


@quiet
@pytest.mark.slow
def test_an_error_of_a_task_is_the_error_of_the_build(folder: Folder, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    plan, out = plan_of(folder(8), splits={"train": 8}), tmp_path / "out"
    (out / ".lfsrkit").mkdir(parents=True)
    (out / "data").write_text("no folder")
    with pytest.raises(OutputRefused, match=r"cannot write .*train-00000-of-00001\.parquet: "):
        run(plan, out, engine="ray", workers=1)


@pytest.mark.slow
@pytest.mark.usefixtures("killing")
def test_a_killed_worker_of_this_machine_loses_only_its_shard(folder: Folder, tmp_path: Path) -> None:
    plan, out = deadly(folder(40), tmp_path / "note"), tmp_path / "out"
    with pytest.raises(LfsrkitError, match="a worker process ended unexpectedly"):
        run(plan, out, workers=2, batch_size=2)
    run(plan, out, workers=2)
    run(plan, tmp_path / "here", workers=0)
    assert contents(out) == contents(tmp_path / "here")


def test_without_ray_the_message_says_what_to_install(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'lfsrkit\[ray\]'"):
        run(plan_of(folder(4), splits={"train": 4}), tmp_path / "out", engine="ray")
    small = ["-s", "clean_size=32", "-s", "degrade=fsr_gamma(scale=4)", "-s", "splits={train=4}"]
    told = command("pairs", "build", "--faces", tmp_path / "faces", "--out", tmp_path / "b", *small, "--engine", "ray")
    assert told.exit_code == 2
    assert told.stderr.splitlines()[-1] == "Error: --engine ray needs Ray; pip install 'lfsrkit[ray]'"


def test_a_finished_build_starts_no_runtime(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    splits = {"train": 12, "validation": 2, "test": 2}
    plan = plan_of(built.parent / "faces", degrade="fsr_gamma(scale=4)", splits=splits)
    assert run(plan, built, engine="ray").faces_skipped == 16


def test_wrong_engines_are_refused_before_anything_is_written(folder: Folder, tmp_path: Path) -> None:
    plan = plan_of(folder(4), splits={"train": 4})
    with pytest.raises(UsageError, match="no engine 'rai'; did you mean 'ray'"):
        run(plan, tmp_path / "out", engine="rai")
    with pytest.raises(UsageError, match="needs the engine 'ray'"):
        run(plan, tmp_path / "out", ray_address="auto")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("killing")
def test_workers_run_the_plugins_of_their_parent() -> None:
    assert loaded_plugins() == (PLUGIN.resolve(),)


def test_small_builds_start_no_process(folder: Folder) -> None:
    tasks = plan_of(folder(20), shard_size=4).tasks
    assert worker_count(None, tasks) == 0
    assert worker_count(64, tasks) == len(tasks)
    assert worker_count(None, tasks * 60) >= 1
