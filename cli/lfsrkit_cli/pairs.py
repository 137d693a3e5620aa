"""``pairs``: build, verify and describe data sets of dark small and clean large faces."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.command import FAILED, command
from lfsrkit_cli.options import FACES_HELP, Device, DryRun, Json, Out, Overrides, Recipes, Seed, given
from lfsrkit_cli.output import print_facts, print_json, print_table, say
from lfsrkit_cli.progress import building_step, follow

if TYPE_CHECKING:
    from lfsrkit.pairs import Manifest, Plan, Progress

app = typer.Typer(help="Build, verify and describe data sets of pairs.", rich_markup_mode=None, no_args_is_help=True)

CLEAN_BYTES, LOW_BYTES = 2.0, 3.0
"""PNG bytes of a pixel of a face photograph, and of one with sensor noise: for the estimate of a dry run."""
SHEET = "sheet.png"
SHOWN_REASONS = 3
HASH_SHOWN = 16

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a build.", show_default=False)]


@command(app, "build")
def build(
    *,
    faces: Annotated[str, typer.Option(metavar="SRC", show_default=False, help=FACES_HELP)],
    out: Out,
    recipes: Recipes,
    overrides: Overrides,
    seed: Seed = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=0, show_default=False, help="Processes; by default one a core.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(metavar="N", min=1, help="Pictures degraded together; changes no byte.")
    ] = 32,
    device: Device = "auto",
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", show_default=False, help="Build only part K of N, for job arrays.")
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Build a data set of pairs; run again to go on after an interruption.

    Example: lfsrkit pairs build -c celeba_x8 --faces celeba/ --out pairs/celeba
    """
    from lfsrkit import pairs
    from lfsrkit.devices import choose_device
    from lfsrkit.stages import load_stage

    part = _part(shard)
    config = load_stage("pairs", recipes=recipes, overrides=overrides, values=given(faces=faces, seed=seed))
    place = str(choose_device(device))
    plan = pairs.make_plan(config)
    if dry_run:
        _tell_plan(plan, json)
        return
    start = time.perf_counter()
    events = pairs.build(plan, out, workers=workers, batch_size=batch_size, device=place, part=part)
    last = list(follow("pairs", events, building_step))[-1]
    _conclude(last, out, time.perf_counter() - start, json)


@command(app, "verify")
def verify(
    *,
    folder: Folder,
    rows: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, show_default=False, help="Pairs of each split to make again; by default all."),
    ] = None,
    json: Json = False,
) -> None:
    """Check the hashes and the splits of a build, and make its low pictures again from their records."""
    from lfsrkit import pairs

    findings: list[Any] = []
    for finding in pairs.verify(folder, rows=rows):
        findings.append(finding)
        if not json:
            say(
                f"{'fault' if finding.faults else 'ok':6}{finding.check}",
                *(f"      {fault}" for fault in finding.faults),
            )
    if json:
        print_json(findings)
    if any(finding.faults for finding in findings):
        raise typer.Exit(FAILED)


@command(app, "stats")
def stats(
    *,
    folder: Folder,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="train, validation or test; by default all.")
    ] = None,
    json: Json = False,
) -> None:
    """Describe the low pictures of a build: how dark, which tint, how much is clipped."""
    from lfsrkit import pairs
    from lfsrkit.stages import SPLITS

    counts = pairs.read_manifest(folder).splits
    splits = [split] if split else [name for name in SPLITS if counts.get(name)]
    found = [pairs.describe(pairs.open(folder, name)) for name in splits]
    if json:
        print_json(found)
        return
    labels = {
        "low_luma": "luma of low",
        "clean_luma": "luma of clean",
        "red_to_green": "red / green",
        "blue_to_green": "blue / green",
    }
    for number, item in enumerate(found):
        rows = [(label, *(f"{value:.3g}" for value in getattr(item, key))) for key, label in labels.items()]
        if number:
            say("")
        title = f"{item.split}: {item.count} pairs, low {item.black_share:.1%} black, {item.white_share:.1%} white"
        print_table(("mean per picture", "5 %", "median", "95 %"), rows, numbers=True, title=title)


def _part(shard: str | None) -> tuple[int, int]:
    from lfsrkit.errors import UsageError

    first, slash, last = (shard or "1/1").partition("/")
    if not (slash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise UsageError(f"--shard {shard}: write K/N, such as 2/8 for the second of eight parts")
    return int(first), int(last)


def _tell_plan(plan: "Plan", json: bool) -> None:
    size = plan.recipe.clean_size
    expected = round(plan.total * size**2 * (CLEAN_BYTES + LOW_BYTES / plan.scale**2))
    shards: dict[str, int] = {}
    splits: dict[str, int] = {}
    for task in plan.tasks:
        shards[task.split] = shards.get(task.split, 0) + 1
        splits[task.split] = splits.get(task.split, 0) + len(task.refs)
    if json:
        facts = {"faces": plan.total, "splits": splits, "shards": shards, "estimated_bytes": expected}
        print_json({**facts, "rejected": plan.rejected, "scale": plan.scale, "settings": plan.settings})
        return
    print_table(("split", "faces", "shards"), [(k, str(splits[k]), str(shards[k])) for k in splits], numbers=True)
    say("")
    print_facts(
        {
            "faces": f"{plan.total} from {plan.settings['faces']}, {len(plan.rejected)} rejected so far",
            "clean": f"{size}x{size} pixels, framing {plan.settings['framing']}",
            "low": f"{size // plan.scale}x{size // plan.scale} pixels (x{plan.scale})",
            "chain": plan.settings["degrade"],
            "seed": plan.settings["seed"],
            "size": f"about {expected / 1e6:.1f} MB",
        }
    )
    say("dry run: nothing is written")


def _conclude(last: "Progress", out: Path, seconds: float, json: bool) -> None:
    built = last.faces_done - last.faces_skipped
    speed = {"seconds": round(seconds, 3), "images_per_second": round(built / seconds, 2), "built": built}
    if last.manifest is None:
        if json:
            print_json({"out": out, "finished": False, **speed})
        else:
            say(f"this part is finished ({built} faces in {seconds:.1f} s); others are not yet", str(out))
        return
    sheet = _write_sheet(out, last.manifest)
    rejected = _rejected(out)
    if json:
        manifest = last.manifest
        facts = {"splits": manifest.splits, "rejected": rejected, "sha256": manifest.sha256, "scale": manifest.scale}
        print_json({"out": out, "finished": True, **facts, "sheet": sheet, **speed})
        return
    print_table(("split", "rows"), [(split, str(count)) for split, count in last.manifest.splits.items()], numbers=True)
    say("")
    first = "".join(f"; {item['source']}: {item['reason']}" for item in rejected[:SHOWN_REASONS])
    print_facts(
        {
            "rejected": f"{len(rejected)}{first}",
            "time": f"{seconds:.1f} s, {built / seconds:.1f} images/s ({last.faces_skipped} faces were there)",
            "data hash": last.manifest.sha256[:HASH_SHOWN],
            "sheet": sheet,
            "pairs": out,
        }
    )


def _write_sheet(out: Path, manifest: "Manifest") -> Path:
    from lfsrkit import pairs
    from lfsrkit.images import write_png
    from lfsrkit.preview import pairs_sheet

    split = next(name for name, count in manifest.splits.items() if count)
    write_png(out / SHEET, pairs_sheet(pairs.open(out, split)))
    return out / SHEET


def _rejected(out: Path) -> list[dict[str, str]]:
    import json

    lines = (out / ".lfsrkit" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
