"""Laws of every loss: zero at equality, one number a picture, finite gradients whatever the pictures are."""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from loss_cases import makers
from torch.nn import functional

from lfsrkit import LOSSES
from lfsrkit.errors import UsageError
from lfsrkit.losses import Loss

NAMES = LOSSES.names()
COMPARING = [name for name in NAMES if "regulariser" not in LOSSES[name].tags]
NEEDS = [("face_mask", "mask"), ("face_mask", "regions"), ("face_mask_views", "mask"), ("luminance", "stages")]
"""What losses look at beside the two pictures."""
EPS = 1e-3
SIDES = (32, 40)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(seed: int, n: int = 3, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.rand(n, 3, *SIDES, generator=seeded(seed), dtype=dtype)


def noisy(clean: torch.Tensor, strength: float) -> torch.Tensor:
    return clean + strength * torch.randn(clean.shape, generator=seeded(5), dtype=clean.dtype)


def extras(restored: torch.Tensor, selected: float = 0.5) -> dict[str, Any]:
    """What a model and a strategy would give; the early stage is the restored picture made small."""
    n, like = len(restored), {"dtype": restored.dtype}
    regions = torch.rand(n, 7, *SIDES, generator=seeded(9), **like) * (selected > 0)
    small = functional.interpolate(restored, (8, 10), mode="bicubic", antialias=True, align_corners=False)
    return {
        "low": torch.rand(n, 3, 8, 10, generator=seeded(7), **like),
        "mask": (torch.rand(n, 1, *SIDES, generator=seeded(8)) < selected).to(**like),
        "regions": regions,
        "stages": {"corrected": small, "restored": restored},
    }


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Loss]:
    return makers(tmp_path_factory.mktemp("weights"))


Make = Callable[[str], Loss]


@pytest.mark.parametrize("name", COMPARING)
def test_equal_pictures_give_next_to_nothing(name: str, make: Make) -> None:
    clean = pictures(0)
    loss = make(name)(clean, clean.clone(), **extras(clean))
    assert loss.shape == (3,)
    assert (loss >= 0).all()
    assert (loss <= 3 * EPS).all()


@pytest.mark.parametrize("name", COMPARING)
def test_different_pictures_give_more(name: str, make: Make) -> None:
    clean = pictures(0)
    equal, near, far = (
        make(name)(restored, clean, **extras(restored)) for restored in (clean, noisy(clean, 0.05), noisy(clean, 0.2))
    )
    assert (near > equal + 1e-6).all()
    assert (far > 1.5 * near).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_does_not_depend_on_its_batch(name: str, make: Make) -> None:
    restored, clean = pictures(0), pictures(1)
    given = extras(restored)
    batch = make(name)(restored, clean, **given)
    for i in range(3):
        single = {key: value[i : i + 1] for key, value in given.items() if key != "stages"}
        single["stages"] = {key: value[i : i + 1] for key, value in given["stages"].items()}
        alone = make(name)(restored[i : i + 1], clean[i : i + 1], **single)
        torch.testing.assert_close(alone, batch[i : i + 1])


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_that_is_not_finite_can_be_named(name: str, make: Make) -> None:
    restored = pictures(0)
    restored[1, 2, 3, 4] = torch.nan
    loss = make(name)(restored, pictures(1), **extras(restored))
    assert loss.isfinite().tolist() == [True, False, True]


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_right(name: str, make: Make) -> None:
    double = torch.float64
    restored, clean = pictures(0, 2, double).requires_grad_(), pictures(1, 2, double)
    assert torch.autograd.gradcheck(lambda x: make(name)(x, clean, **extras(x)), restored, fast_mode=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_gets_a_gradient(name: str, make: Make) -> None:
    gradient = gradient_of(make(name), noisy(pictures(0), 0.1), pictures(0))
    assert gradient.isfinite().all()
    assert (gradient.abs().sum(dim=(1, 2, 3)) > 0).all()


FLAT = [(0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (-0.2, 0.0), (-1 / 255, 0.5), (1.3, 1.0)]


@pytest.mark.parametrize("selected", [0.0, 0.5])
@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_finite_on_any_picture(name: str, selected: float, make: Make) -> None:
    clean = pictures(0)
    cases = [(clean.clone(), clean), (1 - clean, clean), (clean, clean * 0), (clean * 0, clean)]
    cases += [(torch.full_like(clean, ours), torch.full_like(clean, theirs)) for ours, theirs in FLAT]
    for restored, wanted in cases:
        assert gradient_of(make(name), restored, wanted, selected).isfinite().all()


def gradient_of(loss: Loss, restored: torch.Tensor, clean: torch.Tensor, selected: float = 0.5) -> torch.Tensor:
    leaf = restored.clone().requires_grad_()
    values = loss(leaf, clean, **extras(leaf, selected))
    assert values.isfinite().all()
    values.sum().backward()
    assert leaf.grad is not None
    return leaf.grad


@pytest.mark.parametrize("name", NAMES)
def test_sixteen_bits_are_widened_and_autocast_left_alone(name: str, make: Make) -> None:
    half, clean = pictures(0).bfloat16().requires_grad_(), pictures(1)
    wide = half.detach().float()
    with torch.autocast("cpu", torch.bfloat16):
        loss = make(name)(half, clean, **(extras(wide) | {"stages": {"corrected": 0 * half, "restored": half}}))
        plain = make(name)(wide, clean, **(extras(wide) | {"stages": {"corrected": 0 * wide, "restored": wide}}))
    assert loss.dtype == torch.float32
    assert torch.equal(loss, plain)
    loss.sum().backward()
    assert half.grad is not None
    assert half.grad.isfinite().all()
    outside = make(name)(wide, clean, **(extras(wide) | {"stages": {"corrected": 0 * wide, "restored": wide}}))
    assert torch.equal(plain, outside)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_as_they_are(name: str, make: Make) -> None:
    restored, clean = pictures(0), pictures(1)
    given = {"restored": restored, "clean": clean, **extras(restored)}
    before = copy.deepcopy(given)
    make(name)(**given)
    stages, stages_before = given.pop("stages"), before.pop("stages")
    assert all(torch.equal(value, before[key]) for key, value in given.items())
    assert all(torch.equal(value, stages_before[key]) for key, value in stages.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_says_what_it_looks_at(name: str, make: Make) -> None:
    assert make(name).needs == {need for loss, need in NEEDS if loss == name}


@pytest.mark.parametrize(("name", "need"), NEEDS)
def test_a_missing_need_is_refused(name: str, need: str, make: Make) -> None:
    given = {key: value for key, value in extras(pictures(0)).items() if key != need}
    with pytest.raises(UsageError, match=f"needs {need}.*pass"):
        make(name)(pictures(0), pictures(1), **given)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_needed_changes_nothing(name: str, make: Make) -> None:
    restored, clean = pictures(0), pictures(1)
    given = extras(restored)
    needed = {key: value for key, value in given.items() if key in make(name).needs}
    assert torch.equal(make(name)(restored, clean, **given), make(name)(restored, clean, **needed))


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_gives_the_same(name: str, make: Make) -> None:
    first, second = (
        each(pictures(0), pictures(1), **extras(pictures(0))) for each in (make(name), copy.deepcopy(make(name)))
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_right(name: str) -> None:
    entry = LOSSES[name]
    assert entry.summary == (inspect.getdoc(entry.factory) or "").partition("\n")[0].removesuffix(".")
    assert all(parameter.meaning for parameter in entry.parameters())
    assert "References:" in (inspect.getdoc(entry.factory) or "")
