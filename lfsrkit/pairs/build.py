"""The builder: plan once, hand the shards to workers, skip what is finished, write the record last."""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty
from typing import Any

from lfsrkit.config import difference
from lfsrkit.errors import LfsrkitError, OutputRefused
from lfsrkit.files import claim_folder, read_json, write_json, write_json_lines
from lfsrkit.pairs.card import write_card
from lfsrkit.pairs.manifest import FOLDER, PLAN, Manifest, versions, write_manifest
from lfsrkit.pairs.plan import Plan, Task
from lfsrkit.pairs.shard import Job, ShardRecord, build_shard, finished

SMALL = 1000
"""Below this many faces, starting worker processes takes longer than the work."""


@dataclass(frozen=True)
class Progress:
    """How far a build is."""

    faces_done: int
    faces_total: int
    faces_skipped: int
    """Faces in shards that were already finished."""
    manifest: Manifest | None = None
    """Set on the last one, if every shard of the plan is finished."""


def build(
    plan: Plan,
    out: Path,
    *,
    workers: int | None = None,
    batch_size: int = 32,
    device: str = "cpu",
    part: tuple[int, int] = (1, 1),
) -> Iterator[Progress]:
    """Build a data set of pairs; run again after an interruption to go on.

    Args:
        plan: From `make_plan`.
        out: Output folder; empty, new, or the same build.
        workers: Processes; 0 works in this one; by default one per core, or 0 for a small set.
        batch_size: Pictures degraded together; changes speed, not bytes.
        device: Where degradations run.
        part: (k, n): do only every n-th shard, starting with the k-th, for job arrays.

    Raises:
        OutputRefused: If ``out`` holds something else or another build, or cannot be written.
        LfsrkitError: If no face was usable.
    """
    claim_folder(out, f"{FOLDER}/{PLAN}")
    _keep_plan(out, plan)
    todo = [task for i, task in enumerate(plan.tasks) if i % part[1] == part[0] - 1]
    missing = [task for task in todo if finished(out, task) is None]
    total, skipped = sum(len(t.refs) for t in todo), sum(len(t.refs) for t in todo if t not in missing)
    progress = Progress(skipped, total, skipped)
    yield progress
    job = Job(out, plan.recipe, batch_size, device)
    for done in _run(job, missing, _worker_count(workers, missing)):
        progress = replace(progress, faces_done=progress.faces_done + done)
        yield progress
    yield replace(progress, manifest=_conclude(out, plan))


def _keep_plan(out: Path, plan: Plan) -> None:
    path, record = out / FOLDER / PLAN, plan.record()
    if path.is_file():
        changed = difference(read_json(path), record)
        if changed:
            raise OutputRefused(f"{out} holds another build; it differs in " + "; ".join(changed[:8]))
    write_json(path, record)


def _worker_count(workers: int | None, tasks: Sequence[Task]) -> int:
    if workers is not None:
        return min(workers, len(tasks))
    small = sum(len(task.refs) for task in tasks) < SMALL
    return 0 if small else min(os.cpu_count() or 1, len(tasks))


def _run(job: Job, tasks: Sequence[Task], workers: int) -> Iterator[int]:
    if workers == 0:
        for task in tasks:
            yield from build_shard(job, task)
        return
    context = multiprocessing.get_context("spawn")
    reports: Any = context.Queue()
    with ProcessPoolExecutor(workers, context, _start_worker, (reports,)) as pool:
        waiting = {pool.submit(_work, job, task) for task in tasks}
        try:
            while waiting:
                ended, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                yield from _drained(reports)
                for future in ended:
                    future.result()
        except BrokenProcessPool as error:
            message = "a worker process ended unexpectedly (out of memory?); run again to go on, with fewer --workers"
            raise LfsrkitError(message) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    yield from _drained(reports)


_reports: Any = None


def _start_worker(reports: Any) -> None:
    import signal

    import torch

    global _reports  # noqa: PLW0603 - the only way to hand a queue to a worker of an executor
    _reports = reports
    # One thread each: the workers share the cores. Ctrl-C is the parent's business.
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(job: Job, task: Task) -> None:
    for done in build_shard(job, task):
        _reports.put(done)


def _drained(reports: Any) -> Iterator[int]:
    while True:
        try:
            yield reports.get_nowait()
        except Empty:
            return


def _conclude(out: Path, plan: Plan) -> Manifest | None:
    records = {task: finished(out, task) for task in plan.tasks}
    done = {task: record for task, record in records.items() if record is not None}
    if len(done) < len(plan.tasks):
        return None
    rejected = sorted([*plan.rejected, *(item for record in done.values() for item in record.rejected)])
    write_json_lines(out / FOLDER / "rejected.jsonl", [vars(item) for item in rejected])
    if not any(record.rows for record in done.values()):
        reasons = "; ".join(f"{item.source}: {item.reason}" for item in rejected[:3])
        raise LfsrkitError(f"no usable face: all {len(rejected)} were rejected ({reasons})")
    manifest = _manifest(plan, done, len(rejected))
    write_card(out, manifest)
    write_manifest(out, manifest)
    return manifest


def _manifest(plan: Plan, done: dict[Task, ShardRecord], rejected: int) -> Manifest:
    splits: dict[str, int] = {}
    for task, record in done.items():
        splits[task.split] = splits.get(task.split, 0) + record.rows
    hashes = "\n".join(f"{task.name} {record.sha256}" for task, record in done.items())
    return Manifest(
        settings=plan.settings,
        scale=plan.scale,
        splits=splits,
        shards={task.name: {"rows": record.rows, "sha256": record.sha256} for task, record in done.items()},
        rejected=rejected,
        clean_mean=_clean_mean(done, plan.recipe.clean_size),
        sha256=hashlib.sha256(hashes.encode()).hexdigest(),
        versions=versions(),
    )


def _clean_mean(done: dict[Task, ShardRecord], size: int) -> float:
    chosen = [record for task, record in done.items() if task.split == "train"] or list(done.values())
    values = sum(record.rows for record in chosen) * 3 * size * size
    return sum(record.clean_sum for record in chosen) / (255 * max(1, values))
