"""What can be chosen: optimisers, schedules, number formats, memory, trackers, weights to begin with."""

import copy
import json
import math
import shutil
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from lfsrkit import training
from lfsrkit.errors import DamagedFile, UsageError
from lfsrkit.pairs import PairSet
from lfsrkit.stages import OptimConfig
from lfsrkit.training.optimiser import FUSED, make_optimiser
from lfsrkit.training.precision import Gradients
from lfsrkit.training.recompute import recompute_blocks
from lfsrkit.training.schedule import learning_rate
from lfsrkit.training.warm_start import warm_start
from tests.command_cases import LIMIT_SECONDS
from tests.training_cases import Calm, Toy, assert_same_run, last_checkpoint, plugged, stage

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")
TIMM = import_module("timm.optim")
ELSEWHERE = ("bnb", "fused")
"""Optimisers that come from packages of their own."""


@pytest.fixture(autouse=True)
def _plugs():
    with plugged():
        yield


def usable() -> list[str]:
    names = [name for name in TIMM.list_optimizers() if not name.startswith(ELSEWHERE)]
    return [name for name in names if not TIMM.get_optimizer_info(name).second_order]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adamw", "adam", "sgd", "lion", "nadamw", "adopt", "lamb", "adafactor", "rmsprop"])
def test_optimisers_resume_bit_by_bit(train_pairs: PairSet, tmp_path: Path, name: str) -> None:
    config = stage(f"optim.name={name}", "optim.lr=1e-4", "steps=10", "log_every=1")
    whole, out = tmp_path / "whole", tmp_path / "run"
    list(training.train(config, train_pairs, None, whole, device="cpu"))
    stopped = training.train(config, train_pairs, None, out, device="cpu", stop=lambda: True)
    assert [record.step for record in stopped] == [1]
    list(training.train(config, train_pairs, None, out, resume=True, device="cpu"))
    assert_same_run(out, whole)


def test_every_optimiser_that_is_here_can_be_made() -> None:
    assert {"adamw", "adam", "sgd", "lion"} <= set(usable())
    refused = {}
    for name in usable():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # some advise to install what makes them faster
                make_optimiser(OptimConfig(name=name), Toy().parameters())
        except UsageError as error:
            refused[name] = str(error)
    assert all("optim.name=" in reason for reason in refused.values())
    assert len(refused) < len(usable()) / 10, refused


