"""What ``benchmark`` and ``ablate`` share: the plan, the runs with their progress, and the tables at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfsrkit_cli.command import FAILED
from lfsrkit_cli.output import complain, print_facts, print_grid, print_json, print_table, remark, say
from lfsrkit_cli.progress import Step, reporter
from lfsrkit_cli.signals import Stop, stoppable

if TYPE_CHECKING:
    from lfsrkit.experiments import Experiment, GridProgress, RowPlan, Section

Seeds = Annotated[
    str | None, typer.Option(metavar="LIST", show_default=False, help="Seeds, with commas; by default 0,1,2.")
]
JudgedOn = Annotated[
    Literal["validation", "test"],
    typer.Option("--split", metavar="NAME", help="What rows are judged by: validation to search, test to report."),
]
TablesOnly = Annotated[bool, typer.Option("--tables-only", help="Train nothing; write the tables of what is finished.")]
Force = Annotated[
    bool, typer.Option("--force", help="Judge by pictures although they were trained on; the table then says so.")
]


def run_experiments(
    experiments: "list[Experiment]", title: str, out: Path, *, device: str, tables_only: bool, json: bool
) -> None:
    """Train and judge what is not finished, write the tables, and print them.

    Args:
        experiments: One per protocol.
        title: Of the tables.
        out: Folder of the tables.
        device: Where to compute.
        tables_only: Train nothing.
        json: Print the result as JSON.

    Raises:
        UsageError: If there is no such device, or a row cannot be trained on these pictures.
    """
    from lfsrkit.devices import choose_device
    from lfsrkit.experiments import write_report

    choose_device(device)
    with stoppable() as stop:
        if not tables_only:
            _train(experiments, title, out, device, stop)
        sections = [_section(experiment, device) for experiment in experiments]
        write_report(out, title, sections)
    _tell(sections, out, json)
    if stop():
        remark("stopped and saved; run the same command again to go on")
        raise typer.Exit(stop.exit_code)
    failed = [line for section in sections for line in _failures(section)]
    if failed and not tables_only:
        complain("some rows failed", *failed)
        raise typer.Exit(FAILED)


def tell_plan(experiments: "list[Experiment]", *, device: str, json: bool) -> None:
    """Print what would be done and how long it takes; time a few steps where nothing else tells.

    Args:
        experiments: One per protocol.
        device: Where it would be computed.
        json: Print it as JSON.
    """
    from lfsrkit.experiments import plan_rows

    plans = {experiment.name: list(plan_rows(experiment, device=device)) for experiment in experiments}
    if json:
        print_json(plans)
        return
    heads = ("row", "parameters", "MACs (G)", "steps", "rates", "finished", "minutes left")
    for name, rows in plans.items():
        print_table(heads, [_planned(plan) for plan in rows], numbers=True, title=name)
        say("")
    hours = sum(plan.minutes_left for rows in plans.values() for plan in rows) / 60
    say(f"about {hours:.1f} hours of training are left, trials of rates included, validation and judging not")
    say("dry run: nothing is trained, nothing is written")


def numbers(option: str, text: str) -> list[int | float]:
    """Read numbers with commas.

    Args:
        option: For the message.
        text: Such as ``0,1,2``.

    Raises:
        UsageError: If they are no numbers.
    """
    from lfsrkit.errors import UsageError

    try:
        return [float(part) if "." in part or "e" in part.lower() else int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"{option} {text}: write numbers with commas, such as 0,1,2") from None


def _train(experiments: "list[Experiment]", title: str, out: Path, device: str, stop: Stop) -> None:
    from lfsrkit.experiments import check_entries, judge_floors, run_entries, write_report

    for each in experiments:
        check_entries(each.unfinished(), each.data)
    for each in experiments:
        list(judge_floors(each.out, each.data, device=device))
    with reporter("rows") as show:
        for each in experiments:
            for progress in run_entries(each.entries, each.seeds, each.data, device=device, stop=stop):
                show(_step(each, progress))
                if progress.doing == "judged":
                    write_report(out, title, [_section(one, device) for one in experiments])
                if progress.doing == "failed":
                    remark(f"{each.name}: {progress.entry.name} seed {progress.seed} failed: {progress.reason}")
            if stop():
                return


def _section(experiment: "Experiment", device: str) -> "Section":
    from lfsrkit.experiments import section_of

    return section_of(experiment, device=device)


def _step(experiment: "Experiment", progress: "GridProgress") -> Step:
    record = progress.record
    inside = "" if record is None else f", step {record.step} of {record.steps}, loss {record.loss:.4f}"
    note = f"{experiment.name} {progress.entry.name} seed {progress.seed}: {progress.doing}{inside}"
    return Step(progress.number, progress.total, "runs", note=note)


def _planned(plan: "RowPlan") -> tuple[str, ...]:
    steps = "by timing" if plan.steps is None else f"{plan.steps:,}"
    rates = ", ".join(f"{rate:g}" for rate in plan.rates)
    cost = (f"{plan.parameters:,}", f"{plan.macs / 1e9:.3f}")
    return (plan.row, *cost, steps, rates, f"{plan.finished} of {plan.runs}", f"{plan.minutes_left:.1f}")


def _failures(section: "Section") -> list[str]:
    return [f"{section.name}: {row}: {what}" for row, what in section.unfinished.items() if "failed" in what]


def _tell(sections: "Sequence[Section]", out: Path, json: bool) -> None:
    from lfsrkit.experiments import leading, plain

    if json:
        facts: dict[str, Any] = {section.name: plain(section) for section in sections}
        print_json({"protocols": facts, "out": out})
        return
    for section in sections:
        for grid in leading(section):
            print_grid(grid, title=f"{section.name}: {grid.title}")
            say("")
        if section.remarks:
            say(*section.remarks, "")
        print_facts(section.protocol)
        say("")
    print_facts({"tables": out})
