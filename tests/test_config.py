"""Configuration: precedence, every fault at once, round trips, and every shipped recipe."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfsrkit import config
from lfsrkit.calls import Call
from lfsrkit.config import to_tables
from lfsrkit.degradations.chain import chain_from_calls
from lfsrkit.errors import ConfigError, LfsrkitError, UsageError
from lfsrkit.faces import open_source
from lfsrkit.registries import MODELS
from lfsrkit.stages import STAGES, PairsConfig, TrainConfig, load_stage
from lfsrkit.toml import parse_toml, to_toml

RECIPES = Path(config.__file__).parent / "recipes"
PLAIN = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_order_is_defaults_then_recipes_then_overrides_then_flags(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text("[train]\nsteps = 10\nbatch_size = 4\n[train.optim]\nlr = 0.1\nclip_norm = 2.0\n")
    second.write_text("[train]\nbatch_size = 5\n[train.optim]\nlr = 0.2\n")
    made = load_stage("train", recipes=[first, second], overrides=["optim.lr=3e-4"], values={"seed": 7})
    assert (made.steps, made.batch_size, made.optim.lr, made.optim.clip_norm, made.seed) == (10, 5, 3e-4, 2.0, 7)
    assert made.ema == TrainConfig().ema


@pytest.mark.parametrize(
    ("asked", "length"),
    [([], (10, 5.0)), (["steps=7"], (7, None)), (["minutes=3"], (2000, 3.0))],
)
def test_the_length_on_the_command_line_replaces_that_of_a_recipe(
    asked: list[str], length: tuple[int, float | None], tmp_path: Path
) -> None:
    """A recipe may hold both, as the written configuration of a run does: then minutes count."""
    recipe = tmp_path / "r.toml"
    recipe.write_text("[train]\nsteps = 10\nminutes = 5\n")
    made = load_stage("train", recipes=[recipe], overrides=asked)
    assert (made.steps, made.minutes) == length


def test_a_later_recipe_replaces_the_length_of_an_earlier_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text("[train]\nminutes = 5\n")
    second.write_text("[train]\nsteps = 10\n")
    assert load_stage("train", recipes=[first, second]).minutes is None
    assert load_stage("train", recipes=[second, first]).minutes == 5


def test_two_lengths_on_the_command_line_are_refused() -> None:
    with pytest.raises(ConfigError, match="-s steps and -s minutes say the same thing in two ways"):
        load_stage("train", overrides=["steps=5", "minutes=1"])


def test_all_faults_are_listed_at_once_in_the_users_spelling(tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text("[tran]\nsteps = 1\n[train]\nsteps = 'many'\n")
    overrides = ["optim.lrr=1", "mask=pach(ratio=.5)", "model=lfsrnet_tiny(scal=8)", "nothing", "loss=['l2x']"]
    with pytest.raises(ConfigError) as caught:
        load_stage("train", recipes=[recipe], overrides=overrides)
    text = "\n".join(caught.value.faults)
    for part in ("'tran'; did you mean 'train'", "optim.lrr: no such key; did you mean 'lr'", "did you mean 'patch'"):
        assert part in text
    for part in ("did you mean 'scale'", "steps: ", "write key=value", "l2x"):
        assert part in text
    assert len(caught.value.faults) == 7


def test_a_component_replaces_another_with_its_parameters(tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text('[train]\nmask = { name = "patch", ratio = 0.25, size = 8 }\n')
    assert str(load_stage("train", recipes=[recipe]).mask) == "patch(ratio=0.25, size=8)"
    assert str(load_stage("train", recipes=[recipe], overrides=["mask=random(ratio=.5)"]).mask) == "random(ratio=0.5)"


def test_one_loss_needs_no_list() -> None:
    one = load_stage("train", overrides=["loss=face_mask(alpha=2.0)"])
    many = load_stage("train", overrides=["loss=[{name='face_mask', alpha=2.0, weight=1.0}]"])
    assert to_tables(one)["loss"] == to_tables(many)["loss"] == [{"term": "face_mask(alpha=2.0)", "weight": 1.0}]


def test_tables_and_text_give_the_same_chain(tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        '[[pairs.degrade]]\nname = "downsample"\nscale = 4\n'
        '[[pairs.degrade]]\nname = "gamma_linear"\ngamma = [2.0, 3.0]\n'
    )
    text = "downsample(scale=4) | gamma_linear(gamma=(2.0, 3.0))"
    tables = load_stage("pairs", recipes=[recipe]).degrade
    assert str(chain_from_calls(tables)) == str(chain_from_calls(load_stage("pairs", values={"degrade": text}).degrade))


@pytest.mark.parametrize(
    "splits", ["{train=1, test=0.5}", "{train=-1}", "{train=0.9, test=0.2}", "{train=0}", "{tran=1}"]
)
def test_impossible_splits_are_refused(splits: str) -> None:
    with pytest.raises(ConfigError, match=r"splits"):
        load_stage("pairs", overrides=[f"splits={splits}"])


@pytest.mark.parametrize(
    ("stage", "key", "near"), [("train", "loss", "charbonnier"), ("benchmark", "seeds", "[0, 1, 2]")]
)
def test_a_list_that_may_not_be_empty_is_refused_with_its_default(stage: str, key: str, near: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}: at least one is needed, such as ") as caught:
        load_stage(stage, overrides=[f"{key}=[]"])
    assert near in str(caught.value)


@pytest.mark.parametrize("stage", STAGES)
def test_the_template_of_a_stage_parses_back_to_its_defaults(stage: str) -> None:
    tables = tomllib.loads(config.template(STAGES[stage], stage))
    assert to_tables(STAGES[stage].model_validate(tables[stage])) == to_tables(STAGES[stage]())


@pytest.mark.parametrize("stage", STAGES)
def test_a_resolved_stage_survives_toml(stage: str) -> None:
    made = STAGES[stage]()
    assert to_tables(STAGES[stage].model_validate(tomllib.loads(to_toml(to_tables(made))))) == to_tables(made)


@pytest.mark.slow
@given(st.dictionaries(st.text(), PLAIN))
def test_whatever_is_written_as_toml_is_read_back(tables: dict[str, object]) -> None:
    read = parse_toml(to_toml(tables))
    assert json.dumps(read, sort_keys=True) == json.dumps(tables, sort_keys=True)


def test_rows_with_signs_in_their_names_survive_toml() -> None:
    made = load_stage("benchmark", values={"accumulate": {"dln+edsr_baseline": 2, "lsr(scale=8)": 3}})
    assert STAGES["benchmark"].model_validate(parse_toml(to_toml(to_tables(made)))) == made


@pytest.mark.parametrize("stage", STAGES)
def test_every_key_is_documented_in_the_schema(stage: str) -> None:
    schema = config.schema(STAGES[stage])
    assert all(item.get("description") or "$ref" in item for item in schema["properties"].values())


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_is_found_and_sound(path: Path) -> None:
    name = path.relative_to(RECIPES).with_suffix("").as_posix()
    assert name in config.recipe_names()
    for stage in STAGES:
        load_stage(stage, recipes=[name])
    pairs: PairsConfig = load_stage("pairs", recipes=[name])
    low = chain_from_calls(pairs.degrade).out_size(pairs.clean_size, pairs.clean_size)
    keeps_the_size = MODELS[load_stage("train", recipes=[name]).model.name].tags >= {"enhance"}
    assert low[0] == pairs.clean_size if keeps_the_size else low[0] < pairs.clean_size


def test_recipes_are_found_at_all() -> None:
    assert {"celeba_x8", "fast_x4", "demo"} <= set(config.recipe_names())


def test_an_unknown_or_broken_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'celeba_x4' or 'celeba_x8'"):
        config.read_recipe("celeba_x9")
    broken = tmp_path / "b.toml"
    broken.write_text("a = [")
    with pytest.raises(UsageError, match="is not TOML"):
        config.read_recipe(broken)


def test_faults_say_what_to_write() -> None:
    with pytest.raises(ConfigError, match=r"pairs: no such key; leave out the name of the stage here: clean_size"):
        load_stage("pairs", overrides=["pairs.clean_size=64"])
    with pytest.raises(ConfigError, match=r"^splits: "):
        load_stage("pairs", overrides=["splits={train=-3}"])
    with pytest.raises(LfsrkitError, match=r"write jpeg\(\) for the component"):
        load_stage("pairs", overrides=["degrade=maybe(of=jpeg)"])
    with pytest.raises(UsageError, match="hub: names no data set"):
        open_source("hub:", size=64)


def test_one_name_is_a_list_of_one() -> None:
    assert load_stage("evaluate", overrides=["metrics=psnr"]).metrics == (Call("psnr"),)
    assert load_stage("train", overrides=["trackers=tensorboard"]).trackers == ("tensorboard",)
    with pytest.raises(UsageError, match="did you mean 'psnr'"):
        load_stage("evaluate", overrides=["metrics=psnrr"])


@pytest.mark.parametrize("text", ["splits={train=.8, validation=.2}", "loss=[charbonnier]"])
def test_a_slip_in_a_list_or_table_is_told_as_one(text: str) -> None:
    with pytest.raises(ConfigError, match=r"-s (splits|loss): .* is no list or table of TOML: .* quotes"):
        load_stage("pairs" if "splits" in text else "train", overrides=[text])
