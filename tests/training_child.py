"""Train in a child process; prints the step of every record as it comes.

python -m tests.training_child PAIRS OUT [KEY=VALUE ...]       one of several processes, or alone
python -m tests.training_child --kill N SECONDS PAIRS OUT [...]        killed N times, mostly within so many seconds
python -m tests.training_child --then full|closed PAIRS OUT ...        after the first checkpoint nothing can be written
"""

import math
import os
import random
import resource
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

from lfsrkit import pairs, training
from tests.training_cases import plugged, stage

LARGEST_FILE_BYTES = 4096
"""Room for a line of the log, none for weights."""
NOBODY = 65534


def main(data: Path, out: Path, *overrides: str, then: str = "", wait_at: float = math.inf) -> None:
    with plugged():
        sets = pairs.open(data, "train"), pairs.open(data, "validation")
        for record in training.train(stage(*overrides), *sets, out, resume=True, device="cpu"):
            if training.is_first_process():
                print(record.step, flush=True)
            if record.checkpoint is not None and then:
                {"full": fill, "closed": close}[then](out)
            if record.step >= wait_at:
                signal.pause()
    training.leave_processes()


def killed_often(times: int, seconds: float, data: Path, out: Path, *overrides: str) -> None:
    """Fork trainers, so that modules are imported once, and kill each at a random time after it has opened the run.

    Each waits where its share of the steps is done: a machine that grows faster does not end the run before the kills.
    """
    for module in ("accelerate", "kornia", "lfsrkit.metrics", "lfsrkit.masks", "pyarrow.parquet", "torch._dynamo"):
        import_module(module)
    moments = random.Random(0)
    with plugged():
        steps = stage(*overrides).steps
    for number in range(1, times + 1):
        before = opened(out)
        child = forked(data, out, *overrides, wait_at=steps * number / (times + 1))
        while opened(out) == before:
            assert os.waitpid(child, os.WNOHANG) == (0, 0), "the trainer has ended by itself"
            time.sleep(0.001)
        time.sleep(moments.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        print(f"killed {sorted(path.name for path in out.glob('checkpoints/*'))}", flush=True)
    assert os.waitpid(forked(data, out, *overrides), 0)[1] == 0


def opened(out: Path) -> int:
    plan = out / "plan.json"
    return plan.stat().st_mtime_ns if plan.is_file() else 0


def forked(data: Path, out: Path, *overrides: str, wait_at: float = math.inf) -> int:
    child = os.fork()
    if child == 0:
        main(data, out, *overrides, wait_at=wait_at)
        os._exit(0)
    return child


def fill(_out: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, resource.RLIM_INFINITY))


def close(out: Path) -> None:
    for folder in [out, *(path for path in out.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)
    if os.geteuid() == 0:  # nothing is closed to root
        os.seteuid(NOBODY)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--kill", times, seconds, data, out, *overrides]:
            killed_often(int(times), float(seconds), Path(data), Path(out), *overrides)
        case ["--then", then, data, out, *overrides]:
            main(Path(data), Path(out), *overrides, then=then)
        case [data, out, *overrides]:
            main(Path(data), Path(out), *overrides)
