"""Summaries that do not depend on order, the worst cases, and tables written as the rows come in."""

import math
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lfsrkit import evaluation
from lfsrkit.errors import UsageError
from lfsrkit.evaluation import ImageScores, summarise, write_results
from lfsrkit.images import decode


def scores(values: list[float | None], **more: object) -> list[ImageScores]:
    return [ImageScores(str(i), f"{i}.png", {"psnr": value}, **more) for i, value in enumerate(values)]


def test_the_worst_sheet_holds_the_worst(tmp_path: Path) -> None:
    order = random.Random(0).sample(range(40), 40)
    rows = []
    for place in order:
        shown = {"restored": np.full((4, 4, 3), place, np.uint8), "clean": np.full((4, 4, 3), 255, np.uint8)}
        rows.append(ImageScores(str(place), str(place), {"psnr": float(place)}, badness=-float(place), shown=shown))
    write_results(tmp_path, rows)
    sheet = decode((tmp_path / "_worst.png").read_bytes())
    for number in range(evaluation.SHOWN):  # under 16 pixels of titles, each with 16 pixels of caption, gaps of 4
        top = 20 + number * 24
        assert (sheet[top : top + 4, 4:8] == number).all()
        # The second column begins behind the title of the first.
        assert (sheet[top : top + 4, 8:] == 255).all((0, 2)).sum() == 4


@pytest.mark.parametrize("seed", range(3))
def test_order_does_not_change_a_digit(seed: int) -> None:
    rng = random.Random(seed)
    values = [rng.lognormvariate(0, 8) * rng.choice([-1, 1]) for _ in range(500)]
    whole = summarise(scores(values))
    rng.shuffle(values)
    assert summarise(scores(values)) == whole
    assert whole.mean["psnr"] == pytest.approx(math.fsum(values) / 500, rel=1e-12)
    assert whole.spread["psnr"] == pytest.approx(np.std(np.array(values, dtype=np.longdouble), ddof=1), rel=1e-12)


def test_infinite_and_absent_values_are_told_apart() -> None:
    summary = summarise(scores([1.0, None, 3.0, math.inf]))
    assert (summary.count, summary.known["psnr"], summary.mean["psnr"]) == (4, 3, math.inf)
    assert summary.spread["psnr"] == pytest.approx(math.sqrt(2))
    assert summarise(scores([None])).mean["psnr"] is None
    assert math.isnan(summarise(scores([1.0, math.nan])).mean["psnr"] or 0)
    with pytest.raises(UsageError, match="there is no picture"):
        summarise([])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path: Path) -> None:
    def rows(count: int) -> Iterator[ImageScores]:
        for place in range(count):
            shown = {"restored": np.zeros((64, 64, 3), np.uint8)}
            yield ImageScores(str(place), str(place), {"psnr": 1 / (1 + place)}, badness=math.sin(place), shown=shown)

    peaks = []
    for count in (500, 5000):
        tracemalloc.start()
        write_results(tmp_path / str(count), rows(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
    assert len((tmp_path / "5000" / "per_image.csv").read_text().splitlines()) == 5001


def test_a_table_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[ImageScores]:
        yield from scores([1.0])
        raise UsageError("no more")

    with pytest.raises(UsageError, match="no more"):
        write_results(tmp_path / "out", broken())
    assert list((tmp_path / "out").iterdir()) == []
