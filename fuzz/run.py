"""Damage whole examples for a while and see what readers make of them: python fuzz/run.py [TARGET]... --seconds N."""

import argparse
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.targets import TARGETS, Target, refuses_or_reads

ROUND = 200
PIECES = (
    *(b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"),
    *(b"1e999", b"-1", b"nan", b"[[", b"((", b'"', b"|", b"{}"),
)


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Take an example, then overwrite, insert, cut out or repeat a few pieces of it."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 16))
        piece = draw(st.one_of(st.binary(max_size=16), st.sampled_from(PIECES)))
        how = draw(st.sampled_from(("overwrite", "insert", "cut", "end", "repeat")))
        if how == "overwrite":
            data[start : start + len(piece)] = piece
        elif how == "insert":
            data[start:start] = piece
        elif how == "cut":
            del data[start : start + length]
        elif how == "end":
            del data[start:]
        else:
            data[start:start] = data[start : start + length] * draw(st.integers(1, 64))
    return bytes(data)


def rounds(target: Target, *, examples: int, derandomize: bool = False) -> None:
    """Try a number of damaged examples.

    Args:
        target: What reads.
        examples: How many.
        derandomize: The same ones every time.
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
        refuses_or_reads(target, data)

    one()


def main() -> None:
    """Run the targets one after another and stop at the first finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--seconds", type=float, default=600.0, help="for each target")
    chosen = parser.parse_args()
    for name in chosen.targets:
        start, count = time.monotonic(), 0
        while time.monotonic() - start < chosen.seconds:
            rounds(TARGETS[name], examples=ROUND)
            count += ROUND
        print(f"{name}: {count} damaged examples, nothing found", flush=True)


if __name__ == "__main__":
    main()
