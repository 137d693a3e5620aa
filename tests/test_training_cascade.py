"""Training a cascade: what its parts are shown, whose turn it is, and that it resumes as all models do."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lfsrkit import training
from lfsrkit.degradations import chain_from_text, stack
from lfsrkit.errors import UsageError
from lfsrkit.images import to_float
from lfsrkit.models.base import ModelInfo, Restorer
from lfsrkit.models.weights import load
from lfsrkit.pairs import PairSet
from lfsrkit.pairs.degrade import replay
from lfsrkit.registries import MODELS
from lfsrkit.training.data import Batches
from lfsrkit.training.lessons import chain_between, part_in_turn, taught
from tests.training_cases import SCALE, TRAIN, FourPairs, assert_same_run, stage

pytestmark = pytest.mark.usefixtures("toy", "brighter")
CPU = torch.device("cpu")


class Brighter(Restorer):
    """One convolution, same size.

    Args:
        scale: 1.
    """

    def __init__(self, scale: int = 1) -> None:
        super().__init__(ModelInfo("enhance", (1,)), scale)
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def _stages(self, low: Tensor) -> dict[str, Tensor]:
        return {"restored": self.conv(low)}


@pytest.fixture
def brighter():
    with MODELS.temporary("brighter", Brighter, tags=("enhance",)):
        yield


def batch(pairs: PairSet, name: str, *settings: str):
    model = MODELS.create(name, scale=SCALE)
    between = chain_between(model, pairs.chain)
    config = stage(f"model={name}", f"batch_size={TRAIN}", *settings)
    return Batches(pairs, config, with_regions=True, device=CPU, between=between).at(0)


def test_the_picture_between_is_the_bright_small_one_or_the_dark_large_one(train_pairs: PairSet) -> None:
    small = batch(train_pairs, "brighter+toy", "flip=false")
    everything = train_pairs.batch(range(TRAIN))
    rows = [everything.ids.index(name) for name in small.ids]
    clean, params = everything.clean[rows], stack([everything.params[row] for row in rows])
    shrunk = replay(chain_from_text(f"downsample(scale={SCALE})"), clean, {"0_downsample": params["0_downsample"]})
    assert torch.equal(small.between, to_float(shrunk))
    assert small.between.mean() > small.low.mean() + 0.1
    large = batch(train_pairs, "toy+brighter", "flip=false")
    dark = replay(chain_from_text("gamma_linear"), clean, {"0_gamma_linear": params["1_gamma_linear"]})
    assert torch.equal(large.between, to_float(dark))


@pytest.mark.parametrize("name", ["brighter+toy", "toy+brighter"])
def test_fresh_pictures_of_the_first_epoch_are_the_stored_ones(name: str, train_pairs: PairSet) -> None:
    stored, fresh = (batch(train_pairs, name, f"low={low}") for low in ("stored", "fresh"))
    assert torch.equal(stored.between, fresh.between)
    assert torch.equal(stored.low, fresh.low)


def test_flips_take_the_picture_between_along(train_pairs: PairSet) -> None:
    plain, flipped = (batch(train_pairs, "brighter+toy", f"flip={flip}") for flip in ("false", "true"))
    turned = (flipped.low != plain.low).flatten(1).any(1)
    assert 0 < turned.sum() < TRAIN
    for row, is_turned in enumerate(turned.tolist()):
        assert torch.equal(flipped.between[row], plain.between[row].flip(-1) if is_turned else plain.between[row])


def test_each_part_gets_its_own_pictures_and_regions_of_their_size(train_pairs: PairSet) -> None:
    examples = batch(train_pairs, "brighter+toy")
    first, second = taught(examples, "first"), taught(examples, "second")
    assert torch.equal(first.low, examples.low)
    assert torch.equal(first.clean, examples.between)
    assert first.regions.shape[-2:] == first.clean.shape[-2:]
    assert torch.equal(second.low, examples.between)
    assert torch.equal(second.clean, examples.clean)
    assert taught(examples, None) is examples


def test_the_parts_take_turns(train_pairs: PairSet, tmp_path: Path) -> None:
    assert [part_in_turn(MODELS.create("brighter+toy", scale=4), step) for step in range(3)] == [
        "first",
        "second",
        "first",
    ]
    assert part_in_turn(MODELS.create("toy"), 0) is None
    weights = {}
    for steps in (1, 2):
        config = stage("model=brighter+toy", f"steps={steps}", "ema=0")
        list(training.train(config, train_pairs, None, tmp_path / str(steps), device="cpu"))
        weights[steps] = load(tmp_path / str(steps)).state_dict()
    changed = {key.partition(".")[0] for key in weights[1] if not torch.equal(weights[1][key], weights[2][key])}
    assert changed == {"second"}


@pytest.mark.slow
def test_an_interrupted_cascade_goes_on_bit_by_bit(train_pairs: PairSet, tmp_path: Path) -> None:
    config = stage("model=brighter+toy", "low=fresh", 'loss=["face_mask"]')
    list(training.train(config, train_pairs, None, tmp_path / "whole", device="cpu"))
    calls = iter(range(100))
    list(training.train(config, train_pairs, None, tmp_path / "cut", device="cpu", stop=lambda: next(calls) >= 8))
    list(training.train(config, train_pairs, None, tmp_path / "cut", device="cpu", resume=True))
    assert_same_run(tmp_path / "cut", tmp_path / "whole")


@pytest.mark.slow
def test_both_parts_learn(train_pairs: PairSet, tmp_path: Path) -> None:
    config = stage("model=brighter+toy", "steps=60", "optim.lr=0.01")
    losses = [record.loss for record in training.train(config, train_pairs, None, tmp_path / "run", device="cpu")]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("name", ["brighter+toy", "toy+brighter"])
def test_a_chain_that_does_all_at_once_is_refused_before_the_folder_is_claimed(
    name: str, train_pairs: PairSet, tmp_path: Path
) -> None:
    mixed = FourPairs(train_pairs)
    mixed.chain = chain_from_text("gfpgan(scale=4)")
    with pytest.raises(UsageError, match="0_gfpgan both shrinks"):
        next(training.train(stage(f"model={name}"), mixed, None, tmp_path / "run", device="cpu"))
    assert not (tmp_path / "run").exists()
