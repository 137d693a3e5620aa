"""Fields and colours of light, against formulas written anew and published colours of black bodies."""

import math

import numpy as np
import pytest
import torch

from lfsrkit import DEGRADATIONS
from lfsrkit.degradations.cast import planckian_gains
from lfsrkit.degradations.plasma import plasma
from lfsrkit.errors import BadParameters
from lfsrkit.seeding import generators

FIELDS = ("linear_gradient", "local_lights", "plasma", "side_light", "spotlight", "vignette")
fields = pytest.mark.parametrize("name", FIELDS)


def noise(*shape: int):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def sources(n: int):
    return generators(0, [str(index) for index in range(n)], 0, "degrade")


def field(name: str, height: int = 32, width: int = 32, **params):
    """What a degradation makes of white: the field of one picture, (3, h, w)."""
    white = torch.ones(1, 3, height, width, dtype=torch.float64)
    arguments = {key: params.pop(key) for key in ("normalise", "lights") if key in params}
    return DEGRADATIONS.create(name, **arguments).apply_light(white, {key: [v] for key, v in params.items()})[0]


def centres(height: int, width: int):
    """Pixel centres in units of the shorter side, from the middle, right and down."""
    short = min(height, width)
    down, right = np.meshgrid(np.arange(height) + 0.5, np.arange(width) + 0.5, indexing="ij")
    return (right - width / 2) / short, (down - height / 2) / short


@fields
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_pixel_gets_brighter_and_the_brightest_place_stays(name, dtype):
    light = torch.ones(16, 3, 24, 40, dtype=dtype)
    d = DEGRADATIONS.create(name)
    low = d.apply_light(light, d.sample(16, sources(16)))
    assert torch.equal(low.amax((1, 2, 3)), light.amax((1, 2, 3)))
    assert low.amin() >= 0
    assert (low.amin((1, 2, 3)) < 0.95).all()


@fields
def test_the_mean_of_the_field_can_be_one_instead(name):
    light = torch.ones(8, 3, 24, 40, dtype=torch.float64)
    bright, even = (DEGRADATIONS.create(name, normalise=how) for how in ("max", "mean"))
    params = bright.sample(8, sources(8))
    most, mean = bright.apply_light(light, params), even.apply_light(light, params)
    torch.testing.assert_close(mean.mean((1, 2, 3)), torch.ones(8, dtype=torch.float64), rtol=0, atol=1e-9)
    ratio = mean / most
    torch.testing.assert_close(ratio, ratio.amax((1, 2, 3), keepdim=True).expand_as(ratio))


@fields
def test_light_is_multiplied_above_white_too(name):
    d = DEGRADATIONS.create(name)
    params, light = d.sample(2, sources(2)), 5 * noise(2, 3, 16, 20)
    torch.testing.assert_close(d.apply_light(light, params), light * d.apply_light(torch.ones_like(light), params))


@fields
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (5, 1)])
def test_a_picture_of_one_pixel_has_light_too(name, height, width):
    d = DEGRADATIONS.create(name)
    low = d.apply_light(torch.ones(4, 3, height, width), d.sample(4, sources(4)))
    assert low.isfinite().all()
    assert low.amax() == 1


@pytest.mark.parametrize(("height", "width"), [(20, 40), (40, 20), (30, 30)])
def test_a_spot_lies_and_falls_off_as_told(height, width):
    found = field("spotlight", height, width, x=0.3, y=0.8, sigma=0.2, ambient=0.1)
    right, down = centres(height, width)
    short = min(height, width)
    square = (right - (0.3 - 0.5) * width / short) ** 2 + (down - (0.8 - 0.5) * height / short) ** 2
    wanted = 0.1 + 0.9 * np.exp(-square / (2 * 0.2**2))
    np.testing.assert_allclose(found[1].numpy(), wanted / wanted.max(), atol=1e-12)
    row, column = divmod(int(found[1].argmax()), width)
    assert abs(column + 0.5 - 0.3 * width) <= 0.5
    assert abs(row + 0.5 - 0.8 * height) <= 0.5


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 200.0])
def test_side_light_falls_off_across_its_edge(angle):
    found = field("side_light", 20, 30, angle=angle, edge=0.1, softness=0.07, ambient=0.2)
    right, down = centres(20, 30)
    along = right * math.cos(math.radians(angle)) - down * math.sin(math.radians(angle))
    wanted = 0.2 + 0.8 / (1 + np.exp(-(along - 0.1) / 0.07))
    np.testing.assert_allclose(found[0].numpy(), wanted / wanted.max(), atol=1e-12)


