"""Tensors in files of others: found however they are wrapped, the same by every reader."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from lfsrkit import MODELS
from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.models import from_official
from lfsrkit.models.official_keys import LAYOUTS
from lfsrkit.tensors import WRAPPERS, differences, read_tensors, tensors_in
from lfsrkit.training.warm_start import warm_start

WEIGHTS = {"a.weight": torch.ones(2, 3), "a.bias": torch.ones(2)}
OTHERS = {key: torch.zeros_like(value) for key, value in WEIGHTS.items()}
WAYS: dict[str, Any] = {
    "bare": WEIGHTS,
    **{key: {key: WEIGHTS, "epoch": 7} for key in WRAPPERS},
    "two deep": {"model": {"state_dict": WEIGHTS}},
    "two deep the other way": {"state_dict": {"model": WEIGHTS}},
    "the average counts": {"model": OTHERS, "ema": WEIGHTS},
    "the published average counts": {"params": OTHERS, "params_ema": WEIGHTS},
    "a wrapper without tensors": {"ema": {"decay": 0.999}, "model": WEIGHTS},
    "parallel and compiled": {"params": {f"module._orig_mod.{key}": value for key, value in WEIGHTS.items()}},
}


def same(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[key], wanted[key]) for key in wanted)


@pytest.mark.parametrize("way", WAYS)
def test_tensors_are_found_however_they_are_wrapped(way: str, tmp_path: Path) -> None:
    assert same(tensors_in(WAYS[way]), WEIGHTS)
    torch.save(WAYS[way], tmp_path / "weights.pth")
    assert same(read_tensors(tmp_path / "weights.pth"), WEIGHTS)


@pytest.mark.parametrize("wrapped", [lambda held: {"model": {"state_dict": held}}, lambda held: {"ema": held}])
def test_every_reader_finds_the_same(wrapped: Any, tmp_path: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        model, other = MODELS.create("dln"), MODELS.create("dln")
    own = model.state_dict()
    official = from_official("dln", wrapped({LAYOUTS["dln"].official(key): value for key, value in own.items()}))
    assert same(official.state_dict(), own)
    torch.save(wrapped(own), tmp_path / "weights.pth")
    assert warm_start(other, tmp_path / "weights.pth").loaded == list(own)
    assert same(other.state_dict(), own)


def test_a_file_that_holds_itself_has_an_end() -> None:
    held: dict[str, Any] = {"a": torch.zeros(1)}
    held["model"] = held["ema"] = held
    assert list(tensors_in(held)) == ["a"]


def test_equal_tensors_do_not_differ() -> None:
    assert str(differences(WEIGHTS, OTHERS)) == ""


def test_what_is_no_weights_by_name_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(DamagedFile, match="holds a list"):
        read_tensors(tmp_path / "list.pth")
    with pytest.raises(UsageError, match="no such file"):
        read_tensors(tmp_path / "absent.pth")
