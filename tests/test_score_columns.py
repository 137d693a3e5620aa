"""How scores are written: the same head, digits and better end in every table, page and command."""

import pytest

from lfsrkit.metrics.columns import ABSENT, score_column
from lfsrkit.registries import METRICS
from lfsrkit.report.grids import Grid, Line, cells, metric_column
from lfsrkit.report.writing import html_text, markdown_text
from lfsrkit_cli.output import score

BESIDE = {"gt_mean_psnr": "higher", "colour_bias": "lower", "psnr_eyes": "higher"}
ALIGNMENT = {"nme": "lower", "auc_0.08": "higher", "landmark_failures": "lower", "face_score": "higher"}
NO_END = ("mean_luma", "clean_faces")
"""A picture may be too dark and too bright; and the clean pictures are nobody's work."""


@pytest.mark.parametrize("metric", [*METRICS.names(), *BESIDE, *ALIGNMENT, *NO_END])
def test_the_better_end_is_that_of_the_metric(metric: str) -> None:
    registered = {name: "higher" if METRICS[name].higher_is_better else "lower" for name in METRICS.names()}
    ends = registered | BESIDE | ALIGNMENT | dict.fromkeys(NO_END)
    assert score_column(metric).better == ends[metric]


@pytest.mark.parametrize("metric", [*METRICS.names(), *BESIDE, *ALIGNMENT])
def test_tables_pages_and_commands_write_a_score_alike(metric: str) -> None:
    values = [12.3456789, 0.98765, None]
    lines = tuple(Line(str(value), {metric: value}) for value in values)
    grid = Grid("Scores", "row", (metric_column(metric),), lines)
    texts = [score(metric, value) for value in values]
    assert [cell.text for (cell,) in cells(grid)] == texts
    assert texts[2] == ABSENT
    assert all(text in html_text(grid) and text in markdown_text(grid) for text in texts)
    heads = {markdown_text(grid).splitlines()[0].split(" | ")[1].removesuffix(" |")}
    assert heads == {metric_column(metric).pointed}
    assert f"<th>{metric_column(metric).pointed}</th>" in html_text(grid)
    best = {"higher": texts[0], "lower": texts[1], None: None}[score_column(metric).better]
    assert [cell.text for (cell,) in cells(grid) if cell.mark == "best"] == ([best] if best else [])


def test_colours_are_off_by_hundredths_of_a_level() -> None:
    assert [score_column(name).digits for name in ("colour_bias", "psnr", "psnr_mouth", "ssim")] == [2, 2, 2, 4]
