"""``align``: whether landmarks are found where they are on the clean picture, for models or folders."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfsrkit_cli.options import AllowCode, Device, DryRun, Json, Overrides, Pairs, Recipes, given
from lfsrkit_cli.output import print_facts, print_json, print_table, remark, say, score
from lfsrkit_cli.progress import counted
from lfsrkit_cli.rows import ForceSeen, Models, RestoredFolders, check_rows, check_seen, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lfsrkit.evaluation import Summary
    from lfsrkit.evaluation.alignment_rows import AlignmentRow
    from lfsrkit.stages import EvaluateConfig


def align(
    *,
    models: Models = None,
    pairs: Pairs = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="train, validation or test; by default test.")
    ] = None,
    restored: RestoredFolders,
    clean: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default=False, help="Their originals, under the same names.")
    ] = None,
    metric: Annotated[
        list[str],
        typer.Option(
            "--metric",
            metavar="CALL",
            default_factory=list,
            show_default=False,
            help="One more column, such as identity(network='learned:my:net'). Repeatable.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", show_default=False, help="Folder for tables, and scores per picture."
        ),
    ] = None,
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    allow_code: AllowCode = False,
    force: ForceSeen = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Measure the face alignment of models or folders.

    Table 3 of the paper: landmarks on restored pictures against those on the clean ones. Rows of the clean pictures
    re-encoded, and of bicubic, are added.

    Example: lfsrkit align runs/first lsr=runs/lsr --pairs pairs/celeba --out alignment
    """
    from lfsrkit import training
    from lfsrkit.errors import UsageError
    from lfsrkit.evaluation import detector_facts
    from lfsrkit.stages import load_stage

    check_rows(models or [], pairs, restored, clean)
    if split is not None and pairs is None:
        raise UsageError("--split goes with --pairs; folders are measured whole")
    if any(text.partition("=")[0].strip() == "metrics" for text in overrides):
        raise UsageError("-s metrics=...: this table has columns of its own; add others with --metric")
    values = given(split=split) | {"metrics": metric}
    config = load_stage("evaluate", recipes=recipes, overrides=overrides, values=values)
    facts = detector_facts(config)
    if dry_run:
        _tell_plan(facts, json)
        return
    if pairs is not None:
        rows, total, protocol = _of_models(
            named(models or []), pairs, config, device=device, allow_code=allow_code, force=force
        )
    else:
        rows, total, protocol = _of_folders(restored, Path(clean or ""), config)
    summaries = _measured(rows, total, out, config.batch_size * training.count_processes())
    training.leave_processes()
    if training.is_first_process():
        _finish((pairs or clean or Path()).name, summaries, {**protocol, **facts}, out, json)


def _tell_plan(facts: dict[str, str], json: bool) -> None:
    if json:
        print_json(facts)
        return
    print_facts(facts)
    say("", "dry run: nothing is measured, nothing is written")


def _of_models(
    models: dict[str, str], folder: Path, config: "EvaluateConfig", *, device: str, allow_code: bool, force: bool
) -> "tuple[Iterator[AlignmentRow], int | None, dict[str, str]]":
    from lfsrkit import pairs as stored
    from lfsrkit.evaluation import align_models

    data = stored.open(folder, config.split, allow_code=allow_code)
    seen = check_seen(models, data, force=force)
    rows = align_models(models, data, config, device=device, allow_code=allow_code)
    facts = {"split": config.split, "scale": str(data.scale), "chain": data.settings["degrade"], "data": data.sha256}
    facts |= given(**{"seen in training": "; ".join(f"{name}: {text}" for name, text in seen.items()) or None})
    return rows, len(data), facts


def _of_folders(
    restored: list[Path], clean: Path, config: "EvaluateConfig"
) -> "tuple[Iterator[AlignmentRow], int | None, dict[str, str]]":
    from lfsrkit.evaluation import align_folders

    return align_folders(restored, clean, config), None, {"clean": str(clean)}


def _measured(
    rows: "Iterator[AlignmentRow]", total: int | None, out: Path | None, together: int
) -> "dict[str, Summary]":
    from lfsrkit.evaluation import summarise, write_results
    from lfsrkit.training import is_first_process

    found: dict[str, Summary] = {}
    for number, (name, scores) in enumerate(rows):
        shown = counted(name, scores, total, together=together) if is_first_process() else scores
        found[name] = summarise(shown) if out is None else write_results(out / f"{number:02d}", shown)
    return found


def _finish(name: str, summaries: "dict[str, Summary]", facts: dict[str, str], out: Path | None, json: bool) -> None:
    from lfsrkit.experiments import alignment_section, write_report

    first = next(iter(summaries.values()))
    used = round((first.mean["clean_faces"] or 0) * first.count)
    facts = {"n": f"{first.count}, of which {used} with a face found on the clean picture", **facts}
    section = alignment_section(name, summaries, facts)
    if out is not None:
        write_report(out, "Table 3: face alignment", [section])
    if json:
        print_json({"rows": {name: vars(row) for name, row in summaries.items()}, "protocol": facts, "out": out})
        return
    columns = [column.key for column in section.grids[0].columns]
    cells = [(row, *(score(key, found.mean[key]) for key in columns)) for row, found in summaries.items()]
    print_table(("row", *columns), cells, numbers=True)
    say("")
    print_facts({**facts, **given(results=out)})
    for note in first.notes:
        remark(note)
