"""Builds in processes of their own, to be killed.

python pairs_child.py build FACES OUT WORKERS FACES SECONDS     kills itself so long after so many faces are done
python pairs_child.py explore FACES FOLDER          kills a build before its first, second, ... change of the disk
python pairs_child.py full FACES OUT WORKERS BYTES  builds with a limit on the size of files, like a full disk
"""

import multiprocessing
import os
import resource
import signal
import sys
from itertools import count
from pathlib import Path
from threading import Timer

from pairs_cases import contents, plan_of, run

from lfsrkit import pairs
from lfsrkit.errors import OutputRefused

CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}


def build(faces, out, workers, most, seconds):
    """Print the workers, which live on for a moment; a kill from outside could come after the end on a busy machine."""
    end = Timer(float(seconds), os.kill, (os.getpid(), signal.SIGKILL))
    for progress in pairs.build(plan_of(faces, shard_size=2), out, workers=int(workers), batch_size=2):
        print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
        if progress.faces_done >= int(most) and not end.is_alive():
            end.start()


def explore(faces, folder):
    import datasets  # noqa: F401 - once, before the forks
    import pyarrow.parquet  # noqa: F401

    plan = plan_of(faces, shard_size=2, splits={"train": 2, "test": 2})
    whole = folder / "whole"
    apart(lambda: run(plan, whole, workers=0))
    expected = contents(whole)
    for place in count(1):
        out = folder / str(place)
        killed = apart(lambda: (kill_before(place, out), run(plan, out, workers=0)))  # noqa: B023
        if not killed:
            print(f"{place - 1} moments")
            return
        apart(lambda: run(plan, out, workers=0))  # noqa: B023
        if contents(out) != expected:
            sys.exit(f"killed before change {place}, the build differs")


def apart(work):
    """Run in a fork; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        os._exit(1 if work() is None else 0)
    status = os.waitpid(child, 0)[1]
    if status not in (0, signal.SIGKILL):
        sys.exit(f"a build ended with status {status}")
    return status == signal.SIGKILL


def kill_before(place, out):
    """Kill this process before it changes anything below a folder for the n-th time."""
    left = place

    def hook(event, arguments):
        nonlocal left
        writes = event in CHANGES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if writes and any(str(argument).startswith(str(out)) for argument in arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def full(faces, out, workers, size):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        run(plan_of(faces), out, workers=int(workers))
    except OutputRefused as error:
        sys.exit(str(error))


if __name__ == "__main__":
    {"build": build, "explore": explore, "full": full}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
