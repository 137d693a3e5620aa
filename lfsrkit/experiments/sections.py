"""One protocol of a report: its tables, what is printed under them, and what may be claimed from them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lfsrkit.experiments.floors import ORACLE, judge_floors
from lfsrkit.experiments.gathering import LEAST_PASSES, LEAST_SEEDS, Facts, Gathered, gather
from lfsrkit.experiments.known import picture_counts
from lfsrkit.experiments.protocols import Experiment
from lfsrkit.experiments.published import Published
from lfsrkit.experiments.table import Comparison, TableRow, compare, tabulate
from lfsrkit.metrics.columns import score_column
from lfsrkit.report.grids import Column, Grid, Line, Value, metric_column, number

LEADING = ("psnr", "ssim", "lpips")
"""Metrics whose differences are tested."""
REGIONAL = ("psnr_eyes", "psnr_mouth")
"""And those of the parts that a mask is meant to help, where they were measured."""

DAGGER = "†"
PAPER = "paper_"

COSTS = (
    Column("parameters", "parameters (M)", lambda count: f"{count / 1e6:.3f}"),
    Column("macs", "MACs (G)", lambda count: f"{count / 1e9:.3f}"),
    Column("milliseconds", "ms a picture", number(1)),
    Column("rate", "learning rate", "{:g}".format),
    Column("steps", "steps", number(0)),
    Column("images_seen", "images seen", number(0)),
    Column("passes", "passes", number(1)),
    Column("minutes", "minutes trained", number(1)),
    Column("trial_minutes", "minutes of trials", number(1)),
)


@dataclass(frozen=True)
class Section:
    """What came out on one protocol."""

    name: str
    rows: list[TableRow]
    comparisons: list[Comparison]
    verdicts: list[str]
    """Of the comparisons."""
    costs: dict[str, dict[str, Value]]
    """By row and key of `COSTS`."""
    protocol: dict[str, str]
    """What is printed under the table."""
    remarks: list[str]
    unfinished: dict[str, str]
    """What is missing, by row."""
    grids: tuple[Grid, ...]


def make_section(
    name: str,
    found: Gathered,
    reference: str | None,
    protocol: Mapping[str, str],
    *,
    published: Published | None = None,
) -> Section:
    """Turn what was found into tables.

    Args:
        name: Of the protocol.
        found: What is finished.
        reference: Row that the others are compared with.
        protocol: What to print under the table.
        published: Numbers to print beside ours.
    """
    rows = tabulate(found.scores)
    metrics = list(rows[0].mean) if rows else []
    known = [m for m in (*LEADING, *REGIONAL) if m in metrics and all(row.mean[m] is not None for row in rows)]
    names = [row.name for row in rows]
    others = [row for row in names if row != reference] if reference in names else []
    comparisons = [compare(found.scores, row, str(reference), metric) for row in others for metric in known]
    verdicts = [_verdict(each, found.facts, rows) for each in comparisons]
    costs = {row: dict(_costs(found.facts[row])) for row in names}
    grids = [_scores_grid(rows, metrics, found.facts, published), _costs_grid(rows, found.facts, costs)]
    if comparisons:
        grids.append(_differences_grid(str(reference), comparisons, verdicts))
    said = list(_remarks(found, reference, names, published))
    return Section(name, rows, comparisons, verdicts, costs, dict(protocol), said, found.unfinished, tuple(grids))


def _scores_grid(
    rows: Sequence[TableRow], metrics: Sequence[str], facts: Mapping[str, Facts], published: Published | None
) -> Grid:
    columns = [Column("seeds", "seeds"), *map(metric_column, metrics)]
    beside = [m for m in LEADING if published is not None]
    columns += [
        Column(PAPER + m, f"paper {metric_column(m).head}, protocol unknown", metric_column(m).write) for m in beside
    ]
    theirs = published.values if published is not None else {}
    lines = [
        Line(
            _shown(row.name, facts[row.name]),
            {
                **row.mean,
                "seeds": str(row.seeds) if facts[row.name].trained else None,
                **{PAPER + m: theirs.get(row.name, {}).get(m) for m in beside},
            },
            row.spread,
            ranked=facts[row.name].trained and not facts[row.name].undertrained,
        )
        for row in rows
    ]
    return Grid("Scores", "row", tuple(columns), tuple(lines))


def _costs_grid(rows: Sequence[TableRow], facts: Mapping[str, Facts], costs: Mapping[str, Mapping[str, Value]]) -> Grid:
    lines = [Line(_shown(row.name, facts[row.name]), costs[row.name]) for row in rows if row.name != ORACLE]
    return Grid("What it costs", "row", COSTS, tuple(lines))


def _differences_grid(reference: str, comparisons: Sequence[Comparison], verdicts: Sequence[str]) -> Grid:
    columns = (
        Column("metric", "metric"),
        Column("difference", f"difference to {reference}", "{:+.4f}".format),
        Column("interval", "95 % interval"),
        Column("verdict", f"against {reference}"),
    )
    lines = [
        Line(
            each.row,
            {
                "metric": metric_column(each.metric).head,
                "difference": None if math.isnan(each.difference) else each.difference,
                "interval": None if math.isnan(each.low) else f"{each.low:+.4f} to {each.high:+.4f}",
                "verdict": verdict,
            },
        )
        for each, verdict in zip(comparisons, verdicts, strict=True)
    ]
    return Grid(f"Differences to {reference}", "row", columns, tuple(lines))


def _verdict(each: Comparison, facts: Mapping[str, Facts], rows: Sequence[TableRow]) -> str:
    pair = (each.row, each.reference)
    if each.row == ORACLE:
        return "no method"
    if any(facts[name].undertrained for name in pair):
        return "no claim: undertrained"
    if math.isnan(each.difference):
        return "no claim: no number"
    seeds = {row.name: row.seeds for row in rows}
    few = [name for name in pair if facts[name].trained and not facts[name].heavy and seeds[name] < LEAST_SEEDS]
    if few:
        return f"no claim: fewer than {LEAST_SEEDS} seeds"
    if not each.beyond_two_errors:
        return "not told apart"
    return "better" if (each.difference > 0) == (score_column(each.metric).better == "higher") else "worse"


def _costs(facts: Facts) -> Iterator[tuple[str, Value]]:
    costs, rate = facts.costs, facts.rate
    yield "parameters", None if costs is None else costs.parameters
    yield "macs", None if costs is None else costs.macs
    yield "milliseconds", None if costs is None else costs.milliseconds
    yield "rate", None if rate is None else rate.lr
    yield "steps", facts.steps
    yield "images_seen", facts.images_seen
    yield "passes", facts.passes
    yield "minutes", None if facts.seconds is None else facts.seconds / 60
    yield "trial_minutes", None if rate is None else rate.seconds / 60


def _remarks(
    found: Gathered, reference: str | None, names: Sequence[str], published: Published | None
) -> Iterator[str]:
    if found.unfinished:
        yield "Not finished: " + "; ".join(f"{row}: {what}" for row, what in found.unfinished.items()) + "."
    yield from picture_counts(found.scores)
    if any(facts.undertrained for facts in found.facts.values()):
        yield f"{DAGGER} undertrained: fewer than {LEAST_PASSES} passes over the training pictures, so no claim."
    if reference not in names:
        yield "No differences: the row to compare with is not there."
    if published is not None:
        yield f"Paper: {published.about}. Protocol {published.protocol}: its numbers are for order, not for value."
    yield from (f"{note[:1].upper()}{note[1:]}." for note in found.notes)


def _shown(name: str, facts: Facts) -> str:
    return f"{name} {DAGGER}" if facts.undertrained else name


def section_of(experiment: Experiment, *, device: str = "auto") -> Section:
    """Turn what is finished of an experiment into tables; the rows without training are judged if they were not.

    Args:
        experiment: Rows on a protocol.
        device: Where to judge these.
    """
    floors = list(judge_floors(experiment.out, experiment.data, device=device))
    found = gather(experiment.entries, experiment.seeds, experiment.data, floors)
    costs = [facts.costs for facts in found.facts.values() if facts.costs is not None]
    versions = dict.fromkeys(", ".join(f"{name} {number}" for name, number in each.versions.items()) for each in costs)
    made = {"device": "; ".join(dict.fromkeys(each.device for each in costs)), "versions": "; ".join(versions)}
    protocol = {**experiment.facts, **made}
    return make_section(experiment.name, found, experiment.reference, protocol, published=experiment.published)


def leading(section: Section) -> list[Grid]:
    """Give what a terminal has room for: the leading metrics, the paper's numbers and the differences.

    Args:
        section: From `make_section`.
    """
    scores, *others = section.grids
    shown = {"seeds", *LEADING, *(PAPER + metric for metric in LEADING)}
    columns = tuple(column for column in scores.columns if column.key in shown)
    return [replace(scores, columns=columns), *(grid for grid in others if grid.columns != COSTS)]


def plain(section: Section) -> dict[str, Any]:
    """Give a section as plain values, all digits kept.

    Args:
        section: From `make_section`.
    """
    compared = zip(section.comparisons, section.verdicts, strict=True)
    return {
        "rows": [
            {**vars(row), "costs": section.costs[row.name], "paper": dict(_paper(line))}
            for row, line in zip(section.rows, section.grids[0].lines, strict=True)
        ],
        "comparisons": [{**vars(each), "verdict": verdict} for each, verdict in compared],
        "protocol": section.protocol,
        "remarks": section.remarks,
        "unfinished": section.unfinished,
    }


def _paper(line: Line) -> Iterator[tuple[str, Value]]:
    return ((key.removeprefix(PAPER), value) for key, value in line.values.items() if key.startswith(PAPER))
