"""Accidents: killed builds, full disks, read-only folders; what is finished stays, the rest is made again."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from command_cases import LIMIT_SECONDS, environment
from pairs_cases import contents, plan_of, run

from lfsrkit.errors import OutputRefused
from lfsrkit.files import write_json

Folder = Callable[..., Path]
CHILD = Path(__file__).with_name("pairs_child.py")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs the signals of POSIX")


def child(*arguments: object, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    command = [*before, sys.executable, str(CHILD), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())


def killed(*arguments: object) -> list[int]:
    """Let a build kill itself; give the numbers of its workers."""
    process = child("build", *arguments)
    told, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == -signal.SIGKILL, errors
    return sorted({int(word) for word in told.split()})


def alive(process: int) -> bool:
    """Whether there is such a process; one that only waits to be collected is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_kill_9_at_any_moment_then_again_gives_the_bytes_of_an_uninterrupted_build(
    workers: int, folder: Folder, tmp_path: Path
) -> None:
    place, draw = folder(80), random.Random(workers)
    (place / "broken.png").write_bytes(b"no picture")
    plan = plan_of(place, shard_size=2)
    run(plan, tmp_path / "whole", workers=0)
    skipped = []
    for moment in range(3):
        out = tmp_path / str(moment)
        workers_of_child = killed(place, out, workers, draw.randrange(4, 35), draw.uniform(0, 0.01))
        assert len(workers_of_child) == workers
        skipped.append(run(plan, out, workers=0).faces_skipped)
        assert contents(out) == contents(tmp_path / "whole")
        deadline = time.monotonic() + LIMIT_SECONDS
        while any(map(alive, workers_of_child)):
            assert time.monotonic() < deadline, "a worker outlived its build"
            time.sleep(0.05)
    assert any(0 < count < 81 for count in skipped)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_before_any_change_of_the_disk_leaves_a_build_that_goes_on(folder: Folder, tmp_path: Path) -> None:
    explored = child("explore", folder(4), tmp_path / "builds")
    told, errors = explored.communicate(timeout=LIMIT_SECONDS)
    assert explored.returncode == 0, errors
    assert int(told.split()[0]) > 20


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_full_disk_is_a_clear_error_and_finished_shards_stay(workers: int, folder: Folder, tmp_path: Path) -> None:
    place, out = folder(24), tmp_path / "out"
    plan = plan_of(place)
    run(plan, out, workers=0, part=(1, 2))
    before = {name: data for name, data in contents(out).items() if name.startswith("data/")}
    assert before
    built = child("full", place, out, workers, 6000)
    told, errors = built.communicate(timeout=LIMIT_SECONDS)
    assert (built.returncode, told) == (1, "")
    assert errors.startswith("cannot write ")
    assert errors.count("\n") == 1
    assert "too large" in errors
    after = contents(out)
    assert {name: data for name, data in after.items() if name.startswith("data/")} == before
    assert not list((out / ".lfsrkit" / "unfinished").iterdir())
    assert run(plan, out, workers=0).manifest is not None


def test_an_output_below_a_file_is_refused(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputRefused, match=r"cannot use .*file.*as output"):
        run(plan_of(folder(4), splits={"train": 4}), tmp_path / "file" / "out", workers=0)


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["out", "out/data"])
def test_a_read_only_folder_is_a_clear_error(closed: str, folder: Folder, tmp_path: Path) -> None:
    place, out = folder(8), tmp_path / "out"
    (out / "data").mkdir(parents=True)
    (out / ".lfsrkit").mkdir()
    if closed == "out":
        (out / ".lfsrkit").rmdir()
        (out / "data").rmdir()
    (tmp_path / closed).chmod(0o555)
    built = child("full", place, out, 0, 10**9, before=without_privileges())
    told, errors = built.communicate(timeout=LIMIT_SECONDS)
    (tmp_path / closed).chmod(0o755)
    assert (built.returncode, told) == (1, "")
    assert errors.startswith("cannot write ")
    assert "ermission denied" in errors
    assert errors.count("\n") == 1
    assert not [path for path in (tmp_path / closed).rglob("*") if path.is_file()]


def without_privileges() -> list[str]:
    """Root may write anywhere; take that away from a child."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root without setpriv may write anywhere")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_a_folder_that_becomes_read_only_is_a_clear_error(folder: Folder, tmp_path: Path) -> None:
    plan, out = plan_of(folder(8), splits={"train": 8}, shard_size=4), tmp_path / "out"
    run(plan, out, workers=0, part=(1, 2))
    before = contents(out)
    (out / "data").rename(out / "elsewhere")
    (out / "data").write_text("no folder")
    with pytest.raises(OutputRefused, match=r"cannot write .*train-00000-of-00002\.parquet: "):
        run(plan, out, workers=0)
    (out / "data").unlink()
    (out / "elsewhere").rename(out / "data")
    assert contents(out) == before
    assert run(plan, out, workers=0).faces_skipped == 4


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b'{"rows": 4', b'{"rejected": [{"odd": 1}], "seconds": 1}'])
def test_a_damaged_sidecar_only_costs_its_shard(damage: bytes, folder: Folder, tmp_path: Path) -> None:
    plan, out = plan_of(folder(8), splits={"train": 8}, shard_size=4), tmp_path / "out"
    run(plan, out, workers=0)
    before = contents(out)
    (out / ".lfsrkit" / "shards" / "train-00001-of-00002.json").write_bytes(damage)
    assert run(plan, out, workers=0).faces_skipped == 4
    assert contents(out) == before


def test_leftovers_of_a_killed_build_are_cleared_by_the_one_that_ends(folder: Folder, tmp_path: Path) -> None:
    plan, out = plan_of(folder(4), splits={"train": 4}), tmp_path / "out"
    left = out / ".lfsrkit" / "unfinished" / "train-00000-of-00001.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a shard")
    run(plan, out, workers=0)
    assert not left.parent.exists()


def test_two_builders_of_one_shard_do_not_disturb_each_other(folder: Folder, tmp_path: Path) -> None:
    from lfsrkit import pairs

    plan, out = plan_of(folder(8), splits={"train": 8}, shard_size=8), tmp_path / "out"
    first = pairs.build(plan, out, workers=0, batch_size=4)
    assert [next(first).faces_done for _ in range(2)] == [0, 4]  # in the middle of the only shard
    second = run(plan, out, workers=0)
    assert second.manifest == list(first)[-1].manifest
    assert not any(finding.faults for finding in pairs.verify(out))


def test_a_build_of_an_older_format_is_not_continued(folder: Folder, tmp_path: Path) -> None:
    plan, out = plan_of(folder(4), splits={"train": 4}), tmp_path / "out"
    write_json(out / ".lfsrkit" / "plan.json", plan.record() | {"format": 1})
    with pytest.raises(OutputRefused, match="format: 1 -> 2"):
        run(plan, out, workers=0)