@pytest.mark.parametrize("name", ["side_light", "linear_gradient"])
def test_the_angle_turns_the_field_counter_clockwise_from_the_right(name):
    rest = {"edge": 0.05, "softness": 0.2} if name == "side_light" else {}
    start = field(name, 16, 16, angle=0.0, ambient=0.2, **rest)
    assert (start[..., -1] == 1).all()
    assert (start.diff(dim=2) > 0).all()
    for quarter in (1, 2, 3):
        turned = field(name, 16, 16, angle=90.0 * quarter, ambient=0.2, **rest)
        torch.testing.assert_close(turned, start.rot90(quarter, (1, 2)))
    torch.testing.assert_close(field(name, 16, 16, angle=360.0, ambient=0.2, **rest), start)


@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 135.0, 271.0])
def test_a_gradient_is_linear_from_ambient_to_one(angle):
    found = field("linear_gradient", 12, 30, angle=angle, ambient=0.3)
    assert found.amax() == 1
    assert found.amin().item() == pytest.approx(0.3)
    for axis in (1, 2):
        assert found.diff(n=2, dim=axis).abs().max() < 1e-12
    corner = {0: (0, 29), 1: (0, 0), 2: (11, 0), 3: (11, 29)}[int(angle // 90)]
    assert found[0][corner].item() == pytest.approx(1)


@pytest.mark.parametrize("focal", [0.7, 1.0, 2.0])
@pytest.mark.parametrize(("height", "width"), [(9, 15), (16, 16)])
def test_a_vignette_is_the_fourth_power_of_a_cosine(focal, height, width):
    found = field("vignette", height, width, focal=focal)
    half_diagonal = math.hypot(height, width) / 2 / min(height, width)
    angle = np.arctan(np.hypot(*centres(height, width)) / half_diagonal / focal)
    wanted = np.cos(angle) ** 4
    np.testing.assert_allclose(found[2].numpy(), wanted / wanted.max(), atol=1e-12)


def test_plasma_runs_from_ambient_to_one_and_is_one_pattern_at_every_size():
    large, small, wide = (
        field("plasma", height, width, roughness=0.5, ambient=0.25, seed=3)
        for height, width in ((129, 129), (33, 33), (33, 129))
    )
    for found in (large, small, wide):
        assert found.amax() == 1
        assert found.amin() == 0.25
        assert torch.equal(found[0], found[2])
    torch.testing.assert_close(wide[:, :, ::4], small, rtol=0, atol=0.05)
    torch.testing.assert_close(large[:, ::4, ::4], small, rtol=0, atol=0.05)
    other = field("plasma", 33, 33, roughness=0.5, ambient=0.25, seed=4)
    assert (other - small).abs().mean() > 0.05


def test_plasma_is_smooth_and_roughness_makes_it_less_so():
    steps = []
    for roughness in (0.0, 0.3, 0.6, 0.9):
        found = torch.stack([field("plasma", 64, 64, roughness=roughness, ambient=0.0, seed=s) for s in range(8)])
        steps.append(found.diff(dim=-1).abs().mean().item())
    assert steps == sorted(steps)
    assert steps[0] < 0.02
    assert steps[-1] > 2 * steps[0]


def test_plasma_is_even_on_average_and_independent_between_seeds():
    drawn = plasma(list(range(600)), [0.5] * 600)[:, 0]
    assert drawn.shape == (600, 33, 33)
    assert drawn.amin() >= 0
    assert drawn.amax() <= 1
    for place in ((0, 0), (16, 16), (32, 5), (7, 20)):
        values = drawn[:, place[0], place[1]]
        assert abs(values.mean() - 0.5) < 5 * values.std() / math.sqrt(600)
        assert abs(torch.corrcoef(torch.stack([values[:-1], values[1:]]))[0, 1]) < 5 / math.sqrt(599)
    assert torch.equal(plasma([7, 8], [0.2, 0.5])[1], plasma([8], [0.5])[0])


LAMPS = {"x": [0.2, 0.7, 0.5], "y": [0.3, 0.6, 0.5], "sigma": [0.2, 0.4, 0.3], "weight": [1.0, 0.5, 0.0]}


def test_local_lights_add_up_in_their_own_colours():
    found = field("local_lights", 18, 24, **LAMPS, kelvin=[2500.0, 7000.0, 4000.0], ambient=0.1, lights=(1, 3))
    right, down = centres(18, 24)
    wanted = np.full((3, 18, 24), 0.1)
    for x, y, sigma, weight, kelvin in ((0.2, 0.3, 0.2, 1.0, 2500.0), (0.7, 0.6, 0.4, 0.5, 7000.0)):
        square = (right - (x - 0.5) * 24 / 18) ** 2 + (down - (y - 0.5)) ** 2
        wanted += weight * np.exp(-square / (2 * sigma**2)) * np.array(planckian_gains(kelvin))[:, None, None]
    np.testing.assert_allclose(found.numpy(), wanted / wanted.max(), atol=1e-12)
    assert found[0].amax() == 1
    assert found[2].amax() < 0.6


def test_local_lights_draw_the_number_of_lamps_evenly():
    drawn = DEGRADATIONS.create("local_lights").sample(900, sources(900))
    counts = np.bincount([sum(w > 0 for w in row) for row in drawn["weight"]], minlength=4)
    assert counts[0] == 0
    assert (abs(counts[1:] - 300) < 5 * math.sqrt(900 * 2 / 9)).all()
    assert {len(row) for name in ("x", "y", "sigma", "weight", "kelvin") for row in drawn[name]} == {3}
    kelvin = np.array(drawn["kelvin"])
    assert 2500 <= kelvin.min() < kelvin.max() <= 7500
    fixed = DEGRADATIONS.create("local_lights", lights=3).sample(900, sources(900))
    assert {name: fixed[name] for name in ("x", "kelvin", "ambient")} == {
        name: drawn[name] for name in ("x", "kelvin", "ambient")
    }


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("spotlight", {"sigma": 0.0, "ambient": 2.0}, "sigma.*0.01 <= low.*; ambient"),
        ("side_light", {"angle": (0.0, 400.0)}, "angle"),
        ("linear_gradient", {"normalise": "sum"}, "normalise"),
        ("vignette", {"focal": 0.0}, "focal"),
        ("plasma", {"roughness": (0.5, 1.5)}, "roughness"),
        ("local_lights", {"lights": 0}, "lights"),
        ("white_balance", {"red": (0.0, 1.0), "correction": 2.0}, "red.*; correction"),
        ("planckian", {"kelvin": 1000.0, "reference": 1000.0}, "kelvin.*; reference"),
    ],
)
def test_wrong_arguments_are_refused(name, arguments, message):
    with pytest.raises(BadParameters, match=message):
        DEGRADATIONS.create(name, **arguments)


def test_plasma_is_the_fractal_of_kornia():
    from kornia.contrib import diamond_square

    seeds, roughness = [3, 9], [0.5, 0.2]
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]

    def draw(shape, *, device, dtype):
        return torch.stack([torch.rand(*shape[1:], generator=g, device=device, dtype=dtype) for g in sources])

    share = torch.tensor(roughness, dtype=torch.float64)
    theirs = diamond_square((2, 1, 33, 33), share, random_fn=draw, dtype=torch.float64)
    torch.testing.assert_close(plasma(seeds, roughness), theirs, rtol=0, atol=1e-10)
