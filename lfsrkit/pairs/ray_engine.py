"""The shards of a build as tasks of a Ray cluster, which schedules them and repeats those whose worker was lost.

References:
    Moritz et al., Ray: A Distributed Framework for Emerging AI Applications, OSDI 2018.
    https://arxiv.org/abs/1712.05889
"""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.pairs.engines import work_on
from lfsrkit.pairs.plan import Task
from lfsrkit.pairs.shard import Job

IN_FLIGHT = 1000
"""Shards handed to the cluster at a time; keeps its table of tasks small."""
RETRIES = 5
"""Workers that may be lost over one shard before the build gives up."""
STORE_BYTES = 100 * 2**20
"""Shared memory of a local runtime; pictures never go through it."""


def on_ray(job: Job, tasks: Sequence[Task], workers: int | None, address: str | None) -> Iterator[int]:
    """Build shards on a Ray cluster; every node has to see the faces and the output folder under the same paths.

    Shards are published whole, so a task that Ray runs twice does no harm.

    Args:
        job: Where and how.
        tasks: The shards.
        workers: CPUs of a local runtime; by default all.
        address: A cluster, such as ``auto`` or ``ray://head:10001``; by default a runtime of its own on this machine.

    Yields:
        The number of faces of the shard that was just finished.

    Raises:
        UsageError: If Ray is not installed.
        LfsrkitError: If the cluster cannot be reached or loses a worker too often over one shard.
    """
    if not tasks:
        return
    with _runtime(workers, address) as ray:
        device, _, _ = job.device.partition(":")  # Ray shows a task its own accelerator only
        shared = ray.put(replace(job, device=device))
        work = ray.remote(num_cpus=1, num_gpus=0 if device == "cpu" else 1, max_retries=RETRIES)(_work)
        yield from _results(ray, ((work.remote(shared, task), len(task.refs)) for task in tasks))


def _work(job: Job, task: Task) -> None:
    work_on(job, task, lambda done: None)


def _results(ray: Any, started: Iterator[tuple[Any, int]]) -> Iterator[int]:
    waiting: dict[Any, int] = {}
    try:
        while True:
            waiting |= islice(started, IN_FLIGHT - len(waiting))
            if not waiting:
                return
            ended, _ = ray.wait(list(waiting))
            _raise_faults(ray, ended)
            yield sum(waiting.pop(task) for task in ended)
    finally:
        for task in waiting:
            ray.cancel(task)


def _raise_faults(ray: Any, ended: Sequence[Any]) -> None:
    try:
        ray.get(ended)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        reason = str(error).strip().partition("\n")[0]
        raise LfsrkitError(f"Ray gave up: {reason}; run again to go on") from error


@contextmanager
def _runtime(workers: int | None, address: str | None) -> Generator[Any]:
    ray = _imported()
    if ray.is_initialized():  # the caller's own connection; it stays open
        yield ray
        return
    local = {"num_cpus": workers or None, "include_dashboard": False, "object_store_memory": STORE_BYTES}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="error", **({} if address else local))
    except (ray.exceptions.RayError, ConnectionError, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise LfsrkitError(f"cannot reach Ray at {address or 'this machine'}: {reason}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _imported() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reads it when it starts a runtime
    try:
        import ray
    except ImportError:
        raise UsageError("--engine ray needs Ray; pip install 'lfsrkit[ray]'") from None
    return ray
