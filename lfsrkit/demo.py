"""The whole chain once, small: faces, pairs, training, evaluation against the floor, enhancement, a page to look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lfsrkit import evaluation, inference, pairs, training
from lfsrkit.evaluation import ImageScores, Summary
from lfsrkit.files import claim_folder, write_json
from lfsrkit.images import to_pixels, write_png
from lfsrkit.inference import Enhanced
from lfsrkit.pairs import PairSet, Progress
from lfsrkit.report import Contents, write_page
from lfsrkit.report.runs import run_contents
from lfsrkit.stages import load_stage
from lfsrkit.training import TrainRecord

MARKER = ".lfsrkit-demo"
RECIPE = "demo"
FLOOR = "bicubic"


Scores = Mapping[str, Mapping[str, float | None]]
"""Means by title of the model and name of the metric."""


@dataclass(frozen=True)
class Stage:
    """A new stage begins."""

    name: str
    detail: str


@dataclass(frozen=True)
class Finished:
    """The end: where the page is, and what its table says."""

    report: Path
    scores: Scores
    notes: list[str]


Event = Stage | Progress | TrainRecord | ImageScores | Enhanced | Finished


def demo(
    out: Path, *, faces: str | None = None, steps: int | None = None, seed: int = 0, device: str = "auto"
) -> Iterator[Event]:
    """Run every stage in turn; run again with the same arguments to go on after an interruption.

    Args:
        out: Folder for everything; new, empty, or an earlier demo.
        faces: Where the faces come from; by default faces that the program draws.
        steps: Training steps; by default those of the recipe.
        seed: Seed of everything.
        device: Where to compute.

    Raises:
        OutputRefused: If ``out`` holds something else.
    """
    claim_folder(out, MARKER)
    write_json(out / MARKER, {"faces": faces, "steps": steps, "seed": seed})
    chosen: dict[str, Any] = {"seed": seed}
    data = load_stage("pairs", recipes=[RECIPE], values=chosen | ({"faces": faces, **_shares()} if faces else {}))
    yield Stage("pairs", f"faces from {data.faces}, degraded by {' | '.join(map(str, data.degrade))}")
    yield from pairs.build(pairs.make_plan(data), out / "pairs", device=device if device != "auto" else "cpu")
    config = load_stage("train", recipes=[RECIPE], values=chosen | ({"steps": steps} if steps else {}))
    yield Stage("train", f"{config.model}, {config.steps} steps of {config.batch_size} pairs")
    train, validation = (pairs.open(out / "pairs", split) for split in ("train", "validation"))
    yield from training.train(config, train, validation, out / "run", resume=(out / "run").exists(), device=device)
    yield from _measured(out, device, f"{config.model.name}, {config.steps} steps")


def _shares() -> dict[str, Any]:
    return {"splits": {"train": 0.8, "validation": 0.1, "test": 0.1}}


def _measured(out: Path, device: str, name: str) -> Iterator[Event]:
    test = pairs.open(out / "pairs", "test")
    config = load_stage("evaluate", recipes=[RECIPE])
    judged: dict[str, list[ImageScores]] = {}
    summaries: dict[str, Summary] = {}
    for model, title in ((FLOOR, "bicubic (the floor)"), (out / "run", name)):
        yield Stage("evaluate", f"{title} on {len(test)} test faces")
        judged[title] = []
        for scores in evaluation.evaluate(model, test, config, device=device):
            judged[title].append(scores)
            yield scores
        summaries[title] = evaluation.write_results(out / "evaluation", judged[title])
    yield Stage("enhance", "the low test pictures, as files")
    yield from _enhanced(out, test, device)
    report = out / "report.html"
    write_page(report, _contents(run_contents(out / "run", judged, test), test))
    yield Finished(report, {title: summary.mean for title, summary in summaries.items()}, summaries[name].notes)


def _contents(of_run: Contents, test: PairSet) -> Contents:
    faces = test.settings["faces"]
    drawn = faces.startswith("synthetic:")
    origin = "The faces are drawings made by the program; they show no person." if drawn else f"Faces: {faces}."
    return replace(
        of_run,
        title="lfsrkit demo: dark small faces, restored",
        subtitle=f"{origin} A short training on a few faces: it shows that the chain works, not how good it can get.",
    )


def _enhanced(out: Path, test: PairSet, device: str) -> Iterator[Enhanced]:
    folder = out / "low"
    for index in range(min(len(test), evaluation.SHOWN)):
        write_png(folder / f"face_{index:02d}.png", to_pixels(test.batch([index]).low)[0])
    yield from inference.enhance(out / "run", [folder], out / "enhanced", load_stage("enhance"), device=device)
