"""Masks and regions in losses: by hand, and what a mask can and cannot change."""

import math

import pytest
import torch

from lfsrkit import LOSSES, MASKS
from lfsrkit.calls import parse_call
from lfsrkit.errors import UsageError
from lfsrkit.losses import absolute_error
from lfsrkit.losses.gabor import local_detail
from lfsrkit.regions import template_regions

UNIFORM = ["patch(ratio=.75, size=16)", "patch(ratio=.5, size=8)", "random(ratio=.5)"]
TRIALS = 1500


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(seed: int, n: int = 2, side: int = 32) -> torch.Tensor:
    return torch.rand(n, 3, side, side, generator=seeded(seed), dtype=torch.float64)


def half_mask(n: int = 2, side: int = 32) -> torch.Tensor:
    mask = torch.zeros(n, 1, side, side, dtype=torch.float64)
    mask[..., : side // 2] = 1
    return mask


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
    restored, clean = pictures(0), pictures(1)
    mask = torch.zeros(2, 1, 32, 32, dtype=torch.float64)
    mask[0] = 1
    loss = LOSSES.create("face_mask", alpha=3.0, beta=0)(restored, clean, mask=mask)
    torch.testing.assert_close(loss, LOSSES.create("charbonnier")(restored, clean) * torch.tensor([4.0, 1.0]))


@pytest.mark.slow
@pytest.mark.parametrize("mask", UNIFORM)
def test_a_uniform_mask_has_the_plain_error_as_its_expectation(mask: str) -> None:
    clean = pictures(1, 1, 64).expand(TRIALS, -1, -1, -1)
    # An error that grows from left to right, so that patches differ.
    restored = clean + (pictures(0, 1, 64) - pictures(1, 1, 64)) * torch.linspace(0, 1, 64)
    drawn = MASKS.build(parse_call(mask)).sample(TRIALS, 64, 64, seeded())
    both = LOSSES.create("face_mask", alpha=1.0, beta=0, eps=1e-6)(restored, clean, mask=drawn)
    plain = absolute_error(restored, clean)
    masked = both - plain
    assert masked.std() > 1e-4 * plain[0]
    assert abs(float(masked.mean() - plain[0])) <= 5 * float(masked.std()) / math.sqrt(TRIALS)


def test_a_face_biased_mask_moves_the_expectation_to_the_face() -> None:
    n = 50
    regions = template_regions(64)[None].expand(n, -1, -1, -1)
    clean = torch.zeros(n, 3, 64, 64)
    restored = clean + regions[:, :6].amax(dim=1, keepdim=True)
    mask = MASKS.create("face_biased").sample(n, 64, 64, seeded(), regions=regions)
    both = LOSSES.create("face_mask", alpha=1.0, beta=0)(restored, clean, mask=mask)
    plain = absolute_error(restored, clean)
    assert (both - plain).mean() > 1.2 * plain.mean()


def test_views_are_pasted_into_the_clean_picture() -> None:
    restored, clean, mask = pictures(0), pictures(1), half_mask()
    view = torch.cat((restored[..., :16], clean[..., 16:]), dim=3)
    bands = zip(local_detail(view), local_detail(clean), strict=True)
    detail = torch.stack([(a - b).abs().mean(dim=(1, 2, 3)) for a, b in bands]).mean(dim=0)
    amplitudes = [torch.fft.fft2(each).abs() / 32 for each in (restored, clean)]
    spectrum = (amplitudes[0] - amplitudes[1]).abs().mean(dim=(1, 2, 3))
    plain = ((restored - clean) ** 2 + 0.2**2).sqrt().mean(dim=(1, 2, 3))
    loss = LOSSES.create("face_mask_views", alpha=2.0, gamma=0.5, eps=0.2)(restored, clean, mask=mask)
    torch.testing.assert_close(loss, plain + 2 * detail + 0.5 * spectrum)
    assert (detail > 0.01).all()


def test_views_see_nothing_outside_the_mask() -> None:
    clean, mask = pictures(1), half_mask()
    restored = clean + (1 - mask) * (pictures(0) - clean)
    loss = LOSSES.create("face_mask_views", gamma=0)(restored, clean, mask=mask)
    assert torch.equal(loss, LOSSES.create("charbonnier")(restored, clean))


def test_views_ask_only_for_what_they_weigh() -> None:
    restored, clean = pictures(0), pictures(1)
    assert LOSSES.create("face_mask_views").needs == {"mask"}
    assert LOSSES.create("face_mask_views", alpha=0).needs == frozenset()
    plain = LOSSES.create("charbonnier")(restored, clean)
    assert torch.equal(LOSSES.create("face_mask_views", alpha=0, gamma=0)(restored, clean), plain)
    assert (LOSSES.create("face_mask_views", alpha=0, gamma=0.5)(restored, clean) > plain).all()


@pytest.mark.slow
def test_a_uniform_mask_of_views_is_not_the_whole_picture_in_expectation() -> None:
    """Detail is not linear in the mask, so that, unlike in `face_mask`, chance matters."""
    n = 100
    blurred = pictures(1, 1).mean(dim=(2, 3), keepdim=True).expand(n, 3, 32, 32)
    clean = pictures(1, 1).expand(n, -1, -1, -1)
    views = LOSSES.create("face_mask_views", alpha=1.0, gamma=0)
    mask = MASKS.create("patch", ratio=0.5, size=8).sample(n, 32, 32, seeded())
    plain = LOSSES.create("charbonnier")(blurred, clean)
    masked = views(blurred, clean, mask=mask) - plain
    whole = (views(blurred, clean, mask=torch.ones_like(mask)) - plain)[0]
    share = masked / whole
    assert abs(float(share.mean()) - 0.5) > 5 * float(share.std()) / math.sqrt(n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("face_mask(alpha=-1)", "alpha is a weight, from 0; -1.0 was given"),
        ("face_mask(beta=-1)", "beta is a weight"),
        ("face_mask(eps=0)", "eps is a width"),
        ("face_mask(gamma=1)", "no parameter 'gamma'"),
        ("face_mask_views(gamma=-1)", "gamma is a weight"),
        ("face_mask_views(eps=0)", "eps is a width"),
    ],
)
def test_wrong_parameters_are_refused(call: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LOSSES.build(parse_call(call))
