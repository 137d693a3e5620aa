"""Regions from landmarks: against exact drawings and formulas."""

import math

import numpy as np
import pytest
import torch

from lfsrkit.errors import UsageError
from lfsrkit.regions import (
    REGIONS,
    landmark_regions,
    template_points,
    template_regions,
)
from lfsrkit.regions.drawing import filled
from tests.region_cases import centroid, drawn


class TestFromPoints:
    @pytest.mark.parametrize("number", range(6))
    def test_regions_of_68_points_hold_the_drawn_parts(self, number: int) -> None:
        face = drawn(number)
        maps, exact = landmark_regions(face.landmarks, 128) >= 0.5, torch.from_numpy(face.regions) >= 128
        for index in range(6):
            if exact[index].sum() < 10:  # hidden by a hat or by hair
                continue
            share = (maps[index] & exact[index]).sum() / exact[index].sum()
            assert share > 0.95, REGIONS[index]
            # Grown by 0.03 of the side, but not over half of the face.
            assert maps[index].sum() < 4.5 * exact[index].sum() + 60, REGIONS[index]
        assert (maps[6] & exact[6]).sum() > 0.7 * maps[6].sum()  # hair covers some of it

    def test_sides_are_those_of_the_picture(self) -> None:
        maps = landmark_regions(drawn(0).landmarks, 128)
        for left, right in ((0, 1), (2, 3)):
            assert centroid(maps[left])[0] < 64 < centroid(maps[right])[0]

    def test_a_size_is_only_a_size(self) -> None:
        points = drawn(1).landmarks
        large, small = landmark_regions(points * 2, 256), landmark_regions(points / 2, 64)
        for maps in (torch.nn.functional.avg_pool2d(large, 4), small):
            assert (maps - torch.nn.functional.avg_pool2d(large, 4)).abs().max() < 0.12
        assert small.shape == (7, 64, 64)

    def test_parts_and_skin_share_the_face(self) -> None:
        maps = landmark_regions(drawn(2).landmarks, 128)
        assert maps.dtype == torch.float32
        assert maps.min() >= 0
        assert (maps[:6].amax(0) + maps[6]).max() <= 1 + 1 / 255
        assert torch.equal((maps * 255).round() / 255, maps)

    def test_a_face_far_outside_leaves_nothing(self) -> None:
        assert landmark_regions(drawn(0).landmarks + 1e6, 64).sum() == 0

    @pytest.mark.parametrize(("framing", "spread"), [("celeba", 1), ("ffhq", 1), ("arcface", 1.34)])
    def test_five_published_points_give_the_ellipses_of_the_template(self, framing: str, spread: float) -> None:
        maps, template = landmark_regions(template_points(128, framing), 128, framing), template_regions(128, framing)
        for index in range(7):
            assert centroid(maps[index]) == pytest.approx(
                centroid(template[index]), abs=0.6 if REGIONS[index] == "skin" else 0.3
            )
        half_axes = [(9, 5), (9, 5), (12.5, 4.5), (12.5, 4.5), (10, 14), (17, 8)]
        for part, (a, b) in zip(maps, half_axes, strict=False):
            assert float(part.sum()) == pytest.approx(math.pi * a * b * spread**2, rel=0.03)

    def test_five_points_turn_the_face_with_them(self) -> None:
        turn, middle = math.radians(30), np.array((64, 64))
        matrix = np.array(((math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn)))) * 0.8
        points = (template_points(128) - middle) @ matrix + middle
        upright, turned = landmark_regions(template_points(128), 128), landmark_regions(points, 128)
        for index in (0, 1, 2, 3, 4, 5):
            wanted = (np.array(centroid(upright[index])) - middle) @ matrix + middle
            assert centroid(turned[index]) == pytest.approx(tuple(wanted), abs=0.5)

    @pytest.mark.parametrize("count", [468, 478])
    def test_the_mesh_is_read_by_its_contours(self, count: int) -> None:
        # Members of MediaPipe's FACEMESH_RIGHT_EYE, LEFT_EYE and LIPS; "right" is on the left of the picture.
        members = {
            (40, 50): (7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246),
            (88, 50): (249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466),
            (64, 100): (0, 17, 37, 39, 40, 61, 84, 91, 146, 181, 185, 267, 269, 270, 291, 314, 321, 375, 405, 409),
        }
        points = np.full((count, 2), 64.0)
        for place, indices in members.items():
            points[list(indices)] = place
        corners = {33: (30, 50), 133: (50, 50), 263: (98, 50), 362: (78, 50), 61: (46, 100), 291: (82, 100)}
        corners |= {10: (64, 10), 152: (64, 124), 234: (10, 64), 454: (118, 64)}
        for index, place in corners.items():
            points[index] = place
        maps = landmark_regions(points, 128)
        for index, place in (
            (0, (33, 50)),
            (0, (47, 50)),
            (1, (95, 50)),
            (1, (81, 50)),
            (5, (49, 100)),
            (5, (79, 100)),
        ):
            assert maps[index, place[1], place[0]] > 0.5, (REGIONS[index], place)

    @pytest.mark.parametrize("shape", [(67, 2), (68, 3), (5,), (0, 2)])
    def test_other_numbers_of_points_are_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(UsageError, match=r"5, 68 \(iBUG 300-W\), 468 or 478"):
            landmark_regions(np.zeros(shape), 64)

    def test_what_is_no_number_is_refused(self) -> None:
        points = template_points(64)
        points[0, 0] = np.nan
        with pytest.raises(UsageError, match="no number"):
            landmark_regions(points, 64)


class TestDrawing:
    def test_hollows_stay_hollow(self) -> None:
        letter_u = np.array([(10, 10), (20, 10), (20, 40), (44, 40), (44, 10), (54, 10), (54, 54), (10, 54)], float)
        plane = filled(letter_u, 64)
        assert plane[20, 32] == 0
        assert plane[48, 32] == 255
        assert plane.sum() / 255 == pytest.approx(44 * 44 - 24 * 30, rel=0.02)

    @pytest.mark.parametrize("size", [32, 64, 200])
    def test_growing_follows_steiner(self, size: int) -> None:
        # A square of side a, grown by r, has the area a^2 + 4 a r + pi r^2.
        a, r = size / 2, 0.05 * size
        square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float) * a + size / 4
        assert filled(square, size, r).sum() / 255 == pytest.approx(a * a + 4 * a * r + math.pi * r * r, rel=0.02)

    @pytest.mark.parametrize("size", [128, 512])
    def test_outlines_are_not_shifted(self, size: int) -> None:
        # Of squares at random places; each is off by less than a pixel of the canvas, all together by nothing.
        draw, off = np.random.default_rng(0), []
        for _ in range(100):
            corner = 20 + draw.random(2)
            square = np.array([(0, 0), (40, 0), (40, 40), (0, 40)]) + corner
            off.append(np.array(centroid(torch.from_numpy(filled(square, size).astype(np.float32)))) - corner - 20)
        assert np.abs(np.mean(off, axis=0)) == pytest.approx(0, abs=5 * np.std(off) / 10 + 1e-3)

    def test_borders_lie_where_the_outline_does(self) -> None:
        square = np.array([(8, 8), (16.5, 8), (16.5, 24), (8, 24)], float)
        columns = filled(square, 32)[16].astype(float) / 255
        assert columns[7] == pytest.approx(0, abs=0.1)
        assert columns[8] == pytest.approx(1, abs=0.1)
        assert columns[16] == pytest.approx(0.5, abs=0.1)
