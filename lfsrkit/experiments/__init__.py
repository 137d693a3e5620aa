"""Experiments: the same training for several rows and seeds, judged on the same pictures, and a table of what came out.

Order of use: `make_trials`, `run_trials`, `read_scores`, then `tabulate` and `compare`.
"""

from lfsrkit.experiments.ablation import mask_rows
from lfsrkit.experiments.grid import GridProgress, Judges, Trial, make_trials, run_trials
from lfsrkit.experiments.reporting import Report, report
from lfsrkit.experiments.scores import Scores, read_scores
from lfsrkit.experiments.table import Comparison, TableRow, compare, tabulate
from lfsrkit.experiments.writing import csv_text, latex_text, markdown_text

__all__ = [
    "Comparison",
    "GridProgress",
    "Judges",
    "Report",
    "Scores",
    "TableRow",
    "Trial",
    "compare",
    "csv_text",
    "latex_text",
    "make_trials",
    "markdown_text",
    "mask_rows",
    "read_scores",
    "report",
    "run_trials",
    "tabulate",
]
