"""Weights on disk: written whole, read back equal, and every wrong file refused with its fault."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from lfsrkit import MODELS
from lfsrkit.errors import DamagedFile, OutputRefused, UsageError
from lfsrkit.models import Restorer, load, read_header, save
from lfsrkit.models.bicubic import Bicubic


def pictures(n: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(0))


def make(name: str, **params: object) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.create(name, **params)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if "heavy" in MODELS[n].tags else n for n in MODELS.names()]
)
def test_saved_weights_give_equal_outputs(name: str, tmp_path: Path) -> None:
    scale = 1 if "enhance" in MODELS[name].tags else 4
    model = make(name, scale=scale).eval()
    save(model, tmp_path / "run" / "model.safetensors", name=name, params={"scale": scale}, extra={"seed": "7"})
    low, state = pictures(1, 6, 5), torch.get_rng_state()
    for place in (tmp_path / "run", tmp_path / "run" / "model.safetensors", str(tmp_path / "run")):
        again = load(place)
        assert not again.training
        with torch.no_grad():
            assert torch.equal(again(low), model(low))
    assert torch.equal(torch.get_rng_state(), state)
    header = read_header(tmp_path / "run")
    assert (header.name, header.params, header.extra) == (name, {"scale": scale}, {"seed": "7"})
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["model.safetensors"]


def saved(tmp_path: Path, **changes: object) -> Path:
    """Write a good file of weights, then change its header."""
    path = tmp_path / "weights.safetensors"
    save(make("edsr_baseline", scale=2), path, name="edsr_baseline", params={"scale": 2})
    header = {"format": 1, "name": "edsr_baseline", "params": {"scale": 2}, "version": "0"} | changes
    save_file(load_file(path), path, metadata={"lfsrkit": json.dumps(header)})
    return path


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"format": 2}, DamagedFile, "format 2"),
        ({"name": "edsr_basline"}, UsageError, "did you mean 'edsr_baseline'"),
        ({"name": "learned:os:system"}, UsageError, "allow_code"),
        (
            {"name": "lfsrnet_tiny", "params": {"backbone": "learned:os:system"}},
            UsageError,
            "learned:os:system.*allow_code",
        ),
        ({"name": "lfsrnet_tiny", "params": {"backbone": "nothing"}}, UsageError, "no backbone is called 'nothing'"),
        ({"params": {"scal": 2}}, UsageError, "did you mean 'scale'"),
        ({"params": [2]}, DamagedFile, "does not say which model"),
        ({"params": {"scale": 4}}, DamagedFile, "2 missing .*upsample.2.weight"),
        ({"name": "bicubic"}, DamagedFile, r"1 missing \(target_mean\); \d+ unexpected \(.*, \.\.\.\)"),
    ],
)
def test_a_wrong_header_is_refused_with_its_fault(
    tmp_path: Path, changes: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        load(saved(tmp_path, **changes))


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    header = read_header(path)
    tensors = load_file(path) | {"conv_first.bias": torch.zeros(3)}
    record = {"format": 1, "name": header.name, "params": dict(header.params)}
    save_file(tensors, path, metadata={"lfsrkit": json.dumps(record)})
    with pytest.raises(DamagedFile, match=r"1 of another shape \(conv_first.bias: \(3,\) instead of \(64,\)\)"):
        load(path)


def test_damaged_absent_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    for cut in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(DamagedFile, match="not a whole safetensors file"):
            load(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(DamagedFile, match="not written by lfsrkit"):
        load(path)
    save_file({"a": torch.zeros(1)}, path, metadata={"lfsrkit": "{"})
    with pytest.raises(DamagedFile, match="not JSON"):
        load(path)
    with pytest.raises(UsageError, match="no such file or folder"):
        load(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"holds no model\.safetensors"):
        load(tmp_path / "empty")


def test_a_plug_in_that_nobody_loaded_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint, EntryPoints

    points = EntryPoints([EntryPoint("sly", "a_module_that_is_not_loaded:make", "lfsrkit.models")])
    monkeypatch.setattr("lfsrkit.trust.entry_points", lambda group: points.select(group=group))
    with MODELS.temporary("sly", Bicubic):
        path = saved(tmp_path, name="sly", params={})
        with pytest.raises(UsageError, match="plug-in that is not loaded"):
            load(path)


def test_a_plug_in_that_is_loaded_may_be_named(tmp_path: Path) -> None:
    with MODELS.temporary("mine", Bicubic):
        save(Bicubic(scale=2, target_mean=0.3), tmp_path / "a.safetensors", name="mine", params={"scale": 2})
        assert float(load(tmp_path / "a.safetensors").state_dict()["target_mean"]) == pytest.approx(0.3)


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputRefused, match="No space left"):
        save(make("bicubic"), path, name="bicubic", params={})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("extra", [{"params": "x"}, {"name": "x"}])
def test_extra_may_not_hide_the_model(tmp_path: Path, extra: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="extra may not hold"):
        save(make("bicubic"), tmp_path / "a.safetensors", name="bicubic", params={}, extra=extra)


def test_parameters_that_are_not_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be recorded as JSON"):
        save(make("bicubic"), tmp_path / "a.safetensors", name="bicubic", params={"scale": torch.zeros(1)})
