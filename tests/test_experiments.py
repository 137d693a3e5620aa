"""Experiments: rows times seeds, skipped when finished, resumed when interrupted; tables and differences."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from command_cases import run

from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.experiments import (
    Judges,
    Scores,
    TableRow,
    compare,
    csv_text,
    latex_text,
    make_trials,
    markdown_text,
    mask_rows,
    read_scores,
    report,
    run_trials,
    tabulate,
)
from lfsrkit.experiments.writing import higher_is_better
from lfsrkit.pairs import PairSet
from lfsrkit.registries import MASKS
from lfsrkit.stages import EvaluateConfig, TrainConfig
from tests.training_cases import stage

pytestmark = pytest.mark.usefixtures("toy")


def rows() -> dict[str, TrainConfig]:
    return {"plain": stage("steps=3"), "wide": stage("steps=3", "model=toy(width=12)")}


def judges(train_pairs: PairSet, validation_pairs: PairSet) -> Judges:
    metrics = EvaluateConfig.model_validate({"metrics": ["psnr"], "regions": True})
    return Judges(train_pairs, None, validation_pairs, metrics)


def scores(row: str, seed: int, values: list[float], metric: str = "psnr") -> Scores:
    return Scores(row, seed, tuple(map(str, range(len(values)))), {metric: tuple(values)})


def test_trials_of_one_seed_come_before_the_next(tmp_path: Path) -> None:
    trials = make_trials(rows(), [3, 1], tmp_path)
    assert [(trial.row, trial.seed) for trial in trials] == [("plain", 3), ("wide", 3), ("plain", 1), ("wide", 1)]
    assert [trial.config.seed for trial in trials] == [3, 3, 1, 1]
    assert len({trial.folder for trial in trials}) == 4


def test_finished_trials_are_skipped_and_changed_ones_are_not(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    data = judges(train_pairs, validation_pairs)
    trials = make_trials(rows(), [0], tmp_path)
    stopped = list(run_trials(trials, data, device="cpu", stop=lambda: True))
    assert len(stopped) == 1
    first = list(run_trials(trials, data, device="cpu"))
    assert {event.trial.row for event in first if event.record is None} == {"plain", "wide"}
    assert [event.record for event in run_trials(trials, data, device="cpu")] == [None, None]
    found = read_scores(trials[0].folder, "plain", 0)
    assert len(found.ids) == len(validation_pairs)
    assert {"psnr", "psnr_eyes", "psnr_background"} <= set(found.values)
    other = Judges(train_pairs, None, train_pairs, data.metrics)
    again = list(run_trials(trials[:1], other, device="cpu"))
    assert again[-1].record is None
    assert len(read_scores(trials[0].folder, "plain", 0).ids) == len(train_pairs)


def test_scores_of_different_pictures_are_not_compared() -> None:
    mine, theirs = scores("a", 0, [1.0, 2.0]), Scores("b", 0, ("0", "other"), {"psnr": (1.0, 2.0)})
    with pytest.raises(DamagedFile, match="different pictures"):
        compare([mine, theirs], "a", "b", "psnr")
    with pytest.raises(UsageError, match="no scores of 'c'; rows: a"):
        compare([mine], "c", "a", "psnr")


def test_means_are_over_pictures_and_spreads_over_seeds() -> None:
    (row,) = tabulate([scores("a", 0, [1.0, 3.0]), scores("a", 1, [2.0, 4.0]), scores("a", 2, [3.0, math.nan])])
    assert (row.name, row.seeds, row.mean["psnr"]) == ("a", 3, pytest.approx(8 / 3))
    assert row.spread["psnr"] == pytest.approx(np.std([2, 3, 3], ddof=1))


def test_the_interval_of_a_difference_has_the_width_of_theory() -> None:
    stream = np.random.default_rng(0)
    n, deviation = 400, 0.5
    noise = stream.normal(0.2, deviation, n)
    base = stream.normal(20, 3, n)
    found = compare([scores("a", 0, list(base + noise)), scores("b", 0, list(base))], "a", "b", "psnr")
    error = float(np.std(noise)) / math.sqrt(n)
    assert found.difference == pytest.approx(noise.mean())
    assert found.standard_error == pytest.approx(error, rel=0.05)
    assert (found.low, found.high) == (
        pytest.approx(found.difference - 1.96 * error, abs=0.3 * error),
        pytest.approx(found.difference + 1.96 * error, abs=0.3 * error),
    )
    assert found.beyond_two_errors == (abs(noise.mean()) > 2 * found.standard_error)


def test_the_spread_of_seeds_widens_the_interval() -> None:
    steady = [scores("a", seed, [20.0] * 50) for seed in range(3)] + [
        scores("b", seed, [19.0] * 50) for seed in range(3)
    ]
    shaky = [scores("a", seed, [20.0 + seed] * 50) for seed in range(3)] + steady[3:]
    assert compare(steady, "a", "b", "psnr").standard_error == pytest.approx(0, abs=1e-9)
    assert compare(shaky, "a", "b", "psnr").standard_error == pytest.approx(math.sqrt(2 / 3) / math.sqrt(3), rel=0.05)


TABLE = [
    TableRow("first_one", 2, {"psnr": 20.0, "lpips": 0.3}, {"psnr": 0.1, "lpips": 0.01}),
    TableRow("b", 2, {"psnr": 21.0, "lpips": 0.4}, {"psnr": 0.2, "lpips": 0.02}),
    TableRow("c", 1, {"psnr": 19.0, "lpips": math.nan}, {"psnr": math.nan, "lpips": math.nan}),
]


def test_the_best_is_bold_and_the_second_underlined() -> None:
    text = markdown_text(TABLE, ["psnr", "lpips"])
    assert "| first_one | 2 | <u>20.00</u> ± 0.10 | **0.3000** ± 0.0100 |" in text
    assert "| b | 2 | **21.00** ± 0.20 | <u>0.4000</u> ± 0.0200 |" in text
    assert "| c | 1 | 19.00 | unavailable |" in text
    tex = latex_text(TABLE, ["psnr", "lpips"])
    assert r"first\_one & \underline{20.00} $\pm$ 0.10 & \textbf{0.3000} $\pm$ 0.0100 \\" in tex
    assert higher_is_better("psnr_eyes")
    assert not higher_is_better("lpips")


def test_csv_keeps_all_digits() -> None:
    lines = list(csv.DictReader(io.StringIO(csv_text(TABLE, ["psnr", "lpips"]))))
    assert (lines[1]["row"], float(lines[1]["psnr"]), float(lines[1]["lpips_spread"])) == ("b", 21.0, 0.02)
    assert lines[2]["lpips"] == ""


def test_a_report_writes_every_form(tmp_path: Path) -> None:
    found = [scores(row, seed, [value, value + 1]) for row, value in (("a", 20.0), ("b", 21.0)) for seed in (0, 1)]
    assert report(found, "a", tmp_path, {"n": 2}).comparisons[0].difference == 1
    assert {path.name for path in tmp_path.iterdir()} == {"table.md", "table.csv", "table.tex", "report.json"}
    assert "| b | psnr | +1.0000 |" in (tmp_path / "table.md").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["protocol"] == {"n": 2}


def test_mask_rows_differ_in_the_mask_alone() -> None:
    config = stage("optim.lr=0.002")
    found = mask_rows(config)
    assert set(found) == {"none", *MASKS.names()} - {"invert", "schedule", "union"}
    assert [term.term.name for term in found["none"].loss] == ["charbonnier"]
    for name in set(found) - {"none"}:
        (term,) = found[name].loss
        assert (term.term.name, term.term.params, str(found[name].mask)) == ("face_mask", {"beta": 0.0}, name)
        assert found[name].model_copy(update={"loss": config.loss, "mask": None}) == config
    with pytest.raises(UsageError, match="did you mean 'patch'"):
        mask_rows(config, ["pach"])


@pytest.mark.slow
def test_the_commands_train_compare_and_go_on(toy_folder: Path, tmp_path: Path) -> None:
    short = [
        "-s",
        "steps=2",
        "-s",
        "model=toy",
        "-s",
        "batch_size=4",
        "--pairs",
        toy_folder,
        "--device",
        "cpu",
        "--seeds",
        "0",
    ]
    told = run("ablate", "masks", "none", "patch(size=8)", *short, "--out", tmp_path / "masks", "--json")
    assert told.exit_code == 0, told.output
    assert [row["name"] for row in json.loads(told.stdout)["rows"]] == ["none", "patch(size=8)"]
    assert "psnr_mouth" in (tmp_path / "masks" / "table.md").read_text()
    again = run("ablate", "masks", "none", "patch(size=8)", *short, "--out", tmp_path / "masks", "--json")
    assert json.loads(again.stdout)["rows"] == json.loads(told.stdout)["rows"]
    rows = ["--rows", "toy,edsr_baseline", "--split", "validation"]
    bench = run("benchmark", *rows, *short, "--out", tmp_path / "bench")
    assert bench.exit_code == 0, bench.output
    assert "edsr_baseline" in bench.stdout


def test_seeds_and_rows_are_checked_before_anything_is_trained(toy_folder: Path, tmp_path: Path) -> None:
    wrong = run("benchmark", "--rows", "toy", "--seeds", "0,0", "--pairs", toy_folder, "--out", tmp_path / "x")
    assert wrong.exit_code == 2
    assert "different whole numbers" in wrong.stderr
    plan = run("ablate", "masks", "none", "--pairs", toy_folder, "--out", tmp_path / "x", "--dry-run")
    assert "none  seed 2  2000 steps" in plan.stdout
    assert not (tmp_path / "x").exists()