def test_torch_and_timm_make_the_same_adamw() -> None:
    config = OptimConfig(name="adamw", weight_decay=0.1, lr=1e-2)
    models = [Calm()]
    models.append(copy.deepcopy(models[0]))
    moments = {"betas": config.betas, "weight_decay": config.weight_decay}
    ours = make_optimiser(config, models[0].parameters())
    theirs = TIMM.create_optimizer_v2(models[1].parameters(), opt="adamw", lr=config.lr, **moments)
    for _ in range(3):
        for model, optimiser in zip(models, (ours, theirs), strict=True):
            optimiser.zero_grad()
            model(torch.full((1, 3, 4, 4), 0.5)).square().mean().backward()
            optimiser.step()
    torch.testing.assert_close(*(model.state_dict() for model in models), rtol=0, atol=1e-6)
    assert "adamw" in FUSED


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("optim.name=adamm",), "did you mean 'adamw'|did you mean 'adam"),
        (("optim.name=adahessian",), "second derivatives"),
        (("optim.options={ nonsense = 1 }",), "nonsense"),
        (("optim.name=sgd", "optim.options={ nonsense = 1 }"), "nonsense"),
        (("precision=fp16",), "needs an accelerator"),
        (("recompute=true",), "count batch statistics"),
        (("trackers=['tensorbord']",), "did you mean 'tensorboard'"),
        (("init=nowhere",), "no such file"),
        (("accumulate=3",), "batch_size=4 cannot be divided"),
        (("mask=patch(ratio=0.5)",), "no loss uses patch"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    train_pairs: PairSet, tmp_path: Path, settings: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        next(training.train(stage(*settings), train_pairs, None, tmp_path / "run", device="cpu"))
    assert not (tmp_path / "run").exists()


def test_rates_follow_their_schedule(train_pairs: PairSet, tmp_path: Path) -> None:
    key = ("optim.schedule=multistep", "optim.milestones=[0.5, 0.75]", "optim.gamma=0.1", "optim.lr=1e-2")
    config = stage(*key, "steps=16", "log_every=1", "optim.warmup_steps=2")
    rates = [record.lr for record in training.train(config, train_pairs, None, tmp_path / "run", device="cpu")]
    assert rates == pytest.approx([5e-3, 1e-2] + [1e-2] * 6 + [1e-3] * 4 + [1e-4] * 4)
    flat = [learning_rate(step, 9, peak=2.0, warmup_steps=3, schedule="constant") for step in range(9)]
    assert flat == pytest.approx([2 / 3, 4 / 3] + [2.0] * 7)


def test_a_gradient_that_overflows_is_an_error_only_without_scaling() -> None:
    assert not Gradients("fp32", CPU).may_overflow()
    assert not Gradients("bf16", CPU).may_overflow()


def test_a_gradient_that_overflows_in_scaling_skips_a_step_and_halves_the_scale() -> None:
    weight = torch.nn.Linear(1, 1, bias=False)
    optimiser = torch.optim.SGD(weight.parameters(), lr=1.0)
    gradients = Gradients("fp32", CPU)
    gradients._scaler = torch.amp.GradScaler("cpu", init_scale=8.0)  # fp16 itself is refused on a CPU
    before = weight.weight.detach().clone()

    def step(loss: torch.Tensor) -> float:
        optimiser.zero_grad()
        gradients.backward(loss)
        norm = gradients.clip(weight, optimiser, 1e9)
        gradients.step(optimiser)
        return float(norm)

    assert step(weight.weight.sum() * 2) == pytest.approx(2.0)
    assert torch.equal(weight.weight, before - 2)
    assert gradients.may_overflow()
    assert not math.isfinite(step(weight.weight.sum() * 3e38))
    assert torch.equal(weight.weight, before - 2)
    assert gradients.state()["scale"] == 4.0
    other = Gradients("fp32", CPU)
    other._scaler = torch.amp.GradScaler("cpu")
    other.restore(gradients.state())
    assert other.state()["scale"] == 4.0


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["channels_last=true", "model=calm", "recompute=true"])
def test_memory_formats_and_recomputation_change_no_more_than_rounding(
    train_pairs: PairSet, tmp_path: Path, setting: str
) -> None:
    def run(name: str, *more: str) -> list[float]:
        config = stage("model=calm", "log_every=1", *more)
        return [r.loss for r in training.train(config, train_pairs, None, tmp_path / name, device="cpu")]

    assert run("with", setting) == pytest.approx(run("without"), abs=1e-5)


def test_recomputed_blocks_run_twice_and_keep_their_names() -> None:
    plain, model = Calm(), Calm()
    model.load_state_dict(plain.state_dict())
    assert recompute_blocks(model) == 4
    assert model.state_dict().keys() == plain.state_dict().keys()
    calls = []
    model.blocks[0].register_forward_hook(lambda *_: calls.append("outside"))
    inner = model.blocks[0]._conv_forward
    model.blocks[0]._conv_forward = lambda *given: calls.append("inside") or inner(*given)  # pyright: ignore
    low = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    for each in (plain, model):
        each(low).square().mean().backward()
    assert calls.count("inside") == 2
    for mine, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_blocks_with_statistics_are_not_recomputed() -> None:
    model = Toy()
    model.more = torch.nn.Sequential(*(torch.nn.BatchNorm2d(3) for _ in range(5)))
    with pytest.raises(UsageError, match="batch statistics"):
        recompute_blocks(model)


