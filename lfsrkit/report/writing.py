"""Tables as text: Markdown, LaTeX and HTML, the best of a column in bold, the second underlined; and plain CSV."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from html import escape

from lfsrkit.report.grids import Cell, Grid, Value, cells

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "†": r"$\dagger$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
}


def markdown_text(grid: Grid) -> str:
    """Write a table for a README.

    Args:
        grid: The table.
    """
    heads = [grid.first, *(column.pointed for column in grid.columns)]
    lines = [[line.name, *map(_markdown_cell, written)] for line, written in zip(grid.lines, cells(grid), strict=True)]
    rule = "|" + "---|" * len(heads)
    return "\n".join([_barred(heads), rule, *map(_barred, lines)]) + "\n"


def latex_text(grid: Grid) -> str:
    r"""Write a table for a paper, in the manner of booktabs; the paper needs ``\usepackage{booktabs}``.

    Args:
        grid: The table.
    """
    heads = [latex_escaped(text) for text in (grid.first, *(column.pointed for column in grid.columns))]
    lines = [
        [latex_escaped(line.name), *map(_latex_cell, written)]
        for line, written in zip(grid.lines, cells(grid), strict=True)
    ]
    body = [" & ".join(line) + r" \\" for line in lines]
    top = [rf"\begin{{tabular}}{{l{'r' * len(grid.columns)}}}", r"\toprule", " & ".join(heads) + r" \\", r"\midrule"]
    return "\n".join([*top, *body, r"\bottomrule", r"\end{tabular}"]) + "\n"


def html_text(grid: Grid) -> str:
    """Write a table for a page.

    Args:
        grid: The table.
    """
    heads = [grid.first, *(column.pointed for column in grid.columns)]
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><td>{escape(line.name)}</td>{''.join(map(_html_cell, written))}</tr>\n"
        for line, written in zip(grid.lines, cells(grid), strict=True)
    )
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>"


def csv_text(lines: Sequence[Mapping[str, Value | bool]]) -> str:
    """Write all digits, a line per row; what there is no value of is left empty.

    Args:
        lines: Values by column; the first line has all columns.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = list(dict.fromkeys(key for line in lines for key in line))
    writer.writerow(heads)
    writer.writerows([_plain(line.get(key)) for key in heads] for line in lines)
    return text.getvalue()


def latex_escaped(text: str) -> str:
    r"""Write text so that LaTeX prints it as it is.

    Args:
        text: Any text.

    Example:
        >>> print(latex_escaped("edsr_baseline, 95 %"))
        edsr\_baseline, 95 \%
    """
    return re.sub("|".join(map(re.escape, _LATEX)), lambda match: _LATEX[match.group()], text)


def _barred(parts: Sequence[str]) -> str:
    return f"| {' | '.join(part.replace('|', '&#124;') for part in parts)} |"


def _markdown_cell(cell: Cell) -> str:
    marked = {"best": f"**{cell.text}**", "second": f"<u>{cell.text}</u>", None: cell.text}[cell.mark]
    return f"{marked} ± {cell.spread}" if cell.spread else marked


def _latex_cell(cell: Cell) -> str:
    text = latex_escaped(cell.text)
    marked = {"best": rf"\textbf{{{text}}}", "second": rf"\underline{{{text}}}", None: text}[cell.mark]
    return rf"{marked} $\pm$ {latex_escaped(cell.spread)}" if cell.spread else marked


def _html_cell(cell: Cell) -> str:
    mark = f" class='{cell.mark}'" if cell.mark else ""
    spread = f" <span class='quiet'>± {escape(cell.spread)}</span>" if cell.spread else ""
    return f"<td{mark}>{escape(cell.text)}{spread}</td>"


def _plain(value: Value | bool) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
