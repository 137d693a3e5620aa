"""``evaluate``: a model on a split of pairs, one folder of pictures against another, or a folder alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.options import MODEL, AllowCode, Device, DryRun, Json, Overrides, Pairs, Recipes, given
from lfsrkit_cli.output import print_facts, print_json, print_table, remark, say, score
from lfsrkit_cli.progress import counted
from lfsrkit_cli.rows import ForceSeen, check_seen

if TYPE_CHECKING:
    from lfsrkit.evaluation import ImageScores, Summary
    from lfsrkit.stages import EvaluateConfig

Work = tuple["Iterator[ImageScores]", "int | None", dict[str, Any]]
"""Scores as they are asked for, how many there will be, and on what."""


def evaluate(
    *,
    model: Annotated[str | None, MODEL] = None,
    pairs: Pairs = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="train, validation or test; by default test.")
    ] = None,
    restored: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default=False, help="Instead of a model: pictures that any tool restored."),
    ] = None,
    clean: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="Their originals, under the same names; without, the pictures are judged alone.",
        ),
    ] = None,
    low: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default=False, help="What they were made from, for the sheets."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            show_default=False,
            help="Folder for scores per picture, and for sheets of the first and of the worst pictures.",
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
    """Measure a model on pairs, or folders of pictures.

    Example: lfsrkit evaluate runs/first --pairs pairs/celeba --out results

    Several processes share the pictures: torchrun --nproc_per_node 2 -m lfsrkit_cli evaluate ...
    """
    from lfsrkit import evaluation, training
    from lfsrkit.errors import UsageError
    from lfsrkit.stages import load_stage

    _check_request(model, pairs, split, [restored, clean, low])
    config = load_stage("evaluate", recipes=recipes, overrides=overrides, values=given(split=split))
    if restored is not None and clean is None and (config.alignment or config.regions):
        raise UsageError("alignment and regions compare with clean pictures; give --clean DIR")
    if dry_run:
        _tell_plan(config, json)
        return
    if model is not None and pairs is not None:
        scores, total, protocol = _of_model(model, pairs, config, device=device, allow_code=allow_code, force=force)
    else:
        scores, total, protocol = _of_folders(Path(restored or ""), clean, low, config)
    first = training.is_first_process()
    together = config.batch_size * training.count_processes()
    rows = counted("evaluate", scores, total, together=together) if first else scores
    summary = evaluation.summarise(rows) if out is None else evaluation.write_results(out, rows)
    training.leave_processes()
    if first:
        _tell(summary, protocol, out, json)


def _check_request(model: str | None, pairs: Path | None, split: str | None, folders: list[Path | None]) -> None:
    from lfsrkit.errors import UsageError

    restored, clean, low = folders
    of_model = [item is not None for item in (model, pairs)]
    of_folders = restored is not None and not any(of_model)
    if not of_folders and (not all(of_model) or folders != [None] * 3):
        raise UsageError("give MODEL and --pairs DIR, or --restored DIR with or without --clean DIR")
    if low is not None and clean is None:
        raise UsageError("--low goes with --clean: it is shown beside what is compared")
    if split is not None and of_folders:
        raise UsageError("--split goes with --pairs; folders are measured whole")


def _of_model(
    model: str, folder: Path, config: "EvaluateConfig", *, device: str, allow_code: bool, force: bool
) -> Work:
    from lfsrkit import evaluation
    from lfsrkit import pairs as stored

    data = stored.open(folder, config.split, allow_code=allow_code)
    seen = check_seen({model: model}, data, force=force)[model]
    scores = evaluation.evaluate(model, data, config, device=device, allow_code=allow_code)
    facts = {"split": config.split, "scale": data.scale, "chain": data.settings["degrade"]}
    detector = evaluation.detector_facts(config) if config.alignment else {}
    facts |= {"faces": data.settings["faces"], "data": data.sha256, "seen in training": seen}
    return scores, len(data), {"model": model, **facts, **detector}


def _of_folders(restored: Path, clean: Path | None, low: Path | None, config: "EvaluateConfig") -> Work:
    from lfsrkit import evaluation

    if clean is None:
        return evaluation.judge_folder(restored, config), None, {"restored": restored, "clean": "none"}
    scores = evaluation.compare_folders(restored, clean, config, low=low)
    return scores, None, {"restored": restored, "clean": clean}


def _tell_plan(config: "EvaluateConfig", json: bool) -> None:
    from lfsrkit.config import to_tables
    from lfsrkit.toml import to_toml

    settings = to_tables(config)
    if json:
        print_json({"settings": settings})
        return
    say(to_toml({"evaluate": settings}).strip(), "", "dry run: nothing is measured, nothing is written")


def _tell(summary: "Summary", protocol: dict[str, Any], out: Path | None, json: bool) -> None:
    if json:
        print_json({**vars(summary), "protocol": protocol, "out": out})
        return
    rows = [(name, score(name, mean), score(name, summary.spread[name])) for name, mean in summary.mean.items()]
    print_table(("metric", "mean", "spread"), rows, numbers=True)
    say("")
    print_facts({"n": summary.count, **protocol, **given(results=out)})
    for note in summary.notes:
        remark(note)
