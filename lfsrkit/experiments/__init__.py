"""Experiments: the same training for several rows and seeds, judged on the same pictures, and a table of what came out.

Order of use: `make_entries`, `judge_floors`, `run_entries`, `gather`, `make_section`, `write_report`.
"""

from lfsrkit.experiments.ablation import NONE, mask_rows
from lfsrkit.experiments.alignment import alignment_section
from lfsrkit.experiments.entries import Entry, Judges, Search, check_entries, make_entries, reference_of
from lfsrkit.experiments.floors import Floor, judge_floors
from lfsrkit.experiments.gathering import Facts, Gathered, gather
from lfsrkit.experiments.grid import GridProgress, run_entries
from lfsrkit.experiments.planning import RowPlan, plan_rows
from lfsrkit.experiments.protocols import Experiment, facts_of, open_ablation, open_benchmark, open_judges
from lfsrkit.experiments.published import Published, read_published
from lfsrkit.experiments.reporting import write_report
from lfsrkit.experiments.scores import Scores, read_scores
from lfsrkit.experiments.sections import Section, leading, make_section, plain, section_of
from lfsrkit.experiments.settling import read_rate
from lfsrkit.experiments.table import Comparison, TableRow, compare, tabulate
from lfsrkit.report.grids import Column, Grid, Line
from lfsrkit.report.writing import csv_text, latex_text, markdown_text

__all__ = [
    "NONE",
    "Column",
    "Comparison",
    "Entry",
    "Experiment",
    "Facts",
    "Floor",
    "Gathered",
    "Grid",
    "GridProgress",
    "Judges",
    "Line",
    "Published",
    "RowPlan",
    "Scores",
    "Search",
    "Section",
    "TableRow",
    "alignment_section",
    "check_entries",
    "compare",
    "csv_text",
    "facts_of",
    "gather",
    "judge_floors",
    "latex_text",
    "leading",
    "make_entries",
    "make_section",
    "markdown_text",
    "mask_rows",
    "open_ablation",
    "open_benchmark",
    "open_judges",
    "plain",
    "plan_rows",
    "read_published",
    "read_rate",
    "read_scores",
    "reference_of",
    "run_entries",
    "section_of",
    "tabulate",
    "write_report",
]
