"""What has no number: a restored picture without one spoils the score of its row; what is undefined is left out."""

import csv
import io
import math
from pathlib import Path

import pytest
import torch

from lfsrkit.experiments import Scores, compare, make_section, markdown_text, read_scores, tabulate, write_report
from lfsrkit.experiments.gathering import Facts, Gathered
from lfsrkit.metrics.columns import score_column
from lfsrkit.metrics.regional import regional_psnr
from tests.experiment_cases import scores

WHOLE = scores("whole", 0, [19.0, 20.0, 21.0])
SPOILT = scores("spoilt", 0, [23.0, math.nan, 25.0])
PARTLY = scores("partly", 0, [None, 22.0, 24.0])


def section(*found: Scores, reference: str = "whole"):
    facts = {each.row: Facts(trained=True) for each in found}
    return make_section("drawn", Gathered(list(found), facts, {}, []), reference, {"split": "test, n = 3"})


def test_a_picture_without_a_number_makes_the_score_nan_and_one_without_a_value_is_left_out() -> None:
    means = {row.name: row.mean["psnr"] for row in tabulate([WHOLE, SPOILT, PARTLY])}
    assert (means["whole"], means["partly"]) == (20.0, 23.0)
    assert math.isnan(means["spoilt"] or 0)
    (row,) = tabulate([scores("a", 0, [20.0]), scores("a", 1, [math.nan])])  # one seed that diverges is not forgotten
    assert math.isnan(row.mean["psnr"] or 0)
    assert tabulate([scores("a", 0, [None, None])])[0].mean["psnr"] is None


def test_a_file_of_scores_tells_both_apart(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "per_image.csv").write_text("id,source,psnr,nme\n0,a.png,nan,\n1,b.png,20.5,0.25\n")
    found = read_scores(tmp_path, "a", 0).values
    assert math.isnan(found["psnr"][0] or 0)
    assert (found["psnr"][1], found["nme"]) == (20.5, (None, 0.25))


def test_a_difference_to_a_row_without_a_score_is_none() -> None:
    for pair in (("spoilt", "whole"), ("whole", "spoilt")):
        found = compare([WHOLE, SPOILT], *pair, "psnr")
        assert all(map(math.isnan, (found.difference, found.low, found.high)))
    assert compare([WHOLE, PARTLY], "partly", "whole", "psnr").difference == pytest.approx(2.5)


def test_tables_show_what_has_no_number_and_how_many_pictures_a_mean_is_over(tmp_path: Path) -> None:
    made = section(WHOLE, SPOILT, PARTLY)
    verdicts = dict(zip((each.row for each in made.comparisons), made.verdicts, strict=True))
    assert verdicts["spoilt"] == "no claim: no number"
    assert verdicts["partly"] != verdicts["spoilt"]
    lines = markdown_text(made.grids[0]).splitlines()
    assert lines[3] == "| spoilt | 1 | nan |"
    assert "**23.00**" in lines[4]
    assert "| spoilt | PSNR (dB) | - | - | no claim: no number |" in markdown_text(made.grids[2])
    assert "No number for some pictures, so the mean is nan: spoilt (1 of 3)." in made.remarks
    assert "PSNR (dB): mean over 2 of 3 pictures (partly)." in made.remarks
    write_report(tmp_path, "Drawn", [made])
    written = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text())))
    assert [line["psnr"] for line in written] == ["20.0", "nan", "23.0"]
    whole = section(WHOLE, scores("other", 0, [1.0, 2.0, 3.0]))
    assert not any("mean over" in remark or "No number" in remark for remark in whole.remarks)


def test_a_metric_that_some_row_does_not_have_is_not_compared() -> None:
    assert section(WHOLE, scores("none", 0, [None] * 3)).comparisons == []


def test_commands_write_nan_and_absence_apart() -> None:
    assert [score_column("psnr").text(value) for value in (math.nan, None)] == ["nan", "-"]


def test_a_part_of_a_face_is_absent_by_its_map_and_not_because_the_picture_holds_no_number() -> None:
    spoilt, clean = torch.full((1, 3, 32, 32), math.nan), torch.zeros(1, 3, 32, 32)
    found = regional_psnr(spoilt, clean, [None])
    assert all(math.isnan(value or 0) for column in found.values() for value in column)
    nowhere = regional_psnr(spoilt, clean, [torch.zeros(7, 32, 32)])
    assert nowhere["psnr_eyes"] == nowhere["psnr_skin"] == [None]
    assert math.isnan(nowhere["psnr_background"][0] or 0)
