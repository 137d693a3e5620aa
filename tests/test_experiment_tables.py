"""Tables of experiments: means, spreads, intervals, marks, and every form in which they are written."""

import csv
import html.parser
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from lfsrkit.errors import UsageError
from lfsrkit.experiments import (
    Column,
    Grid,
    Line,
    Scores,
    csv_text,
    latex_text,
    make_section,
    markdown_text,
    read_published,
    tabulate,
    write_report,
)
from lfsrkit.experiments.costs import Costs
from lfsrkit.experiments.gathering import Facts, Gathered
from lfsrkit.experiments.page import page_text
from lfsrkit.experiments.settling import Rate
from lfsrkit.report.grids import cells, metric_column
from lfsrkit.stages import load_stage
from tests.experiment_cases import scores


def test_means_are_over_pictures_and_spreads_over_seeds() -> None:
    (row,) = tabulate([scores("a", 0, [1.0, 3.0]), scores("a", 1, [2.0, 4.0]), scores("a", 2, [3.0, None])])
    assert (row.name, row.seeds, row.mean["psnr"]) == ("a", 3, pytest.approx(8 / 3))
    assert row.spread["psnr"] == pytest.approx(np.std([2, 3, 3], ddof=1))


GRID = Grid(
    "Scores",
    "row",
    (Column("seeds", "seeds"), metric_column("psnr"), metric_column("lpips"), Column("note", "note & more")),
    (
        Line("first_one", {"psnr": 20.0, "lpips": 0.3, "seeds": "2"}, {"psnr": 0.1, "lpips": 0.01}),
        Line("b|c", {"psnr": 21.0, "lpips": 0.4, "seeds": "2"}, {"psnr": 0.2, "lpips": 0.02}),
        Line("c", {"psnr": 19.0, "lpips": None, "seeds": "1", "note": "95 % {sure}"}),
        Line("oracle", {"psnr": 30.0, "lpips": 0.1}, ranked=False),
        Line("like b", {"psnr": 21.004, "lpips": 0.5}),
    ),
)


def test_the_best_is_bold_and_the_second_underlined() -> None:
    lines = markdown_text(GRID).splitlines()
    assert lines[0] == "| row | seeds | PSNR (dB) ↑ | LPIPS ↓ | note & more |"
    assert lines[2:] == [
        "| first_one | 2 | <u>20.00</u> ± 0.10 | **0.3000** ± 0.0100 | - |",
        "| b&#124;c | 2 | **21.00** ± 0.20 | <u>0.4000</u> ± 0.0200 | - |",
        "| c | 1 | 19.00 | - | 95 % {sure} |",
        "| oracle | - | 30.00 | 0.1000 | - |",
        "| like b | - | **21.00** | 0.5000 | - |",
    ]
    alone = Grid("", "row", GRID.columns, GRID.lines[:1])
    assert [cell.mark for cell in cells(alone)[0]] == [None] * 4


def test_latex_has_the_same_marks_and_is_whole() -> None:
    text = latex_text(GRID)
    assert r"first\_one & 2 & \underline{20.00} $\pm$ 0.10 & \textbf{0.3000} $\pm$ 0.0100 & - \\" in text
    assert r"c & 1 & 19.00 & - & 95 \% \{sure\} \\" in text
    assert r"note \& more" in text
    check_latex(text)


def check_latex(text: str) -> None:
    """Check what LaTeX would: environments and braces close, rows have all cells, specials are escaped, maths ends."""
    body = "\n".join(re.sub(r"(?<!\\)%.*", "", line) for line in text.splitlines())
    assert re.findall(r"\\begin\{(\w+)\}", body) == re.findall(r"\\end\{(\w+)\}", body)
    bare = re.sub(r"\\[{}%&$#_]", "", body)
    depth = np.cumsum([{"{": 1, "}": -1}.get(letter, 0) for letter in bare])
    assert depth.min() >= 0
    assert depth[-1] == 0
    assert bare.count("$") % 2 == 0
    assert "_" not in bare
    assert "#" not in bare
    assert body.isascii()
    for table in re.findall(r"\\begin\{tabular\}\{([lr]+)\}(.*?)\\end\{tabular\}", bare, re.DOTALL):
        rows = [line for line in table[1].splitlines() if line.rstrip().endswith(r"\\")]
        assert {row.count("&") + 1 for row in rows} == {len(table[0])}
        rules = re.findall(r"\\(toprule|midrule|bottomrule)", table[1])
        assert rules == ["toprule", "midrule", "bottomrule"]


