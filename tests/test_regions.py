"""Facial regions: the template against published points, mirroring, storage."""

import random

import pytest
import torch

from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.regions import (
    REGIONS,
    flip_landmarks,
    flip_regions,
    grey_to_regions,
    region_indices,
    region_union,
    regions_to_grey,
    template_points,
    template_regions,
)

# Published templates as shares of the side: image-left eye, image-right eye, nose tip, mouth corners.
POINTS = {
    "celeba": [(x / 178, (y - 20) / 178) for x, y in [(69, 111), (108, 111), (88, 136), (72, 152), (105, 152)]],
    "ffhq": [
        (x / 512, y / 512)
        for x, y in [(192.98, 239.95), (318.9, 240.19), (256.63, 314.02), (201.26, 371.41), (313.09, 371.15)]
    ],
    "arcface": [
        (x / 112, y / 112) for x, y in [(38.29, 51.7), (73.53, 51.5), (56.03, 71.74), (41.55, 92.37), (70.73, 92.2)]
    ],
}
# Read off the drawing of the 68 points of iBUG 300-W.
PARTNERS = {0: 16, 8: 8, 17: 26, 21: 22, 27: 27, 30: 30, 31: 35, 33: 33, 36: 45, 37: 44, 39: 42, 40: 47, 48: 54, 51: 51}
PARTNERS |= {55: 59, 57: 57, 60: 64, 61: 63, 62: 62, 65: 67, 66: 66}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def centroid(region: torch.Tensor) -> tuple[float, float]:
    height, width = region.shape
    x = (region.sum(0) * (torch.arange(width) + 0.5)).sum() / region.sum() / width
    y = (region.sum(1) * (torch.arange(height) + 0.5)).sum() / region.sum() / height
    return float(x), float(y)


@pytest.mark.parametrize("framing", POINTS)
@pytest.mark.parametrize("size", [32, 128, 200])
def test_template_lies_on_the_published_points(framing: str, size: int) -> None:
    regions = template_regions(size, framing)
    left, right, tip, mouth_left, mouth_right = POINTS[framing]
    mouth = tuple((a + b) / 2 for a, b in zip(mouth_left, mouth_right, strict=True))
    near = 3 / 128
    assert centroid(regions[0]) == pytest.approx(left, abs=near)
    assert centroid(regions[1]) == pytest.approx(right, abs=near)
    assert centroid(regions[5]) == pytest.approx(mouth, abs=near)
    assert regions[4, int(tip[1] * size), int(tip[0] * size)] > 0.5
    for brow, eye in ((2, 0), (3, 1)):
        assert centroid(regions[brow])[1] < centroid(regions[eye])[1] - 5 / 128


@pytest.mark.parametrize("framing", POINTS)
def test_template_points_are_the_published_ones(framing: str) -> None:
    # Those of CelebA count from the centres of pixels.
    shift = 0.5 / 178 if framing == "celeba" else 0.0
    published = [(x + shift, y + shift) for x, y in POINTS[framing]]
    assert [tuple(point) for point in template_points(1, framing)] == [pytest.approx(p, abs=1e-3) for p in published]
    with pytest.raises(UsageError, match="no framing is called 'selfie'"):
        template_points(1, "selfie")


def test_template_is_soft_and_scales() -> None:
    regions = template_regions(128)
    assert regions.shape == (7, 128, 128)
    assert regions.dtype == torch.float32
    assert regions.min() >= 0
    assert regions.max() <= 1
    assert all(part.max() > 0.9 for part in regions)
    # Steiner: a convex area A of girth P, grown by r, is A + P r + pi r^2; r has mean 0 and the feather as its spread.
    # The distance to the ellipse is of first order, which is worth a few per cent for slender brows.
    areas = regions[:6].sum(dim=(1, 2))
    for area, (a, b) in zip(areas, [(9, 5), (9, 5), (12.5, 4.5), (12.5, 4.5), (10, 14), (17, 8)], strict=True):
        assert float(area) == pytest.approx(torch.pi * (a * b + 2.5**2), rel=0.07)
    halves = torch.nn.functional.avg_pool2d(regions, 2)
    torch.testing.assert_close(template_regions(64), halves, atol=0.05, rtol=0)


def test_skin_leaves_the_parts_out() -> None:
    regions = template_regions(128)
    assert regions[6, 96, 64] < 0.1
    assert regions[6, 85, 40] > 0.5
    assert regions[6, 2, 2] < 0.01
    assert (regions[6] + regions[:6].amax(0)).max() <= 1 + 1e-6


def test_a_template_is_a_fresh_tensor() -> None:
    template_regions(32).zero_()
    assert template_regions(32).sum() > 0


def test_template_refuses_what_it_does_not_know() -> None:
    with pytest.raises(UsageError, match="did you mean 'celeba'"):
        template_regions(32, "celebaa")
    with pytest.raises(UsageError, match="at least 1 pixel"):
        template_regions(0)


