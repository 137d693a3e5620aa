"""Files of records: JSON that every reader accepts, whatever the numbers."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from hypothesis import given
from hypothesis import strategies as st

from lfsrkit.files import finite, json_line, read_json, write_json, write_json_lines

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def numbers(value: Any) -> list[float]:
    if isinstance(value, Mapping):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


def strict(text: str) -> Any:
    def refused(word: str) -> NoReturn:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refused)


@given(PLAIN)
def test_json_has_only_numbers_that_json_knows_and_keeps_those(value: Any) -> None:
    read = strict(json_line(value))
    assert read == finite(value)
    assert sorted(numbers(read)) == sorted(number for number in numbers(value) if math.isfinite(number))


def test_both_writers_put_null_for_what_is_not_finite(tmp_path: Path) -> None:
    value = {"mean": {"psnr": math.inf}, "sums": [math.nan, 1.5]}
    wanted = {"mean": {"psnr": None}, "sums": [None, 1.5]}
    write_json(tmp_path / "one.json", value)
    write_json_lines(tmp_path / "many.jsonl", [value, value])
    assert strict((tmp_path / "one.json").read_text()) == read_json(tmp_path / "one.json") == wanted
    assert [strict(line) for line in (tmp_path / "many.jsonl").read_text().splitlines()] == [wanted, wanted]
