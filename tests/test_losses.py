"""Laws of every loss, and closed forms of single ones."""

import copy
import inspect
import math
from typing import Any

import pytest
import torch

from lfsrkit import LOSSES, MASKS
from lfsrkit.calls import parse_call
from lfsrkit.errors import UsageError
from lfsrkit.losses import absolute_error
from lfsrkit.regions import template_regions

NAMES = LOSSES.names()
EPS = 1e-3


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(
    seed: int, n: int = 3, height: int = 16, width: int = 20, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    return torch.rand(n, 3, height, width, generator=seeded(seed), dtype=dtype)


def extras(n: int = 3, height: int = 16, width: int = 20, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
    return {
        "low": torch.rand(n, 3, height // 4, width // 4, generator=seeded(7), dtype=dtype),
        "mask": (torch.rand(n, 1, height, width, generator=seeded(8)) < 0.5).to(dtype),
        "regions": torch.rand(n, 7, height, width, generator=seeded(9), dtype=dtype),
        "stages": {"restored": pictures(6, n, height, width, dtype)},
    }


# --- every loss ---


@pytest.mark.parametrize("name", NAMES)
def test_equal_pictures_give_next_to_nothing(name: str) -> None:
    clean = pictures(0)
    loss = LOSSES.create(name)(clean, clean.clone(), **extras())
    assert loss.shape == (3,)
    assert (loss >= 0).all()
    assert (loss <= 3 * EPS).all()


@pytest.mark.parametrize("name", NAMES)
def test_different_pictures_give_more(name: str) -> None:
    clean = pictures(0)
    near, far = (LOSSES.create(name)(clean + shift, clean, **extras()) for shift in (0.05, 0.2))
    assert (near > 0.01).all()
    assert (far > near).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_does_not_depend_on_its_batch(name: str) -> None:
    loss, given = LOSSES.create(name), extras()
    batch = loss(pictures(0), pictures(1), **given)
    for i in range(3):
        single = {key: value[i : i + 1] for key, value in given.items() if key != "stages"}
        single["stages"] = {key: value[i : i + 1] for key, value in given["stages"].items()}
        torch.testing.assert_close(loss(pictures(0)[i : i + 1], pictures(1)[i : i + 1], **single), batch[i : i + 1])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_right(name: str) -> None:
    double = torch.float64
    restored, clean = pictures(0, 2, 4, 4, double).requires_grad_(), pictures(1, 2, 4, 4, double)
    given = extras(2, 4, 4, double)
    assert torch.autograd.gradcheck(lambda x: LOSSES.create(name)(x, clean, **given), restored)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_finite_at_equality(name: str) -> None:
    restored, clean = pictures(0).requires_grad_(), pictures(0)
    LOSSES.create(name)(restored, clean, **extras()).sum().backward()
    assert restored.grad is not None
    assert restored.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_as_they_are(name: str) -> None:
    given = {key: value for key, value in extras().items() if key != "stages"}
    given |= {"restored": pictures(0), "clean": pictures(1)}
    before = {key: value.clone() for key, value in given.items()}
    LOSSES.create(name)(given.pop("restored"), given.pop("clean"), stages=extras()["stages"], **given)
    assert all(torch.equal(value, before[key]) for key, value in given.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_need_is_refused(name: str) -> None:
    loss = LOSSES.create(name)
    assert loss.needs <= {"low", "mask", "regions", "stages"}
    for need in loss.needs:
        given = {key: value for key, value in extras().items() if key != need}
        with pytest.raises(UsageError, match=f"needs {need}.*pass"):
            loss(pictures(0), pictures(1), **given)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_gives_the_same(name: str) -> None:
    loss = LOSSES.create(name)
    first, second = (each(pictures(0), pictures(1), **extras()) for each in (loss, copy.deepcopy(loss)))
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_right(name: str) -> None:
    entry = LOSSES[name]
    assert entry.summary == (inspect.getdoc(entry.factory) or "").partition("\n")[0].removesuffix(".")
    assert all(parameter.meaning for parameter in entry.parameters())


# --- closed forms ---


def test_l1_is_the_mean_absolute_difference() -> None:
    restored, clean = pictures(0), pictures(1)
    by_hand = [sum(abs(a - b) for a, b in zip(r, c, strict=True)) / len(c) for r, c in flat(restored, clean)]
    torch.testing.assert_close(LOSSES.create("l1")(restored, clean), torch.tensor(by_hand))


@pytest.mark.parametrize("eps", [1e-3, 0.1])
def test_charbonnier_is_a_smooth_absolute_difference(eps: float) -> None:
    restored, clean = pictures(0), pictures(1)
    by_hand = [
        sum(math.hypot(a - b, eps) for a, b in zip(r, c, strict=True)) / len(c) for r, c in flat(restored, clean)
    ]
    torch.testing.assert_close(LOSSES.create("charbonnier", eps=eps)(restored, clean), torch.tensor(by_hand))


def flat(restored: torch.Tensor, clean: torch.Tensor) -> list[tuple[list[float], list[float]]]:
    return list(zip(restored.flatten(1).tolist(), clean.flatten(1).tolist(), strict=True))


def small_case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two pixels with errors of 0.3, 0, 0 and 0.6, 0.6, 0.6 in R, G, B; mask on the second; two of seven regions."""
    clean = torch.full((1, 3, 1, 2), 0.25, dtype=torch.float64)
    restored = clean + torch.tensor([[[[0.3, -0.6]], [[0.0, 0.6]], [[0.0, 0.6]]]], dtype=torch.float64)
    mask = torch.tensor([[[[0.0, 1.0]]]], dtype=torch.float64)
    regions = torch.zeros(1, 7, 1, 2, dtype=torch.float64)
    regions[0, 4, 0] = torch.tensor([1.0, 0.0])
    regions[0, 6, 0] = torch.tensor([0.5, 0.25])
    return restored, clean, mask, regions


def test_face_mask_by_hand() -> None:
    restored, clean, mask, regions = small_case()
    eps, alpha, beta = 0.2, 2.0, 0.5
    first = (math.hypot(0.3, eps) + 2 * eps) / 3
    second = math.hypot(0.6, eps)
    nose, skin = first, (0.5 * first + 0.25 * second) / 0.75
    wanted = (first + second) / 2 + alpha * second + beta * (nose + skin) / 2
    loss = LOSSES.create("face_mask", alpha=alpha, beta=beta, eps=eps)(restored, clean, mask=mask, regions=regions)
    assert loss.tolist() == pytest.approx([wanted], rel=1e-12)


def test_face_mask_of_nothing_selected_is_the_plain_error() -> None:
    restored, clean, mask, regions = small_case()
    loss = LOSSES.create("face_mask")(restored, clean, mask=mask * 0, regions=regions * 0)
    assert torch.equal(loss, LOSSES.create("charbonnier")(restored, clean))


def test_face_mask_asks_only_for_what_it_weighs() -> None:
    restored, clean, mask, regions = small_case()
    plain = LOSSES.create("charbonnier")(restored, clean)
    assert LOSSES.create("face_mask").needs == {"mask", "regions"}
    assert torch.equal(LOSSES.create("face_mask", alpha=0, beta=0)(restored, clean), plain)
    assert LOSSES.create("face_mask", beta=0).needs == {"mask"}
    assert LOSSES.create("face_mask", beta=0)(restored, clean, mask=mask) > plain
    assert LOSSES.create("face_mask", alpha=0).needs == {"regions"}
    assert LOSSES.create("face_mask", alpha=0)(restored, clean, regions=regions) > plain


def test_face_mask_weighs_each_picture_by_its_own_mask() -> None:
    restored, clean = pictures(0, 2), pictures(1, 2)
    mask = torch.zeros(2, 1, 16, 20)
    mask[0] = 1
    loss = LOSSES.create("face_mask", alpha=3.0, beta=0)(restored, clean, mask=mask)
    torch.testing.assert_close(loss, LOSSES.create("charbonnier")(restored, clean) * torch.tensor([4.0, 1.0]))


@pytest.mark.parametrize("mask", ["random(ratio=.5)", "patch(ratio=.75, size=8)", "patch(ratio=.25, size=16)"])
def test_a_uniform_mask_has_the_plain_error_as_its_expectation(mask: str) -> None:
    trials = 1500
    restored, clean = (
        pictures(0, 1, 32, 32).expand(trials, -1, -1, -1),
        pictures(1, 1, 32, 32).expand(trials, -1, -1, -1),
    )
    # An error that grows from left to right, so that patches differ.
    restored = clean + (restored - clean) * torch.linspace(0, 1, 32)
    drawn = MASKS.build(parse_call(mask)).sample(trials, 32, 32, seeded())
    both = LOSSES.create("face_mask", alpha=1.0, beta=0, eps=1e-6)(restored, clean, mask=drawn)
    plain = absolute_error(restored, clean)
    masked = (both - plain).double()
    assert abs(float(masked.mean() - plain[0])) <= 5 * float(masked.std()) / math.sqrt(trials)


def test_a_face_biased_mask_moves_the_expectation_to_the_face() -> None:
    n = 50
    regions = template_regions(64)[None].expand(n, -1, -1, -1)
    clean = torch.zeros(n, 3, 64, 64)
    restored = clean + regions[:, :6].amax(dim=1, keepdim=True)
    mask = MASKS.create("face_biased").sample(n, 64, 64, seeded(), regions=regions)
    both = LOSSES.create("face_mask", alpha=1.0, beta=0)(restored, clean, mask=mask)
    plain = absolute_error(restored, clean)
    assert (both - plain).mean() > 1.2 * plain.mean()


# --- wrong use ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("charbonnier(eps=0)", "above 0; 0.0 was given"),
        ("face_mask(alpha=-1)", "alpha is a weight, from 0; -1.0 was given"),
        ("face_mask(beta=-1)", "beta is a weight"),
        ("face_mask(gamma=1)", "no parameter 'gamma'"),
    ],
)
def test_wrong_parameters_are_refused(call: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LOSSES.build(parse_call(call))
