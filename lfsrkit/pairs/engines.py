"""How the shards of a build are worked on: in this process or by processes of this machine; the bytes are the same."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from queue import Empty
from threading import Thread
from typing import Any

import torch

from lfsrkit.errors import LfsrkitError
from lfsrkit.pairs.plan import Task
from lfsrkit.pairs.shard import Job, build_shard
from lfsrkit.registry import load_plugin

SMALL = 1000
"""Below this many faces, starting worker processes takes longer than the work."""


def worker_count(workers: int | None, tasks: Sequence[Task]) -> int:
    """Choose how many processes to start; 0 means to work in this one.

    Args:
        workers: What was asked for; None leaves the choice to the number of cores and of faces.
        tasks: What is to be done.
    """
    if workers is not None:
        return min(workers, len(tasks))
    small = sum(len(task.refs) for task in tasks) < SMALL
    return 0 if small else min(_cores(), len(tasks))


def in_process(job: Job, tasks: Sequence[Task]) -> Iterator[int]:
    """Build one shard after another, here.

    Args:
        job: Where and how.
        tasks: The shards.

    Yields:
        The number of faces that were just worked on.
    """
    for task in tasks:
        yield from build_shard(job, task)


def in_pool(job: Job, tasks: Sequence[Task], workers: int) -> Iterator[int]:
    """Build shards in processes of this machine.

    Args:
        job: Where and how.
        tasks: The shards.
        workers: Number of processes, at least 1.

    Yields:
        The number of faces that were just worked on.

    Raises:
        LfsrkitError: If a worker was killed; finished shards stay.
    """
    context = multiprocessing.get_context("spawn")
    reports: Any = context.Queue()
    with ProcessPoolExecutor(workers, context, _start_worker, (job, reports)) as pool:
        waiting = {pool.submit(_work, task) for task in tasks}
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


def work_on(job: Job, task: Task, report: Callable[[int], object]) -> None:
    """Build one shard in a process that does nothing else.

    Args:
        job: Where and how.
        task: The shard.
        report: Takes the number of faces that were just worked on.
    """
    torch.set_num_threads(1)  # the workers share the cores
    for path in job.plugins:
        load_plugin(path)
    for done in build_shard(job, task):
        report(done)


def loaded_plugins() -> tuple[Path, ...]:
    """List the files that `lfsrkit.registry.load_plugin` has run here; a worker has to run them as well."""
    modules = [module for name, module in sys.modules.items() if name.startswith("lfsrkit_plugin_")]
    return tuple(Path(str(module.__file__)).resolve() for module in modules)


_worker: tuple[Job, Any] | None = None


def _start_worker(job: Job, reports: Any) -> None:
    global _worker  # noqa: PLW0603 - the only way to hand a queue to a worker of an executor
    _worker = job, reports
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the parent was killed; a worker of an executor would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task) -> None:
    assert _worker is not None
    job, reports = _worker
    work_on(job, task, reports.put)


def _drained(reports: Any) -> Iterator[int]:
    while True:
        try:
            yield reports.get_nowait()
        except Empty:
            return


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
