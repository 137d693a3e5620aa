"""``evaluate``: a model on a split of pairs, or one folder of pictures against another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.options import MODEL_HELP, AllowCode, Device, DryRun, Json, Overrides, Pairs, Recipes, given
from lfsrkit_cli.output import print_facts, print_json, print_table, remark, say, score
from lfsrkit_cli.progress import counted

if TYPE_CHECKING:
    from lfsrkit.evaluation import Summary
    from lfsrkit.stages import EvaluateConfig

Result = tuple[list[Any], dict[str, Any]]
"""What was measured, picture by picture; and on what."""


def evaluate(
    *,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help=MODEL_HELP,
            show_default=False,
        ),
    ] = None,
    pairs: Pairs = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="train, validation or test; by default test.")
    ] = None,
    restored: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default=False, help="Instead of a model: pictures that any tool restored."),
    ] = None,
    clean: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default=False, help="Their originals, under the same names.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", show_default=False, help="Folder for scores per picture and a sheet."
        ),
    ] = None,
    recipes: Recipes,
    overrides: Overrides,
    device: Device = "auto",
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Measure a model on pairs, or one folder against another.

    Example: lfsrkit evaluate runs/first --pairs pairs/celeba --out results
    """
    from lfsrkit import evaluation
    from lfsrkit.stages import load_stage

    _check_request(model, pairs, split, restored, clean)
    config = load_stage("evaluate", recipes=recipes, overrides=overrides, values=given(split=split))
    if dry_run:
        _tell_plan(config, out)
        return
    if model is not None and pairs is not None:
        rows, protocol = _of_model(model, pairs, config, device, allow_code)
    else:
        rows, protocol = _of_folders(Path(restored or ""), Path(clean or ""), config)
    summary = evaluation.summarise(rows)
    if out is not None:
        evaluation.write_results(out, rows, summary)
    _tell(summary, protocol, out, json)


def _check_request(
    model: str | None, pairs: Path | None, split: str | None, restored: Path | None, clean: Path | None
) -> None:
    from lfsrkit.errors import UsageError

    of_model = [item is not None for item in (model, pairs)]
    of_folders = [item is not None for item in (restored, clean)]
    one_way = (all(of_model) and not any(of_folders)) or (all(of_folders) and not any(of_model))
    if not one_way:
        raise UsageError("give MODEL and --pairs DIR, or --restored DIR and --clean DIR")
    if split is not None and all(of_folders):
        raise UsageError("--split goes with --pairs; two folders are compared whole")


def _of_model(model: str, folder: Path, config: "EvaluateConfig", device: str, allow_code: bool) -> Result:
    from lfsrkit import evaluation
    from lfsrkit import pairs as stored

    data = stored.open(folder, config.split, allow_code=allow_code)
    scores = evaluation.evaluate(model, data, config, device=device, allow_code=allow_code)
    rows = list(counted("evaluate", scores, len(data)))
    facts = {"split": config.split, "scale": data.scale, "chain": data.settings["degrade"]}
    return rows, {"model": model, **facts, "faces": data.settings["faces"], "data": data.sha256}


def _of_folders(restored: Path, clean: Path, config: "EvaluateConfig") -> Result:
    from lfsrkit import evaluation

    rows = list(counted("evaluate", evaluation.compare_folders(restored, clean, config), None))
    return rows, {"restored": restored, "clean": clean}


def _tell_plan(config: "EvaluateConfig", out: Path | None) -> None:
    from lfsrkit.config import to_tables, to_toml

    say(
        to_toml({"evaluate": to_tables(config)}).strip(),
        "",
        f"dry run: nothing is measured, nothing is written to {out}",
    )


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
