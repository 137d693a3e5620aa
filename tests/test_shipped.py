"""Weights that ship: found by name, halved by a command, small together, and named where one asks for others."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lfsrkit import MODELS, shipped
from lfsrkit.errors import OutputRefused, UsageError
from lfsrkit.export import export_weights
from lfsrkit.images import encode_png
from lfsrkit.models import load, read_header, restorer_for, save
from tests.command_cases import run
from tests.pictures import picture

LARGEST_TOGETHER = 5_000_000
"""Bytes."""


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """The folder of a run that has saved."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MODELS.create("lfsrnet_tiny", scale=4)
    params = {"scale": 4}
    save(model, tmp_path / "run" / "model.safetensors", name="lfsrnet_tiny", params=params, extra={"step": "7"})
    return tmp_path / "run"


@pytest.fixture
def weights(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights that ship, with one file."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "weights")
    export_weights(trained, tmp_path / "weights" / "mine_x4.safetensors")
    return tmp_path / "weights"


def test_halved_weights_give_almost_the_same(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "half.safetensors"
    done = export_weights(trained, out)
    assert done.facts["bytes"] == out.stat().st_size < 0.52 * (trained / "model.safetensors").stat().st_size
    assert {tensor.dtype for tensor in load_file(out).values()} == {torch.float16}
    again, exact = load(out), load(trained)
    assert {parameter.dtype for parameter in again.parameters()} == {torch.float32}
    low = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) ** 3
    with torch.inference_mode():
        assert 255 * (again(low).clamp(0, 1) - exact(low).clamp(0, 1)).abs().max() == pytest.approx(
            done.facts["largest change of 255 levels"], abs=1e-3
        )
    assert 0 < float(done.facts["largest change of 255 levels"]) < 1
    header = read_header(out)
    assert (header.name, header.params, header.extra["step"]) == ("lfsrnet_tiny", {"scale": 4}, "7")


def test_numbers_beyond_16_bits_are_refused(trained: Path, tmp_path: Path) -> None:
    model = load(trained)
    with torch.no_grad():
        next(model.parameters()).fill_(1e6)
    save(model, tmp_path / "big.safetensors", name="lfsrnet_tiny", params={"scale": 4})
    with pytest.raises(OutputRefused, match="do not fit into 16 bits"):
        export_weights(tmp_path / "big.safetensors", tmp_path / "half.safetensors")
    assert not (tmp_path / "half.safetensors").exists()


def test_nothing_is_overwritten(trained: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(b"mine")
    with pytest.raises(OutputRefused, match="exists already"):
        export_weights(trained, mine)
    assert mine.read_bytes() == b"mine"
    with pytest.raises(UsageError, match=r"go into a \.safetensors file"):
        export_weights(trained, tmp_path / "half.bin")


@pytest.mark.usefixtures("weights")
def test_weights_are_found_by_their_name_alone(tmp_path: Path) -> None:
    (tmp_path / "dark.png").write_bytes(encode_png(picture(0, 16)))
    result = run("enhance", "mine_x4", tmp_path / "dark.png", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "dark.png").is_file()
    assert load("mine_x4").scale == restorer_for("mine_x4").scale == 4
    listed = json.loads(run("list", "weights", "--json").stdout)["weights"]
    assert [(row["name"], row["origin"]) for row in listed] == [("mine_x4", "lfsrkit")]
    assert listed[0]["summary"].startswith("lfsrnet_tiny(scale=4), 1.")


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("wrong", ["mine_x8", "lfsrnet_tiny", "../weights/mine_x4", "no/such/run"])
def test_a_wrong_name_is_answered_with_those_that_ship(wrong: str) -> None:
    with pytest.raises(UsageError, match="weights that ship: mine_x4"):
        restorer_for(wrong)
    with pytest.raises(UsageError, match="weights that ship: mine_x4"):
        load(wrong)


@pytest.mark.usefixtures("weights")
def test_a_near_name_is_offered() -> None:
    with pytest.raises(UsageError, match="did you mean 'mine_x4'"):
        restorer_for("mine_x8")


def test_a_version_without_weights_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "nothing")
    assert json.loads(run("list", "weights", "--json").stdout) == {"weights": []}
    with pytest.raises(UsageError, match="weights that ship: none in this version"):
        restorer_for("lfsrnet_tiny_x8")


def test_the_command_writes_what_it_says(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "half.safetensors"
    planned = run("export", trained, "--to", "weights", "--out", out, "--dry-run", "--json")
    assert json.loads(planned.stdout)["model"] == "lfsrnet_tiny"
    assert not out.exists()
    done = json.loads(run("export", trained, "--to", "weights", "--out", out, "--json").stdout)
    assert (done["path"], done["facts"]["bytes"]) == (str(out), out.stat().st_size)
    again = run("export", trained, "--to", "weights", "--out", out)
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    unknown = run("export", trained, "--to", "weight", "--out", out)
    assert (unknown.exit_code, "did you mean 'weights'" in unknown.stderr) == (2, True)


def test_what_ships_is_small() -> None:
    assert sum(item.size for item in shipped.shipped()) < LARGEST_TOGETHER


@pytest.mark.parametrize("name", shipped.shipped_names())
def test_what_ships_brightens_and_is_called_as_it_enlarges(name: str) -> None:
    model = load(name)
    assert name.endswith(f"_x{model.scale}")
    low = torch.from_numpy(picture(0, 128 // model.scale)).permute(2, 0, 1)[None].float().div(255) ** 3
    with torch.inference_mode():
        restored = model(low)
    assert restored.isfinite().all()
    assert restored.mean() > 1.5 * low.mean()


@pytest.mark.parametrize("name", shipped.shipped_names())
def test_weights_that_ship_are_shown_with_their_card(name: str) -> None:
    told = run("show", "weights", name)
    assert told.exit_code == 0
    assert told.stdout.startswith(f"weights {name}, of lfsrnet_tiny(scale={name[-1]})")
    assert "What it is for." in told.stdout
    assert "Limits." in told.stdout
    assert f"--out {name}.safetensors" in told.stdout
    assert all(f"--out {other}" not in told.stdout for other in shipped.shipped_names() if other != name)
    facts = json.loads(run("show", "weights", name, "--json").stdout)
    assert (facts["name"], facts["card"]) == (name, shipped.card_of(name))
    wrong = run("show", "weights", name + "0")
    assert (wrong.exit_code, f"did you mean {name!r}" in wrong.stderr) == (2, True)