@pytest.mark.parametrize("wrong", ["{", r"\begin{tabular}{l}", "a_b", "50 $", "ä"])
def test_the_check_of_latex_sees_faults(wrong: str) -> None:
    with pytest.raises(AssertionError):
        check_latex(latex_text(GRID) + wrong)


def test_csv_keeps_all_digits() -> None:
    lines = list(
        csv.DictReader(io.StringIO(csv_text([{"row": "a", "psnr": 1 / 3, "x": None}, {"row": "b,c", "x": 7}])))
    )
    assert (float(lines[0]["psnr"]), lines[0]["x"]) == (1 / 3, "")
    assert (lines[1]["row"], lines[1]["psnr"], lines[1]["x"]) == ("b,c", "", "7")


def gathered(*, passes: float = 50.0, seeds: int = 3, heavy: bool = False) -> Gathered:
    stream = np.random.default_rng(0)
    base = stream.normal(20, 3, 30)
    found: list[Scores] = [both("bicubic", 0, base - 4)]
    found += [both("edsr_baseline", seed, base - 1 + seed / 100) for seed in range(seeds)]
    found += [both("lfsrnet", seed, base + seed / 100) for seed in range(3)]
    costs = Costs(1_665_283, 1_133_000_000, 7.5, "a processor, 2 threads", {"torch": "2"})
    of_row = Facts(costs, Rate(5e-4, {"0.0005": 20.0}, 10, 30.0), 100, 1600, passes, 600.0, trained=True, heavy=heavy)
    good = Facts(costs, Rate(5e-4, {}), 100, 1600, 50.0, 600.0, trained=True)
    facts = {"bicubic": Facts(costs), "edsr_baseline": of_row, "lfsrnet": good}
    return Gathered(found, facts, {"ctcnet": "seed 2 (failed: no memory)"}, ["no row oracle: jpeg has no inverse"])


def both(row: str, seed: int, psnr: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Scores:
    whole = scores(row, seed, psnr)
    return Scores(row, seed, whole.ids, {**whole.values, "lpips": tuple(float(value) for value in 1 - psnr / 40)})


def section(found: Gathered | None = None, reference: str | None = "lfsrnet"):
    protocol = {"split": "test, n = 30", "degradation": "a(x=1) | b_c"}
    return make_section("celeba_x8", found or gathered(), reference, protocol, published=read_published("table2/set 1"))


def test_a_section_has_scores_costs_and_differences_with_verdicts() -> None:
    found = section()
    assert [row.name for row in found.rows] == ["bicubic", "edsr_baseline", "lfsrnet"]
    verdicts = {(e.row, e.metric): v for e, v in zip(found.comparisons, found.verdicts, strict=True)}
    assert verdicts == dict.fromkeys(
        [("bicubic", "psnr"), ("bicubic", "lpips"), ("edsr_baseline", "psnr"), ("edsr_baseline", "lpips")], "worse"
    )
    text = markdown_text(found.grids[0])
    assert "paper PSNR (dB), protocol unknown" in text
    assert text.splitlines()[4].endswith("| 24.50 | 0.7587 | 0.3195 |")
    assert text.splitlines()[2].endswith("| - | - | - |")
    assert "| lfsrnet | 1.665 | 1.133 | 7.5 | 0.0005 | 100 | 1,600 | 50.0 | 10.0 | 0.0 |" in markdown_text(
        found.grids[1]
    )
    assert "Not finished: ctcnet: seed 2 (failed: no memory)." in found.remarks
    assert "No row oracle: jpeg has no inverse." in found.remarks


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (gathered(passes=4.9), "no claim: undertrained"),
        (gathered(seeds=2), "no claim: fewer than 3 seeds"),
        (gathered(seeds=1, heavy=True), "worse"),
    ],
    ids=["few passes", "few seeds", "heavy"],
)
def test_what_supports_no_claim_gets_none(found: Gathered, verdict: str) -> None:
    made = section(found)
    verdicts = {e.row: v for e, v in zip(made.comparisons, made.verdicts, strict=True) if e.metric == "psnr"}
    assert verdicts["edsr_baseline"] == verdict
    marked = "undertrained" in verdict
    assert ("| edsr_baseline † |" in markdown_text(made.grids[0])) == marked
    assert any("† undertrained" in remark for remark in made.remarks) == marked


