"""Table 3 of the paper, face alignment, as a section of a report."""

from collections.abc import Mapping

from lfsrkit.evaluation import FLOOR, Summary
from lfsrkit.experiments.sections import Section
from lfsrkit.experiments.table import TableRow
from lfsrkit.report.grids import Grid, Line, metric_column

_ELSEWHERE = ("gt_mean_psnr", "colour_bias", "clean_faces")
"""Columns that are measured in any case, and belong to other tables or into the text below."""


def alignment_section(name: str, summaries: Mapping[str, Summary], facts: Mapping[str, str]) -> Section:
    """Turn the alignment of some rows into a table.

    Args:
        name: On what it was measured.
        summaries: By name of the row, from `lfsrkit.evaluation.summarise`.
        facts: What stands under the table.
    """
    known = [metric for metric in next(iter(summaries.values())).mean if metric not in _ELSEWHERE]
    rows = [TableRow(row, 1, {metric: found.mean[metric] for metric in known}, {}) for row, found in summaries.items()]
    # The floor shows what the detector's own unrest is; it is no method.
    lines = tuple(Line(row.name, row.mean, ranked=row.name != FLOOR) for row in rows)
    grid = Grid("Face alignment", "row", tuple(map(metric_column, known)), lines)
    notes = dict.fromkeys(note for found in summaries.values() for note in found.notes)
    costs = {row.name: {} for row in rows}
    return Section(name, rows, [], [], costs, dict(facts), list(notes), {}, (grid,))
