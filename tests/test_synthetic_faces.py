"""Laws of drawn faces: repeatable, of every size, with landmarks and regions where the paint is, and varied."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from lfsrkit import seeding
from lfsrkit.errors import UsageError
from lfsrkit.faces.drawing.anatomy import Head
from lfsrkit.faces.drawing.contours import nose_points
from lfsrkit.faces.drawing.numbers import Pose
from lfsrkit.faces.synthetic import FaceNumbers, draw_face, sample_face
from lfsrkit.regions import REGIONS

JAW, CHIN = slice(0, 17), 8
BROWS = (slice(17, 22), slice(22, 27))
RIDGE, NOSE_TIP, NOSE_BASE = slice(27, 31), 30, slice(31, 36)
EYES = (slice(36, 42), slice(42, 48))
MOUTH, OUTER_LIP, INNER_LIP = slice(48, 68), slice(48, 60), slice(60, 68)


def numbers_of(index: int) -> FaceNumbers:
    return sample_face(seeding.generators(0, [str(index)], 0, "synthetic")[0])


def luma(image):
    return image @ np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def faces():
    return [(numbers, draw_face(numbers, 128)) for numbers in map(numbers_of, range(64))]


def at(region_map, point):
    """The value of a map at a place, whose pixel ``i`` covers ``[i, i + 1)``."""
    x, y = np.floor(point).astype(int)
    return region_map[y, x] / 255


def test_same_numbers_give_the_same_bytes():
    first, again = (draw_face(numbers_of(3), 128) for _ in range(2))
    assert first.image.tobytes() == again.image.tobytes()
    assert first.landmarks.tobytes() == again.landmarks.tobytes()
    assert first.regions.tobytes() == again.regions.tobytes()


def test_a_face_does_not_depend_on_those_drawn_before_it():
    alone = draw_face(numbers_of(5), 96)
    for index in (9, 2, 5, 7):
        face = draw_face(numbers_of(index), 96)
        if index == 5:
            assert np.array_equal(face.image, alone.image)


def test_other_numbers_give_another_picture(faces):
    assert len({face.image.tobytes() for _, face in faces}) == len(faces)


def test_global_random_states_are_untouched():
    before = (torch.get_rng_state(), np.random.get_state()[1].copy())
    draw_face(numbers_of(0), 64)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_numbers_survive_json(faces):
    for numbers, _ in faces[:8]:
        plain = dataclasses.asdict(numbers)
        replayed = json.loads(json.dumps(plain))
        assert json.dumps(replayed) == json.dumps(plain)
        pose = Pose(**replayed["pose"])
        assert pose == numbers.pose


@pytest.mark.parametrize("size", [32, 50, 64, 128, 160, 256])
def test_every_size_has_its_shape_and_type(size):
    face = draw_face(numbers_of(1), size)
    assert face.image.shape == (size, size, 3)
    assert face.image.dtype == np.uint8
    assert face.landmarks.shape == (68, 2)
    assert face.landmarks.dtype == np.float32
    assert face.regions.shape == (7, size, size)
    assert face.regions.dtype == np.uint8


@pytest.mark.parametrize("size", [31, 513])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(UsageError, match=f"{size} pixels"):
        draw_face(numbers_of(0), size)


def test_landmarks_grow_with_the_picture():
    small, large = (draw_face(numbers_of(4), size).landmarks for size in (128, 256))
    assert np.allclose(large, 2 * small, atol=1e-4)


def test_a_large_picture_shrinks_to_the_small_one():
    """The scene is the same at every size: averages of 2 x 2 pixels agree but for edges and grain."""
    for index in range(6):
        small, large = (draw_face(numbers_of(index), size).image.astype(float) for size in (128, 256))
        averaged = large.reshape(128, 2, 128, 2, 3).mean((1, 3))
        assert np.abs(averaged - small).mean() < 3.0


def test_landmarks_lie_inside_the_picture(faces):
    for _, face in faces:
        inner = face.landmarks[17:]
        assert inner.min() > 10
        assert inner.max() < 118
        assert face.landmarks.min() > 0
        assert face.landmarks.max() < 128


def test_landmarks_have_anatomical_order(faces):
    for numbers, face in faces:
        # Undo the roll, so that above is above.
        roll = np.deg2rad(numbers.pose.roll_degrees)
        points = face.landmarks @ np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        x, y = points[:, 0], points[:, 1]
        brow_y, eye_y = (np.mean([y[part].mean() for part in parts]) for parts in (BROWS, EYES))
        assert brow_y < eye_y < y[NOSE_TIP] < y[MOUTH].min() < y[CHIN]
        # A lowered head brings the tip down to the base.
        assert eye_y < y[NOSE_TIP] < y[NOSE_BASE].mean() + 1 < y[MOUTH].mean()
        assert np.all(np.diff(x[2:15]) > 0)
        assert y[CHIN] >= y[JAW].max() - 1.5
        for left, right in (BROWS, EYES):
            assert x[left].max() < x[right].min()
        for brow in BROWS:
            assert np.all(np.diff(x[brow]) > 0)
        assert np.all(np.diff(y[RIDGE]) > 0)
        assert np.all(np.diff(x[NOSE_BASE]) > 0)
        for eye in EYES:
            corners, upper, lower = x[eye][[0, 3]], y[eye][1:3], y[eye][[5, 4]]
            assert corners[0] < corners[1]
            assert np.all(upper < lower)
        assert np.all(np.diff(x[48:55]) > 0)
        assert np.all(np.diff(x[54:60]) < 0)
        assert np.all(y[49:54] < y[[59, 58, 57, 56, 55]])
        assert np.all(y[61:64] <= y[[67, 66, 65]] + 1e-3)


def test_framing_is_that_of_aligned_portraits(faces):
    """Means over many faces; the places are those of CelebA, rows 20 to 197, on 128 pixels."""
    points = np.stack([face.landmarks for _, face in faces])
    for measured, wanted in [
        (points[:, EYES[0]].mean(1), (49.6, 65.4)),
        (points[:, EYES[1]].mean(1), (77.7, 65.4)),
        (points[:, MOUTH].mean(1), (63.6, 95.9)),
    ]:
        tolerance = 5 * measured.std(0) / np.sqrt(len(measured)) + 1.0
        assert np.all(np.abs(measured.mean(0) - wanted) < tolerance)


def test_landmarks_lie_in_their_regions(faces):
    for _, face in faces:
        maps = dict(zip(REGIONS, face.regions, strict=True))
        for eye, part in zip(REGIONS[:2], EYES, strict=True):
            assert at(maps[eye], face.landmarks[part].mean(0)) > 0.5, eye
        for brow, part in zip(REGIONS[2:4], BROWS, strict=True):
            assert np.median([at(maps[brow], point) for point in face.landmarks[part]]) > 0.5, brow
        assert at(maps["nose"], face.landmarks[NOSE_TIP]) > 0.5
        assert at(maps["nose"], face.landmarks[RIDGE].mean(0)) > 0.5
        assert at(maps["mouth"], face.landmarks[MOUTH].mean(0)) > 0.5
        inner = face.landmarks[INNER_LIP][[1, 2, 3, 5, 6, 7]]
        assert np.min([at(maps["mouth"], point) for point in inner]) > 0.3


def test_outer_lip_landmarks_lie_on_the_border_of_the_mouth(faces):
    """Half-way to the middle a point is inside, as far again outside it is not."""
    for _, face in faces:
        mouth, lip = face.regions[5], face.landmarks[OUTER_LIP][[2, 4, 8, 10]]
        middle = face.landmarks[OUTER_LIP].mean(0)
        assert np.mean([at(mouth, middle + 0.6 * (point - middle)) for point in lip]) > 0.8
        assert np.mean([at(mouth, middle + 2.0 * (point - middle)) for point in lip]) < 0.2


def test_regions_share_every_pixel(faces):
    for _, face in faces:
        assert face.regions.astype(int).sum(0).max() <= 255
        assert all(region.max() > 200 for region in face.regions)
        shares = face.regions.reshape(7, -1).mean(1) / 255
        assert 0.12 < shares[6] < 0.5
        assert np.all(shares[:6] < 0.06)


def test_eyes_and_mouth_are_painted_where_the_landmarks_are(faces):
    """Iris and seam are darker than the cheeks, whatever the skin; glasses may shine."""
    darker_eye, redder_mouth = [], []
    for numbers, face in faces:
        if numbers.clothes.glasses or numbers.skin.beard:
            continue
        skin = face.regions[6] > 250
        cheek = luma(face.image[skin]).mean()
        for index in (0, 1):
            opening = face.regions[index] > 200
            darker_eye.append(np.percentile(luma(face.image[opening]), 10) / cheek)
        lips, around = face.image[face.regions[5] > 200].mean(0), face.image[skin].mean(0)
        redder_mouth.append(lips[0] / lips[1] - around[0] / around[1])
    assert len(darker_eye) > 30
    assert max(darker_eye) < 0.75
    assert np.mean(np.array(redder_mouth) > 0) > 0.8


def test_faces_are_bright(faces):
    """A clean picture is a well-lit one: the mean over the faces of luma, of 255."""
    means = [luma(face.image[face.regions[6] > 128]).mean() for _, face in faces]
    assert 110 < np.mean(means) < 190
    assert 90 < np.mean([luma(face.image).mean() for _, face in faces]) < 150


def test_faces_vary(faces):
    colours = np.stack([face.image.reshape(-1, 3).mean(0) for _, face in faces])
    skins = np.stack([numbers.skin.colour for numbers, _ in faces])
    assert np.all(colours.std(0) > 15)
    assert np.ptp(skins[:, 0]) > 0.4
    yaws = np.array([numbers.pose.yaw_degrees for numbers, _ in faces])
    assert yaws.std() > 5
    assert np.abs(yaws).max() <= 25
    lengths = {numbers.hair.length > 38 for numbers, _ in faces}
    assert lengths == {False, True}


def test_turning_the_head_moves_the_nose_more_than_the_eyes():
    """The tip stands out from the head, so that it leads when the head turns."""
    numbers = numbers_of(0)
    leads = []
    for yaw in (-20.0, 0.0, 20.0):
        pose = dataclasses.replace(numbers.pose, yaw_degrees=yaw, roll_degrees=0.0)
        points = draw_face(dataclasses.replace(numbers, pose=pose), 128).landmarks
        leads.append(points[NOSE_TIP, 0] - np.mean([points[eye].mean(0)[0] for eye in EYES]))
    assert leads[0] < leads[1] - 2
    assert leads[1] < leads[2] - 2


def test_the_picture_shows_at_a_landmark_the_place_it_was_computed_from(faces):
    """What the camera sees at a landmark (pixel to head) is where it came from (head to picture)."""
    for numbers, _ in faces[:24]:
        head, shape = Head(numbers), numbers.shape
        corner = (shape.eye_x + shape.eye_width, shape.eye_y)
        spots = np.array(
            [corner, (-corner[0], corner[1]), (0, shape.mouth_y), (8, 35), *nose_points(numbers)], np.float32
        )
        chart = head.see(512)
        x, y = (head.place(spots) * 4).astype(int).T
        seen = np.stack([chart.u[y, x], chart.v[y, x]], -1)
        # A pixel is a quarter of a unit; on a turned part it covers more of the head.
        assert np.hypot(*(seen - spots).T).max() < 0.8
