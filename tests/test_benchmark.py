"""``benchmark`` and ``ablate`` as they are typed: plans, tables, protocols, kills, and what is refused."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from lfsrkit.errors import UsageError
from lfsrkit.experiments import open_benchmark
from lfsrkit.stages import load_stage
from tests.command_cases import run
from tests.experiment_cases import build, write_protocol

ROWS = "edsr_baseline,lfsrnet_tiny"
SMALL = ("--device", "cpu", "-s", "steps=2", "-s", "batch_size=4", "--seeds", "0")


@pytest.fixture(scope="module")
def pairs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two protocols of drawn faces, their pairs, and a recipe that names both."""
    folder = tmp_path_factory.mktemp("pairs")
    for name, scale in (("easy", 2), ("hard", 4)):
        build(write_protocol(folder, name, degrade=f'"fsr_gamma(scale={scale})"'), folder)
    protocols = [f"{folder}/{name}.toml" for name in ("easy", "hard")]
    (folder / "both.toml").write_text(
        f"[benchmark]\nprotocols = {json.dumps(protocols)}\nrows = {json.dumps(ROWS.split(','))}\n"
        'published = { hard = "table2/set 1" }\n[train]\nminutes = 5\n[evaluate]\nmetrics = ["psnr", "ssim"]\n'
    )
    return folder


def benchmark(folder: Path, out: Path, *words: object) -> Any:
    return run("benchmark", "-c", folder / "both.toml", "--pairs", folder, "--out", out, *words)


def lines_of(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "table.csv").read_text())))


@pytest.mark.slow
def test_a_dry_run_says_what_is_left_and_writes_nothing(pairs_folder: Path, tmp_path: Path) -> None:
    told = benchmark(pairs_folder, tmp_path / "out", "--dry-run", "--json")
    assert told.exit_code == 0, told.output
    plans = json.loads(told.stdout)
    assert list(plans) == ["easy", "hard"]
    (first, second) = plans["hard"]
    assert (first["row"], first["parameters"], first["steps"]) == ("edsr_baseline", 1_517_571, None)
    assert second["rates"] == [2e-4, 5e-4, 1e-3]
    assert first["minutes_left"] == pytest.approx(5 * (3 + 3 * 0.1))
    chosen = benchmark(
        *(pairs_folder, tmp_path / "out", "--dry-run", "--protocols", pairs_folder / "easy.toml"),
        *("--rates", "1e-3", "--seeds", "4", "--rows", "lfsrnet_tiny", "-s", "steps=7", "-s", "batch_size=2"),
    )
    assert chosen.exit_code == 0, chosen.output
    assert "edsr_baseline" not in chosen.stdout
    assert "0 of 1" in chosen.stdout
    assert "dry run: nothing is trained, nothing is written" in chosen.stdout
    assert not (tmp_path / "out").exists()


def test_a_row_may_take_its_batches_in_parts(pairs_folder: Path, tmp_path: Path) -> None:
    recipes = [str(pairs_folder / "both.toml")]
    config = load_stage("benchmark", recipes=recipes, values={"accumulate": {"lfsrnet_tiny": 4}})
    opened = open_benchmark(config, pairs_folder, tmp_path, recipes=recipes)
    assert [experiment.name for experiment in opened] == ["easy", "hard"]
    for experiment in opened:
        parts = {entry.name: (entry.config.accumulate, entry.config.batch_size) for entry in experiment.entries}
        assert parts == {"edsr_baseline": (1, 16), "lfsrnet_tiny": (4, 16)}


def test_a_row_that_nobody_knows_takes_no_parts() -> None:
    with pytest.raises(UsageError, match=r"accumulate.*ctcnett.*did you mean 'ctcnet'"):
        load_stage("benchmark", values={"accumulate": {"ctcnett": 4}})


