"""Tables as text: Markdown, CSV and LaTeX; the best of a column is bold, the second underlined."""

import csv
import io
import math
from collections.abc import Callable, Sequence

from lfsrkit.experiments.table import TableRow
from lfsrkit.registries import METRICS

DIGITS = {"psnr": 2, "ssim": 4, "lpips": 4, "gt_mean_psnr": 2, "colour_bias": 2}
"""Digits after the point by the beginning of a metric's name."""

LOWER_IS_BETTER = ("lpips", "colour_bias")


def markdown_text(rows: Sequence[TableRow], metrics: Sequence[str]) -> str:
    """Write a table for a README.

    Args:
        rows: From `tabulate`.
        metrics: Columns, in order.
    """
    cells = _cells(rows, metrics, " ± {}", lambda text: f"**{text}**", lambda text: f"<u>{text}</u>")
    head = [f"| row | seeds | {' | '.join(metrics)} |", f"|---|---|{'---|' * len(metrics)}"]
    lines = [f"| {row.name} | {row.seeds} | {' | '.join(line)} |" for row, line in zip(rows, cells, strict=True)]
    return "\n".join([*head, *lines]) + "\n"


def latex_text(rows: Sequence[TableRow], metrics: Sequence[str]) -> str:
    """Write a table for a paper, in the manner of booktabs.

    Args:
        rows: From `tabulate`.
        metrics: Columns, in order.
    """
    cells = _cells(
        rows, metrics, r" $\pm$ {}", lambda text: rf"\textbf{{{text}}}", lambda text: rf"\underline{{{text}}}"
    )
    head = [rf"\begin{{tabular}}{{l{'r' * len(metrics)}}}", r"\toprule"]
    names = " & ".join(["row", *(_escaped(metric) for metric in metrics)])
    lines = [" & ".join([_escaped(row.name), *line]) + r" \\" for row, line in zip(rows, cells, strict=True)]
    return "\n".join([*head, rf"{names} \\", r"\midrule", *lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def csv_text(rows: Sequence[TableRow], metrics: Sequence[str]) -> str:
    """Write all digits, mean and spread in columns of their own.

    Args:
        rows: From `tabulate`.
        metrics: Columns, in order.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "seeds", *(f"{metric}{part}" for metric in metrics for part in ("", "_spread"))])
    for row in rows:
        numbers = [value[metric] for metric in metrics for value in (row.mean, row.spread)]
        writer.writerow([row.name, row.seeds, *("" if math.isnan(number) else repr(number) for number in numbers)])
    return text.getvalue()


def higher_is_better(metric: str) -> bool:
    """Tell the better end of a column; PSNR of a region counts like PSNR.

    Args:
        metric: Name of the column.
    """
    return METRICS[metric].higher_is_better if metric in METRICS else metric not in LOWER_IS_BETTER


def _cells(
    rows: Sequence[TableRow],
    metrics: Sequence[str],
    spread: str,
    best: Callable[[str], str],
    second: Callable[[str], str],
) -> list[list[str]]:
    columns = [_column(rows, metric, spread, best, second) for metric in metrics]
    return [list(line) for line in zip(*columns, strict=True)]


def _column(
    rows: Sequence[TableRow], metric: str, spread: str, best: Callable[[str], str], second: Callable[[str], str]
) -> list[str]:
    digits = next((number for start, number in DIGITS.items() if metric.startswith(start)), 4)
    texts = [f"{row.mean[metric]:.{digits}f}" for row in rows]
    known = sorted(
        {float(text) for text, row in zip(texts, rows, strict=True) if not math.isnan(row.mean[metric])},
        reverse=higher_is_better(metric),
    )
    marks = dict(zip(known, (best, second), strict=False)) if len(rows) > 1 else {}
    return [_cell(text, row.spread[metric], digits, spread, marks) for text, row in zip(texts, rows, strict=True)]


def _cell(text: str, deviation: float, digits: int, spread: str, marks: dict[float, Callable[[str], str]]) -> str:
    if text == "nan":
        return "unavailable"
    marked = marks[float(text)](text) if float(text) in marks else text
    return marked + ("" if math.isnan(deviation) else spread.format(f"{deviation:.{digits}f}"))


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("%", r"\%")
