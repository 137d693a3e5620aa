"""The tables of an experiment as one self-contained page; it loads nothing from anywhere."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from lfsrkit.experiments.sections import Section
from lfsrkit.report import stylesheet
from lfsrkit.report.intervals import Interval, interval_chart
from lfsrkit.report.writing import html_text


def page_text(title: str, sections: Sequence[Section]) -> str:
    """Write the page.

    Args:
        title: What the experiment was.
        sections: One per protocol.
    """
    page = Template((files("lfsrkit.experiments") / "page.html").read_text(encoding="utf-8"))
    spreads = "Mean ± spread over seeds. " if any(row.spread for each in sections for row in each.rows) else ""
    shown = "\n".join(map(_section, sections))
    return page.substitute(title=escape(title), style=stylesheet(), spreads=spreads, sections=shown)


def _section(section: Section) -> str:
    tables = [f"<h3>{escape(grid.title)}</h3>{html_text(grid)}" for grid in section.grids]
    remarks = [f"<p>{escape(remark)}</p>" for remark in section.remarks]
    facts = [
        f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in section.protocol.items()
    ]
    return "\n".join([f"<h2>{escape(section.name)}</h2>", *tables, _chart(section), *remarks, "<dl>", *facts, "</dl>"])


def _chart(section: Section) -> str:
    psnr = [each for each in section.comparisons if each.metric == "psnr"]
    if not psnr:
        return ""
    title = f"PSNR against {psnr[0].reference} (dB), 95 % interval"
    return f"<figure>{interval_chart(title, [Interval(e.row, e.difference, e.low, e.high) for e in psnr])}</figure>"
