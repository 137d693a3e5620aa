"""Damage whole examples for a while and see what readers make of them: python fuzz/run.py [TARGET]... --seconds N."""

import argparse
import faulthandler
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.damage import damaged
from fuzz.targets import TARGETS, Target, refuses_or_reads

ROUND = 200
HANGING = 120.0
"""Seconds after which one example counts as a hang; they are read in milliseconds."""
MEMORY = 4 * 2**30
"""Bytes of address space that reading may ask for beyond what the program takes."""
LAST = Path("build/fuzz")
"""Where the example lies that is being read, for when it ends the process."""


def rounds(target: Target, *, examples: int, derandomize: bool = False, last: Path | None = None) -> None:
    """Try a number of damaged examples.

    Args:
        target: What reads.
        examples: How many.
        derandomize: The same ones every time.
        last: File that holds the example that is being read.
    """

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=derandomize,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(list(target.seeds())))
    def one(data: bytes) -> None:
        if last is not None:
            last.write_bytes(data)
            faulthandler.dump_traceback_later(HANGING, exit=True)
        refuses_or_reads(target, data)

    one()


def main() -> None:
    """Run the targets one after another and stop at the first finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--seconds", type=float, default=600.0, help="of processor time for each target")
    chosen = parser.parse_args()
    LAST.mkdir(parents=True, exist_ok=True)
    for name in chosen.targets:
        start, count = time.process_time(), 0
        while time.process_time() - start < chosen.seconds:
            rounds(TARGETS[name], examples=ROUND, last=LAST / name)
            if not count:
                _limit_memory()
            count += ROUND
        faulthandler.cancel_dump_traceback_later()
        print(f"{name}: {count} damaged examples, nothing found", flush=True)


def _limit_memory() -> None:
    """Turn what would fill the memory into an error; set once all is imported, where the system knows such limits."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    except (ImportError, OSError):
        return
    taken = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
