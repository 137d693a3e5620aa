"""The files that an experiment leaves: its tables as Markdown, CSV, LaTeX, a page and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lfsrkit.experiments.page import page_text
from lfsrkit.experiments.sections import DAGGER, PAPER, Section, plain
from lfsrkit.experiments.table import Comparison, TableRow
from lfsrkit.files import write_json, write_whole
from lfsrkit.report.grids import Line, Value
from lfsrkit.report.writing import csv_text, latex_escaped, latex_text, markdown_text


def write_report(out: str | Path, title: str, sections: Sequence[Section]) -> None:
    """Write ``table.md``, ``table.csv``, ``table.tex``, ``table.html`` and ``report.json``.

    Args:
        out: Folder of the experiment.
        title: What it was.
        sections: One per protocol.
    """
    out = Path(out)
    write_whole(out / "table.md", "\n".join([f"# {title}", "", *map(_markdown, sections)]).encode())
    write_whole(out / "table.csv", csv_text([line for each in sections for line in _csv_lines(each)]).encode())
    write_whole(out / "table.tex", "\n".join(["% \\usepackage{booktabs}", *map(_latex, sections)]).encode())
    write_whole(out / "table.html", page_text(title, sections).encode())
    write_json(out / "report.json", {each.name: plain(each) for each in sections})


def _markdown(section: Section) -> str:
    tables = [text for grid in section.grids for text in (f"### {grid.title}", "", markdown_text(grid))]
    under = [f"- {name}: {value}" for name, value in section.protocol.items()]
    return "\n".join([f"## {section.name}", "", *tables, *section.remarks, "", *under, ""])


def _latex(section: Section) -> str:
    tables = [text for grid in section.grids for text in (f"% {section.name}: {grid.title}", latex_text(grid))]
    facts = "; ".join(f"{name}: {value}" for name, value in section.protocol.items())
    under = [f"{{\\footnotesize {latex_escaped(line)}\\par}}" for line in [facts, *section.remarks]]
    return "\n".join([*tables, *under, ""])


def _csv_lines(section: Section) -> Iterator[Mapping[str, Value]]:
    under = {name.replace(" ", "_"): value for name, value in section.protocol.items()}
    remarks = {"remarks": " ".join(section.remarks)}
    for row, line in zip(section.rows, section.grids[0].lines, strict=True):
        values = {name: value for key in row.mean for name, value in _with_spread(key, row)}
        seeds = dict(_training(line))
        paper = {key: value for key, value in line.values.items() if key.startswith(PAPER)}
        compared = {name: value for each in section.comparisons if each.row == row.name for name, value in _gap(each)}
        name = {"protocol": section.name, "row": row.name}
        yield {**name, **seeds, **values, **compared, **paper, **section.costs[row.name], **under, **remarks}


def _training(line: Line) -> Iterator[tuple[str, Value]]:
    """What the scores say of trainings; a table of pictures that others have made says nothing."""
    if "seeds" in line.values:
        yield "seeds", line.values["seeds"]
        yield "undertrained", "yes" if DAGGER in line.name else "no"


def _gap(each: Comparison) -> Iterator[tuple[str, float]]:
    key = f"{each.metric}_against_{each.reference}"
    yield from ((key, each.difference), (f"{key}_low", each.low), (f"{key}_high", each.high))


def _with_spread(key: str, row: TableRow) -> Iterator[tuple[str, float | None]]:
    yield key, row.mean[key]
    if key in row.spread:
        yield f"{key}_spread", row.spread[key]
