"""The builder: plan once, hand the shards to workers, skip what is finished, write the record last."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfsrkit.config import difference
from lfsrkit.errors import LfsrkitError, OutputRefused, UsageError, did_you_mean
from lfsrkit.files import claim_folder, read_object, write_json
from lfsrkit.pairs.card import write_card
from lfsrkit.pairs.engines import in_pool, in_process, loaded_plugins, worker_count
from lfsrkit.pairs.manifest import (
    FOLDER,
    PLAN,
    Manifest,
    StoredShard,
    identity_of,
    write_manifest,
    write_rejected,
)
from lfsrkit.pairs.plan import Plan, Task
from lfsrkit.pairs.rows import row_schema
from lfsrkit.pairs.shard import UNFINISHED, Job, ShardRecord, finished, recorded

ENGINES = ("local", "ray")


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
    out: str | Path,
    *,
    workers: int | None = None,
    batch_size: int = 64,
    device: str = "cpu",
    part: tuple[int, int] = (1, 1),
    engine: str = "local",
    ray_address: str | None = None,
) -> Iterator[Progress]:
    """Build a data set of pairs; run again after an interruption to go on.

    Args:
        plan: From `make_plan`.
        out: Output folder; empty, new, or the same build.
        workers: Processes; 0 works in this one; by default one per core, or 0 for a small set.
        batch_size: Pictures degraded together; changes speed, not bytes.
        device: Where degradations run; a build stays on one kind of device.
        part: (k, n): do only every n-th shard, starting with the k-th, for job arrays.
        engine: ``local`` (this machine), or ``ray`` (a cluster, from the extra ``[ray]``).
        ray_address: The cluster; by default a runtime of its own on this machine.

    Raises:
        UsageError: If the engine is unknown, Ray is not installed, or ``workers`` is given for a cluster.
        OutputRefused: If ``out`` holds something else or another build, or cannot be written.
        LfsrkitError: If no face was usable, or a worker was lost.
    """
    out = Path(out)
    _check_engine(engine, ray_address, workers)
    schema = row_schema(plan.recipe.chain())
    claim_folder(out, FOLDER)
    plan = plan.on(device)
    _keep_plan(out, plan)
    own = [task for i, task in enumerate(plan.tasks) if i % part[1] == part[0] - 1]
    missing = [task for task in own if finished(out, task) is None]
    total = sum(len(task.refs) for task in own)
    skipped = total - sum(len(task.refs) for task in missing)
    progress = Progress(skipped, total, skipped)
    yield progress
    job = Job(out.resolve(), plan.recipe, schema, batch_size, device, loaded_plugins())
    for done in _work(job, missing, workers, engine, ray_address):
        progress = replace(progress, faces_done=progress.faces_done + done)
        yield progress
    yield replace(progress, manifest=_conclude(out, plan, {task.name for task in own}))


def _check_engine(engine: str, ray_address: str | None, workers: int | None) -> None:
    if engine not in ENGINES:
        raise UsageError(f"no engine {engine!r}{did_you_mean(engine, ENGINES)}; engines: {', '.join(ENGINES)}")
    if ray_address is not None and engine != "ray":
        raise UsageError(f"the address {ray_address} of a Ray cluster needs the engine 'ray'")
    if ray_address is not None and workers is not None:
        raise UsageError("--workers is for a local runtime; a cluster knows its own size")


def _keep_plan(out: Path, plan: Plan) -> None:
    path, record = out / FOLDER / PLAN, plan.record()
    if path.is_file():
        changed = difference(read_object(path), record)
        if changed:
            raise OutputRefused(f"{out} holds another build; it differs in " + "; ".join(changed[:8]))
    write_json(path, record)


def _work(job: Job, tasks: Sequence[Task], workers: int | None, engine: str, ray_address: str | None) -> Iterator[int]:
    if engine == "ray":
        from lfsrkit.pairs.ray_engine import on_ray

        return on_ray(job, tasks, workers, ray_address)
    count = worker_count(workers, tasks)
    return in_pool(job, tasks, count) if count else in_process(job, tasks)


def _conclude(out: Path, plan: Plan, own: Collection[str]) -> Manifest | None:
    done = _records(out, plan, own)
    if done is None:
        return None
    rejected = sorted([*plan.rejected, *(item for record in done.values() for item in record.rejected)])
    write_rejected(out, rejected)
    if not any(record.rows for record in done.values()):
        reasons = "; ".join(f"{item.source}: {item.reason}" for item in rejected[:3])
        raise LfsrkitError(f"no usable face: all {len(rejected)} were rejected ({reasons})")
    manifest = _manifest(plan, done, len(rejected))
    write_card(out, manifest)
    write_manifest(out, manifest)
    shutil.rmtree(out / FOLDER / UNFINISHED, ignore_errors=True)
    return manifest


def _records(out: Path, plan: Plan, own: Collection[str]) -> dict[str, ShardRecord] | None:
    """Read the record of every shard, or None if one is missing; those of other parts are compared with their hash."""
    found = {task.name: recorded(out, task) for task in plan.tasks}
    records = {name: record for name, record in found.items() if record is not None}
    foreign = (task for task in plan.tasks if task.name not in own)
    if len(records) < len(found) or any(finished(out, task) is None for task in foreign):
        return None
    return records


def _manifest(plan: Plan, done: Mapping[str, ShardRecord], rejected: int) -> Manifest:
    splits: dict[str, int] = {}
    for task in plan.tasks:
        splits[task.split] = splits.get(task.split, 0) + done[task.name].rows
    shards = {name: StoredShard(record.rows, record.sha256, record.content_sha256) for name, record in done.items()}
    return Manifest(
        settings=plan.settings,
        scale=plan.scale,
        splits=splits,
        shards=shards,
        rejected=rejected,
        clean_mean=_clean_mean(plan, done),
        sha256=identity_of(shards),
        versions=_versions(done.values()),
    )


def _versions(records: Iterable[ShardRecord]) -> dict[str, str]:
    """Name what made the shards; several versions of one package where a build went on after an upgrade."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        for name, version in record.versions.items():
            found.setdefault(name, {})[version] = None
    return {name: ", ".join(known) for name, known in found.items()}


def _clean_mean(plan: Plan, done: Mapping[str, ShardRecord]) -> float:
    names = [task.name for task in plan.tasks if task.split == "train"] or list(done)
    values = sum(done[name].rows for name in names) * 3 * plan.recipe.clean_size**2
    return sum(done[name].clean_sum for name in names) / (255 * max(1, values))
