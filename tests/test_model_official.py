"""Weights in the layout of others: found, renamed, and refused when they belong elsewhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from lfsrkit import MODELS
from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.models import Restorer, from_official
from lfsrkit.models.official_keys import LAYOUTS

HEAVY = {"edsr", "swinir_m", "ctcnet", "sparnet", "sparnet_light3d"}
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in HEAVY else name for name in LAYOUTS]


@cache
def model_of(name: str) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return MODELS.create(name).eval()


def official(name: str) -> dict[str, Tensor]:
    return {LAYOUTS[name].official(key): tensor for key, tensor in model_of(name).state_dict().items()}


def same(one: Restorer, other: Restorer) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_has_an_official_name_of_its_own_and_comes_back(name: str) -> None:
    weights, state = official(name), torch.get_rng_state()
    assert len(weights) == len(model_of(name).state_dict())
    model = from_official(name, weights)
    assert not model.training
    assert same(model, model_of(name))
    assert torch.equal(torch.get_rng_state(), state)


def wrapped(weights: Mapping[str, Tensor]) -> dict[str, Mapping[str, Any]]:
    return {
        "bare": weights,
        "params_ema wins": {"params": {"x": torch.zeros(1)}, "params_ema": weights},
        "params": {"params": weights},
        "state_dict": {"state_dict": weights, "epoch": 7},
        "model": {"model": weights, "optimizer": {"lr": 0.1}},
        "two deep": {"model": {"state_dict": weights}},
        "parallel": {f"module.{key}": tensor for key, tensor in weights.items()},
        "compiled": {"params": {f"_orig_mod.{key}": tensor for key, tensor in weights.items()}},
        "both": {"state_dict": {f"module._orig_mod.{key}": tensor for key, tensor in weights.items()}},
        "counted": {**weights, "total_ops": torch.zeros(1), "body.0.total_params": torch.zeros(1)},
    }


@pytest.mark.parametrize("way", wrapped({}))
@pytest.mark.parametrize("suffix", [None, ".pth"])
def test_weights_are_found_however_they_are_wrapped(way: str, suffix: str | None, tmp_path: Path) -> None:
    held = wrapped(official("dln"))[way]
    if suffix is None:
        assert same(from_official("dln", held), model_of("dln"))
        return
    torch.save(dict(held), tmp_path / "weights.pth")
    assert same(from_official("dln", tmp_path / "weights.pth"), model_of("dln"))
    assert same(from_official("dln", str(tmp_path / "weights.pth")), model_of("dln"))


def test_a_safetensors_file_is_read_too(tmp_path: Path) -> None:
    save_file(official("dln"), tmp_path / "weights.safetensors")
    assert same(from_official("dln", tmp_path / "weights.safetensors"), model_of("dln"))


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("touched-by-pickle"),))


def test_pickled_code_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"params": official("dln"), "extra": Hostile()}, "weights.pth")
    with pytest.raises(DamagedFile, match="no code in it was run"):
        from_official("dln", "weights.pth")
    assert not Path("touched-by-pickle").exists()


def test_damaged_and_absent_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        from_official("dln", tmp_path / "absent.pth")
    for suffix in (".pth", ".safetensors"):
        (tmp_path / f"a{suffix}").write_bytes(b"\x00" * 20)
        with pytest.raises(DamagedFile, match=f"a{suffix}"):
            from_official("dln", tmp_path / f"a{suffix}")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(DamagedFile, match="holds a list"):
        from_official("dln", tmp_path / "list.pth")


def test_weights_of_another_model_are_refused_with_the_first_names_that_differ() -> None:
    with pytest.raises(UsageError, match=r"not the weights of 'edsr_baseline'.*missing \(conv_first\.weight, .*feat1"):
        from_official("edsr_baseline", official("dln"))
    with pytest.raises(UsageError, match=r"of another shape \(conv_first\.weight: \(64, 3, 3, 3\) instead of \(256"):
        from_official("edsr", official("edsr_baseline"))


def test_weights_of_another_scale_are_refused() -> None:
    with pytest.raises(UsageError, match=r"at this scale: .*up\.0\.weight: \(192, 64, 3, 3\) instead of \(48, 64"):
        from_official("omnisr", official("omnisr"), scale=4)


@pytest.mark.parametrize("change", ["less", "more"])
def test_one_weight_too_few_or_too_many_is_refused(change: str) -> None:
    weights = official("dln")
    taken = weights.pop("out.bias")
    if change == "more":
        weights |= {"out.bias": taken, "out.gain": taken}
    expected = {"less": r"1 missing \(out\.bias\)", "more": r"1 unexpected \(out\.gain\)"}[change]
    with pytest.raises(UsageError, match=expected):
        from_official("dln", weights)


def test_tables_in_the_size_of_somebody_elses_training_are_not_read() -> None:
    weights = official("swinir_s")
    changed = {key: torch.zeros(1) if key.endswith("attn_mask") else tensor for key, tensor in weights.items()}
    without = {key: tensor for key, tensor in weights.items() if not key.endswith("attn_mask")}
    assert len(without) < len(weights)
    for held in (changed, without):
        assert same(from_official("swinir_s", held), model_of("swinir_s"))


@pytest.mark.slow
def test_what_ctcnet_never_uses_is_dropped_and_nothing_else() -> None:
    weights = official("ctcnet")
    dead = {"embed.weight": torch.zeros(32, 32, 3, 3), "res_layers.0.STL64.a": torch.zeros(1)}
    dead |= {"res_layers_up1.encoder.weight1.scale": torch.zeros(1), "res_layers.3.conv1.conv2d.weight": torch.zeros(1)}
    assert not dead.keys() & weights.keys()
    assert same(from_official("ctcnet", {**weights, **dead}), model_of("ctcnet"))
    with pytest.raises(UsageError, match=r"1 unexpected \(res_layers_up1\.other\.weight1\.scale\)"):
        from_official("ctcnet", {**weights, "res_layers_up1.other.weight1.scale": torch.zeros(1)})


@pytest.mark.parametrize(("name", "message"), [("sparnett", "did you mean 'sparnet"), ("lfsrnet", "no published")])
def test_models_without_published_weights_are_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        from_official(name, {})
