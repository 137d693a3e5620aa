"""What the commands of the command line do, with real pictures and small data sets."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lfsrkit import MASKS, MODELS, pairs
from lfsrkit.calls import parse_call
from lfsrkit.images import decode
from lfsrkit.preview import Preview, preview
from lfsrkit.registries import REGISTRIES
from lfsrkit.shipped import shipped_names
from lfsrkit.stages import STAGES, load_stage
from lfsrkit_cli.app import app

SMALL = ["-s", "clean_size=32", "-s", "degrade=fsr_gamma(scale=4)"]
QUICK = ["-s", 'metrics=["psnr", "ssim"]']


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_list_shows_every_name_and_where_it_is_from() -> None:
    result = run("list", "--json")
    found = {kind: [row["name"] for row in rows] for kind, rows in json.loads(result.stdout).items()}
    assert found.pop("weights") == shipped_names()
    assert {kind: registry.names() for kind, registry in REGISTRIES.items()} == {
        kind: [name for name in names if ":" not in name and name != "A+B"] for kind, names in found.items()
    }
    plain = run("list", "mask").stdout
    assert all(entry.name in plain and entry.summary in plain for entry in MASKS)
    assert plain == run("list", "masks").stdout


@pytest.mark.usefixtures("own_plugs")
def test_plugins_are_listed_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from lfsrkit import LOSSES\n"
        "@LOSSES.register('mine_of_the_cli')\n"
        "def mine(weight: float, power: float = 2.0):\n"
        "    '''Weigh [bold]my[/bold] way.\n\n    Args:\n        weight: Any.\n        power: Of the error.\n    '''\n"
    )
    listed = run("list", "losses", "--plugin", path)
    shown = json.loads(run("show", "loss", "mine_of_the_cli", "--plugin", path, "--json").stdout)
    assert "Weigh [bold]my[/bold] way" in listed.stdout
    assert str(path) in listed.stdout
    assert [(item["name"], item["required"]) for item in shown["parameters"]] == [("weight", True), ("power", False)]


@pytest.mark.slow
def test_show_tells_parameters_references_and_the_cost_of_a_model() -> None:
    text = run("show", "model", "lfsrnet_tiny", "--no-timing").stdout
    facts = json.loads(run("show", "models", "lfsrnet_tiny", "--no-timing", "--json").stdout)
    model = MODELS.create("lfsrnet_tiny")
    assert facts["numbers_to_learn"] == sum(parameter.numel() for parameter in model.parameters())
    assert f"{facts['numbers_to_learn']:,} numbers to learn" in text
    assert [(cost["low"], cost["restored"]) for cost in facts["costs"]] == [(16, 128), (32, 128), (16, 64)]
    assert all(cost["macs"] > 1e8 and cost["milliseconds"] is None for cost in facts["costs"])
    assert "References:" in text
    assert "Args:" not in text
    assert "Factor of enlargement" in text


def marks_of(tags: frozenset[str]) -> list[pytest.MarkDecorator]:
    """The operations of a heavy model take seconds to count, even where nothing is computed."""
    return [pytest.mark.slow] if "heavy" in tags else []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, entry.name, marks=marks_of(entry.tags))
        for kind, registry in REGISTRIES.items()
        for entry in registry
    ],
)
def test_everything_can_be_shown(kind: str, name: str) -> None:
    result = run("show", kind, name, "--no-timing", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    facts = json.loads(result.stdout)
    assert (facts["name"], facts["summary"]) == (name, REGISTRIES[kind][name].summary)
    assert [item["name"] for item in facts["parameters"]] == [item.name for item in REGISTRIES[kind][name].parameters()]


@pytest.mark.parametrize("stage", STAGES)
def test_what_config_prints_is_a_recipe(stage: str, tmp_path: Path) -> None:
    for command in ("show", "template"):
        recipe = tmp_path / f"{command}.toml"
        recipe.write_text(run("config", command, stage).stdout)
        assert list(tomllib.loads(recipe.read_text())) == [stage]
        assert run("config", "check", recipe).stdout == f"{recipe}: all is well\n"
        assert run("config", "show", stage, "-c", recipe).stdout == run("config", "show", stage).stdout


@pytest.mark.parametrize("stage", STAGES)
def test_the_schema_of_a_stage_is_closed_and_its_defaults_can_be_read(stage: str) -> None:
    schema = json.loads(run("config", "schema", stage).stdout)
    assert schema["additionalProperties"] is False
    assert all(item["description"] for item in schema["properties"].values())
    defaults = {key: item["default"] for key, item in schema["properties"].items() if "default" in item}
    assert load_stage(stage, values=defaults) == load_stage(stage)


def test_overrides_are_stronger_than_recipes() -> None:
    shown = run("config", "show", "pairs", "-c", "fast_x4", "-s", "clean_size=96", "--json")
    assert json.loads(shown.stdout)["pairs"]["clean_size"] == 96
    assert json.loads(shown.stdout)["pairs"]["framing"] == "celeba"


def test_check_finds_every_fault_of_every_stage(tmp_path: Path) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text("[trian]\nx = 1\n[train]\nstesp = 1\n[evaluate]\nbatch_size = 0\n")
    result = run("config", "check", recipe, "fast_x4", "--json")
    bad, good = json.loads(result.stdout)
    assert result.exit_code == 2
    assert bad["faults"][:2] == [
        "no such table 'trian'; did you mean 'train'?",
        "train.stesp: no such key; did you mean 'steps'?",
    ]
    assert bad["faults"][2].startswith("evaluate.batch_size: ")
    assert (len(bad["faults"]), good["faults"]) == (3, [])
    assert run("config", "check", recipe).stderr.splitlines()[0] == f"Error: {recipe}: 3 faults"


@pytest.mark.slow
def test_pairs_from_plan_to_proof(folder: Callable[..., Path], tmp_path: Path) -> None:
    faces, out = folder(12), tmp_path / "pairs"
    (faces / "broken.png").write_bytes(b"no picture")
    request = ["pairs", "build", "--faces", faces, "--out", out, *SMALL, "-s", "splits={train=8, test=5}", "--json"]
    planned = json.loads(run(*request, "--dry-run").stdout)
    assert (planned["splits"], out.exists()) == ({"train": 8, "test": 5}, False)
    built = run(*request)
    facts = json.loads(built.stdout)
    assert built.exit_code == 0
    assert "pairs: 13/13" in built.stderr
    assert sum(facts["splits"].values()) == 12
    assert facts["rejected"] == [{"source": "broken.png", "reason": facts["rejected"][0]["reason"]}]
    assert decode((out / "sheet.png").read_bytes()).shape[1] > 2 * 32
    again = json.loads(run(*request).stdout)
    assert (again["built"], again["sha256"]) == (0, facts["sha256"])
    assert facts["sha256"] == pairs.read_manifest(out).sha256
    assert "different" not in run("pairs", "verify", out).stdout
    assert "mean luma" in run("pairs", "stats", out, "--split", "test").stdout


def test_parts_of_a_build_make_the_whole(folder: Callable[..., Path], tmp_path: Path) -> None:
    request = ["pairs", "build", "--faces", folder(8), *SMALL, "-s", "shard_size=2", "-s", "splits={train=8}", "--json"]
    first = json.loads(run(*request, "--out", tmp_path / "parts", "--shard", "1/2").stdout)
    second = json.loads(run(*request, "--out", tmp_path / "parts", "--shard", "2/2").stdout)
    whole = json.loads(run(*request, "--out", tmp_path / "whole").stdout)
    assert (first["finished"], first["built"], second["finished"], second["built"]) == (False, 4, True, 4)
    assert second["sha256"] == whole["sha256"]


def test_verify_and_build_fail_where_they_should(built: Path, folder: Callable[..., Path]) -> None:
    assert run("pairs", "verify", built, "--rows", 2).exit_code == 0
    refused = run("pairs", "build", "--faces", folder(3, name="others"), "--out", built, *SMALL)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "holds another build" in refused.stderr
    shard = next((built / "data").glob("train-*"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    result = run("pairs", "verify", built, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["faults"] == [f"{shard.name} has changed since it was built"]


def test_preview_draws_what_a_build_draws(folder: Callable[..., Path], tmp_path: Path) -> None:
    faces, out, sheet = folder(4), tmp_path / "pairs", tmp_path / "sheet.png"
    run("pairs", "build", "--faces", faces, "--out", out, *SMALL, "-s", "splits={train=4}", "--seed", 3)
    shown = ["preview", faces, *SMALL, "--seed", 3, "--mask", "patch(ratio=.5, size=8)", "--regions", "--out", sheet]
    result = run(*shown, "--json")
    drawn = {face["source"]: face["params"] for face in json.loads(result.stdout)["faces"]}
    stored = {pair.source: pair.params for pair in pairs.open(out, "train")}
    assert drawn == stored
    assert decode(sheet.read_bytes()).shape[1] > 4 * 32
    run("preview", faces, *SMALL, "--out", sheet)
    assert 2 * 32 < decode(sheet.read_bytes()).shape[1] < 3 * 32


def test_the_mask_of_a_preview_covers_its_share(folder: Callable[..., Path]) -> None:
    config = load_stage("pairs", overrides=SMALL[1::2])
    for ratio in (0.0, 0.25, 1.0):
        (item,) = preview([str(folder(1, name=f"of{ratio}"))], config, mask=parse_call(f"patch(ratio={ratio}, size=8)"))
        assert isinstance(item, Preview)
        assert item.mask is not None
        assert (item.mask != item.clean).any(axis=2).mean() == pytest.approx(ratio, abs=0.02)
        assert item.regions is None


def test_preview_names_what_it_cannot_use(folder: Callable[..., Path], tmp_path: Path) -> None:
    faces, sheet = folder(2), tmp_path / "sheet.png"
    (tmp_path / "broken.png").write_bytes(b"no")
    mixed = run("preview", tmp_path / "broken.png", faces / "000.png", *SMALL, "--out", sheet, "--dry-run")
    assert (mixed.exit_code, sheet.exists()) == (0, False)
    assert f"{tmp_path / 'broken.png'}: not a picture" in mixed.stderr
    assert "1_gamma_linear  alpha=" in mixed.stdout
    assert run("preview", tmp_path / "broken.png", *SMALL, "--out", sheet).exit_code == 1
    assert len(json.loads(run("preview", faces, *SMALL, "--count", 1, "--dry-run", "--json").stdout)["faces"]) == 1


def test_evaluate_prints_scores_with_their_protocol(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    told = run("evaluate", "bicubic", "--pairs", built, *QUICK, "--out", out)
    facts = json.loads(run("evaluate", "bicubic", "--pairs", built, *QUICK, "--json").stdout)
    data = pairs.open(built, "test")
    assert {"psnr", "ssim"} <= facts["mean"].keys()
    assert facts["count"] == len(data)
    assert facts["protocol"]["data"] == data.sha256
    assert facts["protocol"]["chain"] == str(data.chain)
    assert f"{facts['mean']['psnr']:.2f}" in told.stdout
    assert (out / "per_image.csv").is_file()


def test_folders_are_compared(folder: Callable[..., Path]) -> None:
    faces = folder(3)
    facts = json.loads(run("evaluate", "--restored", faces, "--clean", faces, *QUICK, "--json").stdout)
    assert facts["mean"]["ssim"] == pytest.approx(1)
    assert facts["mean"]["psnr"] is None  # JSON has no infinity


def test_train_says_what_it_would_do(built: Path, folder: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "run"
    facts = json.loads(run("train", "--pairs", built, "--out", out, "-s", "steps=3", "--dry-run", "--json").stdout)
    assert (facts["train"], facts["validation"], facts["settings"]["steps"]) == (12, 2, 3)
    live = ["--faces", folder(6, name="live"), *(f"-spairs.{text}" for text in SMALL[1::2]), "-s", "steps=3"]
    splits = "pairs.splits={train=4, validation=2}"
    facts = json.loads(run("train", *live, "-s", splits, "--out", out, "--dry-run", "--json").stdout)
    assert (facts["train"], facts["validation"], facts["scale"], out.exists()) == (4, 2, 4, False)
    few = "pairs.splits={train=0.999999, validation=0.000001}"
    facts = json.loads(run("train", *live, "-s", few, "--out", out, "--dry-run", "--json").stdout)
    assert (facts["train"], facts["validation"]) == (6, 0)


@pytest.mark.slow
def test_a_run_is_trained_measured_and_used(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    steps = ["-s", "steps=2", "-s", "batch_size=2", "-s", "validate_every=2", "-s", "log_every=1"]
    trained = run("train", "--pairs", built, "--out", out, *steps, "--device", "cpu", "--json")
    assert trained.exit_code == 0
    facts = json.loads(trained.stdout)
    assert (facts["step"], facts["stopped"]) == (2, False)
    assert facts["validation"]["psnr"] > 0
    assert "train: 2/2" in trained.stderr
    resumed = ["train", "--pairs", built, "--out", out, "--resume", "--device", "cpu"]
    assert run(*resumed, *steps).exit_code == 0
    with_its_own = run(*resumed)
    assert (with_its_own.exit_code, "nothing was left to do" in with_its_own.stderr) == (0, True)
    longer = run(*resumed, "-s", "steps=3")
    assert (longer.exit_code, "differs in steps" in longer.stderr) == (1, True)
    assert run("evaluate", out, "--pairs", built, *QUICK).exit_code == 0


@pytest.mark.slow
def test_the_demo_goes_from_faces_to_a_page(
    folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    out = tmp_path / "demo"
    assert "dry run" in run("demo", "--out", out, "--dry-run").stdout
    assert not out.exists()
    result = run("demo", "--out", out, "--faces", folder(40, 128), "--steps", 2, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(out / "report.html")
    assert (out / "report.html").is_file()
    stages = [line.split(":")[0] for line in result.stderr.splitlines() if line[0] != " " and ": " in line]
    assert list(dict.fromkeys(stages))[:4] == ["pairs", "train", "evaluate", "enhance"]
