"""Every shipped recipe trains: two steps on a few small drawn faces."""

from pathlib import Path

import pytest

from lfsrkit import MODELS, pairs, training
from lfsrkit.config import recipe_names
from lfsrkit.models import load
from lfsrkit.stages import load_stage

FACES = ["faces=synthetic:4", "framing=auto", "clean_size=32", "min_side=16", "splits={train=4, validation=0, test=0}"]
SHORT = ["steps=2", "batch_size=2", "validate_every=2", "checkpoint_every=2", "log_every=1", "workers=0"]


def heavy(recipe: str) -> bool:
    return "heavy" in MODELS[load_stage("train", recipes=[recipe]).model.name].tags


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if heavy(name) else name for name in recipe_names()]
)
def test_a_recipe_takes_two_steps(name: str, tmp_path: Path) -> None:
    data = pairs.live(load_stage("pairs", recipes=[name], overrides=FACES), "train")
    config = load_stage("train", recipes=[name], overrides=SHORT)
    records = list(training.train(config, data, None, tmp_path, device="cpu"))
    assert [record.step for record in records] == [1, 2]
    assert all(0 < record.loss < 2 for record in records)
    assert load(tmp_path).scale == data.scale


def test_every_model_that_learns_has_a_recipe_of_its_own() -> None:
    native = {name.removeprefix("native/") for name in recipe_names() if name.startswith("native/")}
    assert native == set(MODELS.names()) - set(MODELS.names(tag="floor"))
    assert all(load_stage("train", recipes=[f"native/{name}"]).model.name == name for name in native)


def test_the_common_recipe_leaves_model_and_protocol_alone() -> None:
    protocol = load_stage("train", recipes=["celeba_x8"])
    common = load_stage("train", recipes=["celeba_x8", "common"], overrides=["model=omnisr"])
    assert (common.low, str(common.model), common.optim.lr) == (protocol.low, "omnisr", 5e-4)