def test_records_go_to_tensorboard_once_each(train_pairs: PairSet, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out, config = tmp_path / "run", stage("trackers=['tensorboard']", "log_every=1", "steps=8", "checkpoint_every=3")
    stream = training.train(config, train_pairs, None, out, device="cpu")
    early = [next(stream) for _ in range(5)]
    stream.close()
    late = list(training.train(config, train_pairs, None, out, resume=True, device="cpu"))
    assert [record.step for record in late] == [4, 5, 6, 7, 8]
    events = EventAccumulator(str(out / "tensorboard")).Reload()
    told = {event.step: event.value for event in events.Scalars("loss")}
    assert told == pytest.approx({record.step: record.loss for record in [*early[:3], *late]}, rel=1e-6)
    assert len(events.Scalars("loss")) == 8
    assert "terms/charbonnier" in events.Tags()["scalars"]


def trained(out: Path, pairs: PairSet, *settings: str) -> Path:
    list(training.train(stage("steps=5", *settings), pairs, None, out, device="cpu"))
    return out


@pytest.mark.parametrize("source", ["run", "checkpoint", "safetensors", "pth", "wrapped pth"])
def test_a_run_begins_with_the_weights_of_another(train_pairs: PairSet, tmp_path: Path, source: str) -> None:
    first = trained(tmp_path / "first", train_pairs)
    weights = load_file(first / "model.safetensors")
    torch.save(weights, tmp_path / "plain.pth")
    torch.save({"params": {f"module.{key}": value for key, value in weights.items()}}, tmp_path / "wrapped.pth")
    path = {
        "run": first,
        "checkpoint": last_checkpoint(first),
        "safetensors": first / "model.safetensors",
        "pth": tmp_path / "plain.pth",
        "wrapped pth": tmp_path / "wrapped.pth",
    }[source]
    model = Toy()
    done = warm_start(model, path)
    assert set(done.loaded) == set(weights)
    assert (done.missing, done.unexpected, done.reshaped) == ([], [], {})
    assert all(torch.equal(value, weights[key]) for key, value in model.state_dict().items())


def test_partial_weights_are_told_key_by_key(train_pairs: PairSet, tmp_path: Path) -> None:
    state = Toy(scale=8).state_dict()
    del state["body.0.bias"]
    save_file({**state, "strange": torch.zeros(1)}, tmp_path / "x8.safetensors")
    told: list[str] = []
    config = stage(f"init={tmp_path / 'x8.safetensors'}", "steps=5")
    out = tmp_path / "run"
    list(training.train(config, train_pairs, None, out, device="cpu", tell=told.append))
    assert told == [
        f"7 tensors loaded from {tmp_path / 'x8.safetensors'}; 1 missing (body.0.bias); 1 unexpected (strange); "
        "2 of another shape (head.weight: (192, 8, 3, 3) instead of (48, 8, 3, 3), head.bias: (192,) instead of (48,))"
    ]
    report = json.loads((out / "init.json").read_text())
    assert len(report["loaded"]) + len(report["missing"]) + len(report["reshaped"]) == len(Toy().state_dict())
    assert report["reshaped"]["head.bias"] == [[192], [48]]
    (tmp_path / "x8.safetensors").unlink()
    longer = stage(f"init={tmp_path / 'x8.safetensors'}", "steps=7")
    assert list(training.train(longer, train_pairs, None, out, resume=True, force=True, device="cpu"))[-1].step == 7


def test_the_body_of_x4_begins_x8(train_pairs: PairSet, tmp_path: Path) -> None:
    first = trained(tmp_path / "first", train_pairs)
    model = Toy(scale=8)
    done = warm_start(model, first)
    assert set(done.reshaped) == {"head.weight", "head.bias"}
    weights = load_file(first / "model.safetensors")
    assert torch.equal(model.state_dict()["body.0.weight"], weights["body.0.weight"])
    assert math.isfinite(float(model(torch.zeros(1, 3, 4, 4)).detach().mean()))


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x08\x00\x00\x00\x00\x00\x00\x00{}"])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_files_without_weights_are_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises((DamagedFile, UsageError), match=path.name):
        warm_start(Toy(), path)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a compiler of C++ here")
def test_a_compiled_model_learns_the_same(toy_folder: Path, train_pairs: PairSet, tmp_path: Path) -> None:
    """In a process of its own, because the shape checks of the test run cannot be compiled."""
    settings = ("model=calm", "steps=5", "validate_every=5")
    child = [sys.executable, "-m", "tests.training_child", toy_folder, tmp_path / "compiled", *settings, "compile=true"]
    subprocess.run(child, cwd=ROOT, check=True, capture_output=True, timeout=LIMIT_SECONDS)
    plain = tmp_path / "plain"
    list(training.train(stage(*settings), train_pairs, None, plain, device="cpu"))
    mine, theirs = (load_file(out / "model.safetensors") for out in (tmp_path / "compiled", plain))
    torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-5)
