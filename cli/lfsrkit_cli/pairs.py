"""``pairs``: build, verify, describe and export data sets of dark small and clean large faces."""

import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lfsrkit_cli.building import tell_plan, tell_result
from lfsrkit_cli.command import FAILED, command
from lfsrkit_cli.layout import group
from lfsrkit_cli.options import FACES_HELP, AllowCode, DryRun, Json, Out, Overrides, Recipes, Seed, given
from lfsrkit_cli.output import print_facts, print_json, say
from lfsrkit_cli.progress import Step, building_step, follow

app = group("Build, verify, describe and export data sets of pairs.")

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
    ] = 64,
    device: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="auto = cpu, which gives the same bytes everywhere; or a device of torch such as cuda:0, for heavy "
            "chains; it may differ in a last bit.",
        ),
    ] = "auto",
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", show_default=False, help="Build only part K of N, for job arrays.")
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(metavar="NAME", help="local, or ray: a Ray cluster does the shards; changes no byte."),
    ] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDR", show_default=False, help="Ray cluster, such as auto; by default one of its own, here."
        ),
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
    place = str(choose_device("cpu" if device == "auto" else device))
    plan = pairs.make_plan(config)
    if dry_run:
        tell_plan(plan, json)
        return
    start = time.perf_counter()
    events = pairs.build(
        plan,
        out,
        workers=workers,
        batch_size=batch_size,
        device=place,
        part=part,
        engine=engine,
        ray_address=ray_address,
    )
    *_, last = follow("pairs", events, building_step)
    tell_result(last, plan, out, time.perf_counter() - start, json)


@command(app, "verify")
def verify(
    *,
    folder: Folder,
    rows: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, show_default=False, help="Pairs of each split to make again; by default all."),
    ] = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Check the hashes and the splits of a build, and make its low pictures again from their records."""
    from lfsrkit import pairs

    findings: list[Any] = []
    for finding in pairs.verify(folder, rows=rows, allow_code=allow_code):
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
    against: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", show_default=False, help="Real dark pictures to compare with."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", show_default=False, help="Distributions to draw; PNG or SVG."),
    ] = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Describe the low pictures of a build: how dark, which tint, how much is clipped, how much like real ones."""
    from lfsrkit import pairs
    from lfsrkit.figures import check_name, realism_figure
    from lfsrkit.realism import profile_pairs
    from lfsrkit.stages import SPLITS
    from lfsrkit_cli.realism import facts, profile_folder, tell

    if out is not None:
        check_name(out)
    counts = pairs.read_manifest(folder).splits
    splits = [split] if split else [name for name in SPLITS if counts.get(name)]
    sets = {name: pairs.open(folder, name, allow_code=allow_code) for name in splits}
    profiles = {name: profile_pairs(item) for name, item in sets.items()}
    real = None if against is None else profile_folder(against)
    if out is not None:
        beside = {} if against is None or real is None else {f"{against.resolve().name}/": real}
        realism_figure({**profiles, **beside}).write(out)
    if json:
        print_json([{"split": name, **facts(profile, real)} for name, profile in profiles.items()])
        return
    for number, (name, profile) in enumerate(profiles.items()):
        if number:
            say("")
        say(f"{name}: {profile.count} pairs")
        tell(profile, real)


@command(app, "export")
def export(
    *,
    folder: Folder,
    to: Annotated[
        Literal["folders", "webdataset"],
        typer.Option(metavar="LAYOUT", show_default=False, help="folders or webdataset."),
    ],
    out: Out,
    splits: Annotated[
        list[str],
        typer.Option(
            "--split",
            metavar="NAME",
            default_factory=list,
            show_default=False,
            help="train, validation or test; by default all. Repeatable.",
        ),
    ],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a build as PNG folders (imagefolder, BasicSR) or as tar files (WebDataset).

    Example: lfsrkit pairs export pairs/celeba --to webdataset --out shards/celeba
    """
    from lfsrkit import pairs

    counts = pairs.exported_counts(folder, to=to, splits=splits)
    if not dry_run:
        events = pairs.export(folder, out, to=to, splits=splits)
        *_, _last = follow("export", events, lambda event: Step(event.pairs_done, event.pairs_total, "pairs"))
    if json:
        print_json({"out": out, "to": to, "splits": counts, "finished": not dry_run})
        return
    print_facts({**{split: f"{count} pairs" for split, count in counts.items()}, "layout": to, "out": out})
    if dry_run:
        say("dry run: nothing is written")


def _part(shard: str | None) -> tuple[int, int]:
    from lfsrkit.errors import UsageError

    first, slash, last = (shard or "1/1").partition("/")
    if not (slash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise UsageError(f"--shard {shard}: write K/N, such as 2/8 for the second of eight parts")
    return int(first), int(last)