def test_a_device_that_is_not_there_is_refused_before_anything_is_written(pairs_folder: Path, tmp_path: Path) -> None:
    told = benchmark(pairs_folder, tmp_path / "out", "--device", "meta:7:8")
    assert (told.exit_code, "device 'meta:7:8' cannot be used here" in told.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_rows_protocols_and_seeds_become_a_table(pairs_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = benchmark(pairs_folder, out, *SMALL, "--rates", "1e-3,1e-4", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)["protocols"]
    assert [row["name"] for row in found["hard"]["rows"]] == ["bicubic", "oracle", *ROWS.split(",")]
    assert found["easy"]["protocol"]["degradation"].startswith("downsample(kernel='bicubic', scale=2")
    assert found["hard"]["protocol"]["seen in training"] == "0 of 4"
    assert {each["verdict"].split()[0] for each in found["hard"]["comparisons"]} == {"no"}
    rows = lines_of(out)
    assert [(row["protocol"], row["row"]) for row in rows][:2] == [("easy", "bicubic"), ("easy", "oracle")]
    assert rows[2]["images_seen"] == "8"
    assert rows[2]["rate"] in ("0.001", "0.0001")
    text = (out / "table.md").read_text()
    assert "lfsrnet_tiny †" in text
    assert "paper PSNR (dB), protocol unknown" in text.partition("## hard")[2]
    again = benchmark(pairs_folder, out, *SMALL, "--rates", "1e-3,1e-4", "--json")
    assert json.loads(again.stdout) == json.loads(told.stdout)


@pytest.mark.slow
def test_a_table_names_what_is_not_finished(pairs_folder: Path, tmp_path: Path) -> None:
    one = ("--protocols", pairs_folder / "easy.toml", *SMALL, "--rates", "1e-3")
    assert benchmark(pairs_folder, tmp_path, *one, "--rows", "lfsrnet_tiny").exit_code == 0
    told = benchmark(pairs_folder, tmp_path, *one, "--tables-only")
    assert told.exit_code == 0, told.output
    assert "Not finished: edsr_baseline: all seeds." in told.stdout
    assert [(row["row"], row["seeds"]) for row in lines_of(tmp_path)] == [
        ("bicubic", ""),
        ("oracle", ""),
        ("lfsrnet_tiny", "1"),
    ]
    before = (tmp_path / "table.md").read_bytes()
    for words in (("--tables-only",), ("--dry-run",)):
        other = benchmark(pairs_folder, tmp_path, *one, "-s", "steps=3", *words)
        assert (other.exit_code, other.stdout) == (1, "")
        assert "was begun otherwise: train.steps: 2 -> 3; give the same settings" in " ".join(other.stderr.split())
    assert (tmp_path / "table.md").read_bytes() == before


@pytest.mark.slow
def test_masks_are_compared_on_the_same_machinery(pairs_folder: Path, tmp_path: Path) -> None:
    words = ("ablate", "masks", "none", "patch(size=8)", *SMALL, "-c", pairs_folder / "hard.toml")
    words = (*words, "-s", "model=lfsrnet_tiny", "--pairs", pairs_folder / "hard", "--out", tmp_path, "--json")
    told = run(*words)
    assert told.exit_code == 0, told.output
    rows = json.loads(told.stdout)["protocols"]["hard"]["rows"]
    assert [row["name"] for row in rows] == ["bicubic", "oracle", "none", "patch(size=8)"]
    assert "PSNR mouth (dB)" in (tmp_path / "table.md").read_text()
    assert json.loads(run(*words).stdout) == json.loads(told.stdout)


@pytest.mark.slow
def test_what_is_wrong_is_said_before_anything_is_trained(pairs_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    for words, reason in (
        (("--seeds", "0,0"), "seeds: 0 is there twice"),
        (("--seeds", "0;1"), "--seeds 0;1: write numbers with commas"),
        (("--rates", "0"), "greater than 0"),
        (("--rows", "lfsrnett"), "did you mean 'lfsrnet'"),
        (("-s", "optim.lr=1e-3"), "use --rates"),
        (("-s", "optim={lr=1e-3}"), "use --rates"),
        (("--rows", "lfsrnet_tiny(channels=a(b=2), x=1), dln"), "channels"),
        (("-s", "model=dln"), "use --rows"),
        (("-s", "seed=4"), "use --seeds"),
        (("-s", "benchmark.trial=2"), "trial"),
        (("--protocols", "celeba_x8"), "lfsrkit pairs build -c celeba_x8"),
        (("--protocols", "celeba_x9"), "no recipe 'celeba_x9'; did you mean 'celeba_x4' or 'celeba_x8'"),
        (("--rows", "bicubic"), "bicubic needs no training"),
    ):
        wrong = benchmark(pairs_folder, out, *words)
        assert (wrong.exit_code, wrong.stdout) == (2, ""), words
        assert reason in wrong.stderr, (words, wrong.stderr)
    assert "no rows" in run("benchmark", "--pairs", pairs_folder / "easy", "--out", out).stderr
    assert not out.exists()


def test_a_build_of_another_protocol_is_refused(pairs_folder: Path, tmp_path: Path) -> None:
    other = write_protocol(tmp_path, "easy", degrade='"dln(scale=2)"')
    wrong = benchmark(pairs_folder, tmp_path / "x", "--protocols", other)
    assert wrong.exit_code == 2
    assert "was not built by easy" in wrong.stderr
    assert "degrade:" in wrong.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [("benchmark", "--rows", "lfsrnet_tiny"), ("ablate", "masks", "none")])
def test_a_single_build_is_that_of_the_recipe(words: tuple[str, ...], pairs_folder: Path, tmp_path: Path) -> None:
    """A table headed by a protocol holds numbers of it."""
    words = (*words, "--pairs", pairs_folder / "easy", "--out", tmp_path / "x", "--dry-run", *SMALL)
    wrong = run(*words, "-c", pairs_folder / "hard.toml")
    assert wrong.exit_code == 2
    assert "scale=4" in wrong.stderr
    assert "scale=2" in wrong.stderr
    (tmp_path / "length.toml").write_text("[train]\nsteps = 2\n")
    for recipe in (pairs_folder / "easy.toml", tmp_path / "length.toml"):
        assert run(*words, "-c", recipe).exit_code == 0


def test_other_faces_than_those_of_the_protocol_are_told(pairs_folder: Path, tmp_path: Path) -> None:
    recipe = str(write_protocol(tmp_path, "easy", degrade='"fsr_gamma(scale=2)"', splits="{ train = 700, test = 4 }"))
    config = load_stage("benchmark", values={"rows": ["lfsrnet_tiny"], "protocols": [recipe]})
    (found,) = open_benchmark(config, pairs_folder, tmp_path)
    assert "train: 700 -> 8" in found.facts["other than the protocol"]
    assert "test" not in found.facts["other than the protocol"]
    (whole,) = open_benchmark(
        load_stage("benchmark", values={"rows": ["lfsrnet_tiny"], "protocols": [f"{pairs_folder}/easy.toml"]}),
        pairs_folder,
        tmp_path,
    )
    assert "other than the protocol" not in whole.facts
