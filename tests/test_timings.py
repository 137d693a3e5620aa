"""Timings: every plug that needs no argument is listed; the command prints them."""

import json

import pytest
from command_cases import run

from lfsrkit import MASKS
from lfsrkit.errors import UsageError
from lfsrkit.timings import time_degradations, time_masks


def test_named_degradations_are_timed_in_order():
    timings = list(time_degradations(["quantise", "jpeg(quality=80)"], size=16, batch_size=2, seconds=0.01))
    assert [timing.name for timing in timings] == ["quantise", "jpeg(quality=80)"]
    assert all(timing.draw_ms > 0 and timing.apply_ms > 0 for timing in timings)
    both = timings[0].draw_ms + timings[0].apply_ms
    assert timings[0].pictures_per_second == pytest.approx(2000 / both)


def test_every_strategy_that_needs_no_argument_is_timed():
    names = [timing.name for timing in time_masks(size=32, batch_size=2, seconds=0.001)]
    assert set(names) == set(MASKS.names()) - {"invert", "schedule", "union"}


def test_unknown_names_are_answered():
    with pytest.raises(UsageError, match="did you mean 'quantise'"):
        list(time_degradations(["quantize"]))


def test_the_command_prints_a_table_or_json():
    shown = run("bench", "masks", "patch", "--size", 32, "--batch-size", 2, "--seconds", 0.01)
    assert shown.exit_code == 0
    assert "patch" in shown.stdout
    told = run("bench", "degradations", "quantise", "--size", 16, "--batch-size", 2, "--seconds", 0.01, "--json")
    assert [row["name"] for row in json.loads(told.stdout)["timings"]] == ["quantise"]
