"""A short, fixed part of the fuzzing, and what the long one has found."""

import pytest

from fuzz.run import rounds
from fuzz.targets import TARGETS, Target, refuses_or_reads
from lfsrkit.errors import LfsrkitError


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_examples_are_read_or_refused(name: str) -> None:
    rounds(TARGETS[name], examples=25, derandomize=True)


@pytest.mark.parametrize("name", TARGETS)
def test_examples_are_worth_damaging(name: str) -> None:
    """Some can be read whole, or every reader would pass that refuses all."""
    target = TARGETS[name]
    assert any(is_read(target, data) for data in target.seeds())


def is_read(target: Target, data: bytes) -> bool:
    try:
        target.read(data)
    except LfsrkitError:
        return False
    return True


FOUND = {"a name too long for a path": ("names", b"bicubic(" + b"scale=4, " * 500 + b")")}
"""What long runs have found, by what it was."""


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_stays_mended(what: str) -> None:
    name, data = FOUND[what]
    refuses_or_reads(TARGETS[name], data)
