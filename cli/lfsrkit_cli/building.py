"""What ``pairs build`` prints: the plan before, the result after."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfsrkit_cli.output import print_facts, print_json, print_table, say

if TYPE_CHECKING:
    from lfsrkit.pairs import Manifest, Plan, Progress

CLEAN_BYTES, LOW_BYTES = 1.25, 2.5
"""Stored bytes of a pixel of a face photograph, and of one with sensor noise: for the estimate of a dry run."""
SHEET = "sheet.png"
SHOWN_REASONS = 3
HASH_SHOWN = 16


def tell_plan(plan: "Plan", json: bool) -> None:
    """Print what a build would do.

    Args:
        plan: Of the build.
        json: Print one JSON value.
    """
    size = plan.recipe.clean_size
    expected = round(plan.total * size**2 * (CLEAN_BYTES + LOW_BYTES / plan.scale**2))
    splits, shards = plan.splits, {task.split: task.count for task in plan.tasks}
    if json:
        facts: dict[str, Any] = {"faces": plan.total, "splits": splits, "shards": shards, "estimated_bytes": expected}
        print_json(
            {
                **facts,
                "rejected": plan.rejected,
                "strangers": plan.strangers,
                "scale": plan.scale,
                "settings": plan.settings,
            }
        )
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
            **_unnamed(plan),
        }
    )
    say("dry run: nothing is written")


def tell_result(last: "Progress", plan: "Plan", out: Path, seconds: float, json: bool) -> None:
    """Print what a build has done, and draw a sheet of its first pairs if it is finished.

    Args:
        last: The last state of the build.
        plan: Of the build.
        out: Its folder.
        seconds: How long it took.
        json: Print one JSON value.
    """
    built = last.faces_done - last.faces_skipped
    speed = {"seconds": round(seconds, 3), "images_per_second": round(built / seconds, 2), "built": built}
    if last.manifest is None:
        if json:
            print_json({"out": out, "finished": False, **speed})
        else:
            say(f"this part is finished ({built} faces in {seconds:.1f} s); others are not yet", str(out))
        return
    from lfsrkit import pairs

    sheet = _write_sheet(out, last.manifest)
    rejected = pairs.read_rejected(out)
    if json:
        manifest = last.manifest
        facts = {"splits": manifest.splits, "rejected": rejected, "sha256": manifest.sha256, "scale": manifest.scale}
        print_json({"out": out, "finished": True, **facts, "sheet": sheet, **speed})
        return
    print_table(("split", "rows"), [(split, str(count)) for split, count in last.manifest.splits.items()], numbers=True)
    say("")
    first = "".join(f"; {item.source}: {item.reason}" for item in rejected[:SHOWN_REASONS])
    print_facts(
        {
            "rejected": f"{len(rejected)}{first}",
            **_unnamed(plan),
            **_fewer(plan.splits, last.manifest.splits),
            "time": f"{seconds:.1f} s, {built / seconds:.1f} images/s ({last.faces_skipped} faces were there)",
            "data hash": last.manifest.sha256[:HASH_SHOWN],
            "sheet": sheet,
            "pairs": out,
        }
    )


def _unnamed(plan: "Plan") -> dict[str, str]:
    told = f"{plan.strangers} of {plan.total} faces have none; each is taken for a person of its own"
    return {"identities": told} if plan.strangers else {}


def _fewer(asked: Mapping[str, int], found: Mapping[str, int]) -> dict[str, str]:
    short = [f"{split} has {found[split]} of {count}" for split, count in asked.items() if found[split] < count]
    return {"fewer than asked": ", ".join(short)} if short else {}


def _write_sheet(out: Path, manifest: "Manifest") -> Path:
    from lfsrkit import pairs
    from lfsrkit.images import write_png
    from lfsrkit.preview import pairs_sheet

    split = next(name for name, count in manifest.splits.items() if count)
    write_png(out / SHEET, pairs_sheet(pairs.open(out, split, allow_code=True)))
    return out / SHEET