def test_only_rows_that_support_a_claim_are_marked() -> None:
    found = gathered(passes=4.9)
    high = [both("edsr_baseline", seed, np.full(30, 30.0)) for seed in range(3)]
    above = Gathered([*found.scores[:1], *high, *found.scores[4:]], found.facts, {}, [])
    (line,) = [line for line in markdown_text(section(above).grids[0]).splitlines() if "edsr_baseline" in line]
    assert line.startswith("| edsr_baseline † | 3 | 30.00")


def test_without_the_row_to_compare_with_there_are_no_differences() -> None:
    for reference in (None, "ctcnet"):
        made = section(reference=reference)
        assert (made.comparisons, len(made.grids)) == ([], 2)
        assert "No differences: the row to compare with is not there." in made.remarks


def test_a_report_is_written_in_every_form(tmp_path: Path) -> None:
    write_report(tmp_path, "Two & one", [section(), section(gathered(passes=1.0))])
    names = {"table.md", "table.csv", "table.tex", "table.html", "report.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    check_latex((tmp_path / "table.tex").read_text())
    lines = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text())))
    assert len(lines) == 6
    assert float(lines[1]["psnr"]) == section().rows[1].mean["psnr"]
    assert (lines[1]["rate"], lines[0]["steps"], lines[1]["trial_minutes"]) == ("0.0005", "", "0.5")
    difference = section().comparisons[0]
    assert difference.row == lines[0]["row"]
    assert float(lines[0][f"{difference.metric}_against_lfsrnet_low"]) == difference.low
    assert [line["undertrained"] for line in lines].count("yes") > 0
    assert lines[0]["split"] == "test, n = 30"
    assert [line["seeds"] for line in lines[:3]] == ["", "3", "3"]
    assert "undertrained: fewer than" in lines[-1]["remarks"]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["celeba_x8"]["protocol"]["degradation"] == "a(x=1) | b_c"
    text = (tmp_path / "table.md").read_text()
    assert "- split: test, n = 30" in text
    assert text.count("### Differences to lfsrnet") == 2


class Tags(html.parser.HTMLParser):
    """Checks that elements close, and notes what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "path", "circle", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "circle"):
            assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing() -> None:
    text = page_text("<Benchmark>", [section()])
    tags = Tags()
    tags.feed(text)
    assert (tags.open, tags.loaded) == ([], [])
    assert "<h1>&lt;Benchmark&gt;</h1>" in text
    assert "url(" not in text
    assert re.search(r"<td class='best'>\d\d\.\d\d", text)
    assert text.count("<circle") == 2  # a point per row that is compared


def test_published_numbers_are_those_of_every_row_of_the_recipe() -> None:
    config = load_stage("benchmark", recipes=["table2"])
    for protocol, name in config.published.items():
        found = read_published(name)
        assert protocol in config.protocols
        assert set(found.values) == set(map(str, config.rows))
        assert found.protocol == "unknown"
    assert read_published("table2/set 2").values["sparnet+dln"] == {"psnr": 21.8259, "ssim": 0.8507, "lpips": 0.2285}
    with pytest.raises(UsageError, match="did you mean 'table2'"):
        read_published("tabel2/set 1")
    with pytest.raises(UsageError, match="no 'set 3'"):
        read_published("table2/set 3")
