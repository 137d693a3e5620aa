"""Laws of every mask strategy."""

import inspect

import pytest
import torch

from lfsrkit import MASKS
from lfsrkit.errors import UsageError
from lfsrkit.seeding import generators
from tests.mask_cases import FIXED, NAMES, NEEDS, SIZES, draw, hints, seeded, strategy_of

PICTURED = {name: need for name, need in NEEDS.items() if need != "progress"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_shape_and_values(name: str, height: int, width: int) -> None:
    mask = draw(strategy_of(name), 3, height, width, seeded())
    assert mask.shape == (3, 1, height, width)
    assert mask.dtype == torch.float32
    assert ((mask == 0) | (mask == 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_needs_are_known_names(name: str) -> None:
    needs = strategy_of(name).needs
    assert isinstance(needs, frozenset)
    assert needs <= {"regions", "low", "error", "progress"}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_masks(name: str) -> None:
    strategy = strategy_of(name)
    first, again, other = (draw(strategy, 4, 64, 64, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (name in FIXED)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_its_pictures_one_by_one(name: str) -> None:
    strategy, ids = strategy_of(name), ["a", "b", "c"]
    given = {**hints(3, 48, 40), "regions": torch.rand(3, 7, 48, 40, generator=seeded(3))}
    batch = draw(strategy, 3, 48, 40, generators(0, ids, 0, "mask"), **given)
    for i in (2, 0, 1):
        single = {key: value[i : i + 1] if torch.is_tensor(value) else value for key, value in given.items()}
        alone = draw(strategy, 1, 48, 40, generators(0, [ids[i]], 0, "mask"), **single)
        assert torch.equal(alone[0], batch[i])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FIXED])
def test_pictures_of_a_batch_differ(name: str) -> None:
    mask = draw(strategy_of(name), 8, 128, 128, seeded())
    assert len({tuple(one.flatten().tolist()) for one in mask}) == 8


@pytest.mark.parametrize("name", NAMES)
def test_global_randomness_is_left_alone(name: str) -> None:
    before = torch.get_rng_state()
    draw(strategy_of(name), 2, 32, 32, seeded())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_as_they_are(name: str) -> None:
    given = hints(2, 32, 32)
    given["regions"] = given["regions"].clone()
    before = {key: value.clone() for key, value in given.items() if torch.is_tensor(value)}
    mask = strategy_of(name).sample(2, 32, 32, seeded(), **given)
    mask.fill_(5)
    assert all(torch.equal(given[key], value) for key, value in before.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_says_what_it_looks_at(name: str) -> None:
    assert strategy_of(name).needs == ({NEEDS[name]} if name in NEEDS else set())


@pytest.mark.parametrize(("name", "need"), PICTURED.items())
def test_a_missing_need_is_refused(name: str, need: str) -> None:
    given = {key: value for key, value in hints(2, 32, 32).items() if key != need}
    with pytest.raises(UsageError, match=f"needs {need}.*pass"):
        strategy_of(name).sample(2, 32, 32, seeded(), **given)


@pytest.mark.parametrize(("name", "need"), PICTURED.items())
def test_a_hint_of_another_size_is_refused(name: str, need: str) -> None:
    with pytest.raises(UsageError, match=rf"{need} has the shape .*32, 32\).*16, 16\)"):
        strategy_of(name).sample(2, 16, 16, seeded(), **{need: hints(2, 32, 32)[need]})


@pytest.mark.parametrize("name", NAMES)
def test_the_wrong_number_of_streams_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="3 generators were given for 2 pictures"):
        draw(strategy_of(name), 2, 32, 32, generators(0, ["a", "b", "c"], 0, "mask"))


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_right(name: str) -> None:
    entry = MASKS[name]
    assert entry.summary == (inspect.getdoc(entry.factory) or "").partition("\n")[0].removesuffix(".")
    assert all(parameter.meaning for parameter in entry.parameters())
