"""From a recipe to experiments: every row of it on every protocol that it names, each with its own build of pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lfsrkit import pairs
from lfsrkit.config import parse_override
from lfsrkit.errors import UsageError
from lfsrkit.experiments.built import check_build
from lfsrkit.experiments.entries import Entry, Judges, Search, make_entries, reference_of
from lfsrkit.experiments.grid import is_finished
from lfsrkit.experiments.published import Published, read_published
from lfsrkit.seen import Seen, common, refuse_seen
from lfsrkit.stages import BenchmarkConfig, EvaluateConfig, TrainConfig, load_stage

BESIDE = {"model": "--rows", "seed": "--seeds", "optim.lr": "--rates"}
"""Settings of training that a benchmark has an option for."""


@dataclass(frozen=True)
class Experiment:
    """The rows on one protocol."""

    name: str
    entries: list[Entry]
    seeds: tuple[int, ...]
    data: Judges
    out: Path
    reference: str | None
    facts: dict[str, str]
    """To be printed under the table."""
    published: Published | None = None

    def unfinished(self) -> list[Entry]:
        """List the rows that are not finished with every seed."""
        return [each for each in self.entries if not all(is_finished(each, seed, self.data) for seed in self.seeds)]


def open_benchmark(
    config: BenchmarkConfig,
    folder: str | Path,
    out: str | Path,
    *,
    recipes: Sequence[str] = (),
    overrides: Sequence[str] = (),
    split: Literal["validation", "test"] = "test",
    force: bool = False,
) -> list[Experiment]:
    """Open the pairs of every protocol and make its rows.

    Args:
        config: Rows, protocols, seeds and rates.
        folder: Of the one build, or with a build per protocol.
        out: Folder of the benchmark.
        recipes: For the training of all rows; that of the protocol comes before them.
        overrides: For the training of all rows.
        split: What rows are judged by.
        force: Judge by pictures although they were trained on.

    Raises:
        UsageError: If something is missing, or does not fit.
    """
    folder, out = Path(folder), Path(out)
    if not config.rows:
        raise UsageError("no rows: name some with --rows lfsrnet,edsr_baseline, or take a recipe such as -c table2")
    for text in overrides:
        if (key := next((key for key in BESIDE if _sets(text, key)), None)) is not None:
            raise UsageError(f"-s {text}: every row has its own here; use {BESIDE[key]}")
    metrics: EvaluateConfig = load_stage("evaluate", recipes=recipes, values={"split": split})
    search = Search(config.rates, config.trial)
    experiments: list[Experiment] = []
    for protocol in config.protocols or (None,):
        name = folder.name if protocol is None else Path(protocol).stem
        build = folder if protocol is None else folder / name
        others = check_build(build, recipes if protocol is None else [protocol])
        data, seen = open_judges(build, split, metrics, force=force)
        rows = _rows(config, [*([] if protocol is None else [protocol]), *recipes], overrides)
        place = out if protocol is None else out / name
        entries = make_entries(rows, place, search)
        reference = reference_of(list(rows), None if config.reference is None else str(config.reference))
        facts = facts_of(data, entries, config.seeds, seen) | others
        published = read_published(config.published[name]) if name in config.published else None
        experiments.append(Experiment(name, entries, config.seeds, data, place, reference, facts, published))
    return experiments


def open_ablation(
    rows: Mapping[str, TrainConfig],
    folder: str | Path,
    out: str | Path,
    *,
    seeds: Sequence[int | float],
    reference: str,
    recipes: Sequence[str] = (),
    split: Literal["validation", "test"] = "validation",
    force: bool = False,
) -> Experiment:
    """Open the pairs of a comparison of variants, whose rates are those of their configurations.

    Args:
        rows: Configurations by name in the table.
        folder: Of the build.
        out: Folder of the experiment.
        seeds: Seeds; each row is trained once with each of them.
        reference: Row that the others are compared with; the first one where it takes no part.
        recipes: For the metrics.
        split: What rows are judged by.
        force: Judge by pictures although they were trained on.

    Raises:
        UsageError: If something is missing, or does not fit.
    """
    folder, out = Path(folder), Path(out)
    config: BenchmarkConfig = load_stage("benchmark", recipes=recipes, values={"seeds": list(seeds)})
    metrics: EvaluateConfig = load_stage("evaluate", recipes=recipes, values={"split": split, "regions": True})
    others = check_build(folder, recipes)
    data, seen = open_judges(folder, split, metrics, force=force)
    entries = make_entries(rows, out)
    facts = facts_of(data, entries, config.seeds, seen) | others
    beside = reference_of(list(rows), None, usual=reference)
    return Experiment(folder.name, entries, config.seeds, data, out, beside, facts)


def open_judges(folder: str | Path, split: str, metrics: EvaluateConfig, *, force: bool = False) -> tuple[Judges, str]:
    """Open the splits of a build.

    Args:
        folder: Of the build.
        split: What rows are judged by.
        metrics: What is measured.
        force: Judge by pictures although they were trained on.

    Returns:
        The pictures, and how many of those that judge were trained on.

    Raises:
        UsageError: If there is no such split, or it holds training pictures.
    """
    folder = Path(folder)
    splits = pairs.read_manifest(folder).splits
    watched = pairs.open(folder, "validation") if splits.get("validation") else None
    data = Judges(pairs.open(folder, "train"), watched, pairs.open(folder, split), metrics)
    overlap = Seen(common(data.train.ids, data.judged.ids), len(data.judged))
    return data, refuse_seen(overlap, f"{folder}: every row", force=force)


def facts_of(data: Judges, entries: Sequence[Entry], seeds: Sequence[int], seen: str) -> dict[str, str]:
    """Say under which conditions rows were compared.

    Args:
        data: Their pictures.
        entries: The rows.
        seeds: Their seeds.
        seen: How many of the pictures that judge were trained on.
    """
    settings, train = data.judged.settings, entries[0].config
    search = entries[0].search
    rates = f"chosen of {', '.join(f'{rate:g}' for rate in search.rates)} on the validation split, by trials of "
    rates += f"{search.trial:.0%} of a row's steps"
    optim = train.optim
    return {
        "split": f"{data.metrics.split}, n = {len(data.judged)}; {len(data.train)} pictures to train on",
        "pictures": f"{settings['faces']}, framing {settings['framing']}, "
        f"{settings['clean_size']} px, x{data.judged.scale}",
        "degradation": str(settings["degrade"]),
        "data": data.judged.sha256,
        "seen in training": seen,
        "seeds of a row": ", ".join(map(str, seeds)),
        "budget": f"{train.steps} steps a run" if train.minutes is None else f"{train.minutes:g} minutes a run",
        "learning rate": rates if len(search.rates) > 1 else f"{(search.rates or (optim.lr,))[0]:g} for every row",
        "loss": _losses(entries),
        "training": f"{optim.name}, {optim.schedule}, batch {train.batch_size}, EMA {train.ema:g}, "
        f"{train.precision}, {train.low} low pictures",
        "metrics": "8-bit RGB, no border crop; Y: BT.601; GT-mean PSNR: after scaling to the mean of the clean picture",
    }


def _sets(override: str, key: str) -> bool:
    """Tell whether an override gives a key a value, however it is written."""
    held: Any = parse_override(override)
    for part in key.split("."):
        if not isinstance(held, Mapping) or part not in held:
            return False
        held = held[part]
    return True


def _losses(entries: Sequence[Entry]) -> str:
    """Say what rows learn by; where they differ in it, which."""
    rows: dict[str, list[str]] = {}
    for entry in entries:
        rows.setdefault(" + ".join(f"{term.weight:g} {term.term}" for term in entry.config.loss), []).append(entry.name)
    return "; ".join(loss if len(rows) == 1 else f"{loss} ({', '.join(names)})" for loss, names in rows.items())


def _rows(config: BenchmarkConfig, recipes: Sequence[str], overrides: Sequence[str]) -> dict[str, TrainConfig]:
    return {
        str(row): load_stage("train", recipes=recipes, overrides=overrides, values=config.training_of(row))
        for row in config.rows
    }