def test_flipping_twice_is_nothing() -> None:
    regions = torch.rand(3, 7, 8, 10, generator=seeded())
    assert torch.equal(flip_regions(flip_regions(regions)), regions)
    assert not torch.equal(flip_regions(regions), regions)
    points = torch.rand(3, 68, 2, generator=seeded()) * 100
    torch.testing.assert_close(flip_landmarks(flip_landmarks(points, 100), 100), points)
    assert torch.equal(flip_regions(regions)[1], flip_regions(regions[1]))


def test_flipping_swaps_left_and_right() -> None:
    regions = torch.zeros(7, 4, 6)
    regions[0, 1, 0] = 1
    regions[3, 2, 4] = 1
    flipped = flip_regions(regions)
    assert flipped.nonzero().tolist() == [[1, 1, 5], [2, 2, 1]]
    # The template is nearly symmetric, so a flip without the swap would be far off.
    template = template_regions(128)
    torch.testing.assert_close(flip_regions(template)[:6], template[:6], atol=0.3, rtol=0)
    assert (template.flip(-1)[0] - template[0]).abs().max() > 0.9


def test_any_order_of_flips_leaves_the_stored_pictures_as_they_are() -> None:
    stored = [torch.rand(7, 4, 5, generator=seeded(i)) for i in range(4)]
    marks = [torch.rand(68, 2, generator=seeded(i)) for i in range(4)]
    before = [region.clone() for region in stored], [points.clone() for points in marks]
    mirrored = [flip_regions(region) for region in stored], [flip_landmarks(points, 5) for points in marks]
    choice = random.Random(0)
    for _ in range(1000):
        i = choice.randrange(4)
        assert torch.equal(flip_regions(stored[i]), mirrored[0][i])
        assert torch.equal(flip_landmarks(marks[i], 5), mirrored[1][i])
    assert all(torch.equal(a, b) for a, b in zip(stored, before[0], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(marks, before[1], strict=True))


def test_a_flip_shares_no_memory() -> None:
    regions, points = torch.rand(7, 4, 5, generator=seeded()), torch.rand(68, 2, generator=seeded())
    flip_regions(regions).zero_()
    flip_landmarks(points, 5).zero_()
    assert regions.all()
    assert points.all()


def test_landmarks_take_the_place_of_their_partners() -> None:
    points = torch.stack((torch.arange(68.0), torch.arange(68.0) * 2), dim=1)
    flipped = flip_landmarks(points, 100)
    for one, other in PARTNERS.items():
        assert flipped[other].tolist() == [100 - one, 2 * one]
        assert flipped[one].tolist() == [100 - other, 2 * other]


def test_landmarks_and_regions_flip_to_the_same_pixel() -> None:
    regions = torch.zeros(7, 6, 9)
    regions[0, 2, 3] = 1
    points = torch.zeros(68, 2)
    points[36] = torch.tensor([3.5, 2.5])
    x, y = flip_landmarks(points, 9)[45].long().tolist()
    assert flip_regions(regions)[1, y, x] == 1


def test_storage_keeps_regions_to_half_a_level() -> None:
    regions = torch.rand(7, 5, 6, generator=seeded())
    grey = regions_to_grey(regions)
    assert grey.shape == (35, 6)
    assert grey.dtype == torch.uint8
    restored = grey_to_regions(grey)
    torch.testing.assert_close(restored, regions, atol=0.5 / 255 + 1e-6, rtol=0)
    assert torch.equal(regions_to_grey(restored), grey)
    assert torch.equal(grey[5:10], (regions[1] * 255).round().to(torch.uint8))


def test_storage_takes_eight_bits_as_they_are() -> None:
    stored = torch.randint(256, (7, 5, 6), dtype=torch.uint8, generator=seeded())
    assert torch.equal(regions_to_grey(stored), stored.reshape(35, 6))


def test_storage_refuses_a_picture_that_is_not_seven_maps() -> None:
    with pytest.raises(BadPicture, match="36 rows"):
        grey_to_regions(torch.zeros(36, 6, dtype=torch.uint8))


def test_names_and_groups() -> None:
    assert region_indices(REGIONS) == list(range(7))
    assert region_indices(["components"]) == list(range(6))
    assert region_indices(["brows", "brow_image_left"]) == [2, 3]
    with pytest.raises(UsageError, match="did you mean 'mouth'"):
        region_indices(["mouht"])
    with pytest.raises(UsageError, match="no facial region is named"):
        region_indices([])


def test_union_is_the_largest_value_without_the_skin() -> None:
    regions = torch.rand(2, 7, 3, 4, generator=seeded())
    regions[:, 6] = 2
    assert torch.equal(region_union(regions)[:, 0], regions[:, :6].max(dim=1).values)
    assert torch.equal(region_union(regions, ["nose"])[:, 0], regions[:, 4])
