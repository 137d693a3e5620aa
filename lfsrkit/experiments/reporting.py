"""The files that an experiment leaves: the table in three forms, and how sure each difference is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfsrkit.experiments.scores import Scores
from lfsrkit.experiments.table import Comparison, TableRow, compare, tabulate
from lfsrkit.experiments.writing import csv_text, latex_text, markdown_text
from lfsrkit.files import write_json, write_whole

LEADING = ("psnr", "ssim", "lpips")
"""Metrics whose differences are tested."""

REGIONAL = ("psnr_eyes", "psnr_mouth")
"""And those of the parts that a mask is meant to help, where they were measured."""


@dataclass(frozen=True)
class Report:
    """What came out."""

    rows: list[TableRow]
    comparisons: list[Comparison]


def report(scores: Sequence[Scores], reference: str, out: Path, protocol: Mapping[str, Any]) -> Report:
    """Write ``table.md``, ``table.csv``, ``table.tex`` and ``report.json``.

    Args:
        scores: Of all trials.
        reference: Row that the others are compared with.
        out: Folder.
        protocol: What to print under the table.
    """
    rows = tabulate(scores)
    metrics = list(rows[0].mean)
    others = [row.name for row in rows if row.name != reference]
    known = [m for m in (*LEADING, *REGIONAL) if m in metrics and not any(math.isnan(row.mean[m]) for row in rows)]
    found = Report(rows, [compare(scores, row, reference, metric) for row in others for metric in known])
    write_whole(out / "table.md", _markdown(found, metrics, reference, protocol).encode())
    write_whole(out / "table.csv", csv_text(rows, metrics).encode())
    write_whole(out / "table.tex", latex_text(rows, metrics).encode())
    write_json(
        out / "report.json",
        {
            "rows": [vars(row) for row in rows],
            "comparisons": [vars(each) for each in found.comparisons],
            "protocol": dict(protocol),
        },
    )
    return found


def _markdown(found: Report, metrics: Sequence[str], reference: str, protocol: Mapping[str, Any]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in protocol.items())
    lines = [
        f"| {each.row} | {each.metric} | {each.difference:+.4f} | {each.low:+.4f} to {each.high:+.4f} |"
        for each in found.comparisons
    ]
    head = [f"| row | metric | difference to {reference} | 95 % interval |", "|---|---|---|---|"]
    return (
        "\n".join([markdown_text(found.rows, metrics), f"Mean ± spread over seeds; {facts}.", "", *head, *lines]) + "\n"
    )
