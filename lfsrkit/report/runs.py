"""The page of one training: how it went, and what its model makes of pairs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lfsrkit.errors import UsageError
from lfsrkit.evaluation import SHOWN, ImageScores, summarise
from lfsrkit.pairs.batch import PairData
from lfsrkit.report import Contents
from lfsrkit.report.curves import Point
from lfsrkit.training import read_records
from lfsrkit.training.folder import read_settings
from lfsrkit.versions import versions

Judged = Mapping[str, Sequence[ImageScores]]
"""Scores by title of the model; the last one is the run."""


def run_contents(run: str | Path, judged: Judged | None = None, pairs: PairData | None = None) -> Contents:
    """Gather what the page of a run shows: curves and settings, and the scores of its validation or of other pairs.

    Args:
        run: Folder of the run, finished or not.
        judged: What was measured on `pairs`; by default the page shows the scores of the validation.
        pairs: What the run was judged by.

    Raises:
        UsageError: If there is no run, or nothing of it is known yet.
    """
    run = Path(run)
    settings = read_settings(run)
    if settings is None:
        raise UsageError(f"{run}: no run is there; name a folder that `lfsrkit train` has made{_page_of_others(run)}")
    records = read_records(run)
    if not records:
        raise UsageError(f"{run}: the run has just begun; nothing is known of it yet")
    last, judged = records[-1], judged or {}
    notes = dict.fromkeys(note for rows in judged.values() for row in rows for note in row.notes)
    conditions = ["8-bit RGB, no border crop", *notes]
    if pairs is not None:
        conditions.insert(0, f"n = {len(pairs)}, x{pairs.scale}, {pairs.settings['faces']}")
    shown = [row.shown for row in [*judged.values()][-1] if row.shown] if judged else []
    return Contents(
        title=f"{_model_of(settings)}, {last['step']:,} of {last['steps']:,} steps",
        subtitle=f"{last['images_seen']:,} pictures seen in {last['seconds'] / 60:.1f} minutes of training.",
        scores={title: summarise(rows).mean for title, rows in judged.items()} or _validated(records),
        protocol="; ".join(conditions),
        faces=[(each["low"], each["restored"], each["clean"]) for each in shown[:SHOWN]],
        curves=_curves(records),
        details={**_facts(pairs), "training": json.dumps(settings), "versions": json.dumps(versions())},
    )


def _model_of(settings: Mapping[str, Any]) -> str:
    model = settings.get("model", "a model")
    return str(model.get("name", model)) if isinstance(model, Mapping) else str(model)


def _page_of_others(folder: Path) -> str:
    page = folder / "table.html"
    return f" (that of a comparison has a page already, {page})" if page.is_file() else ""


def _facts(pairs: PairData | None) -> dict[str, str]:
    return {} if pairs is None else {"degradation": pairs.settings["degrade"], "data hash": pairs.sha256}


def _validated(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Give the last scores of the validation, and the best ones if these are others."""
    found = [record for record in records if record.get("validation")]
    if not found:
        return {}
    best = max(found, key=lambda record: record["validation"].get("psnr") or float("-inf"))
    kept = {f"validation, step {best['step']:,} (best)": best}
    if (last := found[-1]) is not best:
        kept[f"validation, step {last['step']:,}"] = last
    return {title: record["validation"] for title, record in kept.items()}


def _curves(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Point]]:
    psnr = [(record["step"], record.get("validation", {}).get("psnr")) for record in records]
    return {
        "training loss": [(record["step"], record["loss"]) for record in records if record.get("loss") is not None],
        "validation PSNR (dB)": [(step, value) for step, value in psnr if value is not None],
    }
