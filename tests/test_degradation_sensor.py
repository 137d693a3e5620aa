"""Noise of sensors against the formulas that it is drawn from, and against SciPy's distributions."""

import math

import pytest
import torch
from scipy import stats

from lfsrkit import DEGRADATIONS
from lfsrkit.degradations.eld import CAMERAS, LEVELS, tukey_lambda_noise, virtual_camera
from lfsrkit.degradations.sensor import even_noise, seeds_of, standard_noise
from lfsrkit.errors import BadParameters
from tests.test_degradation_physics import check_mean, check_variance, noise, sources


def light(level: float, n: int = 8, side: int = 64):
    return torch.full((n, 3, side, side), level, dtype=torch.float64)


def measured(name: str, level: float, params, n: int = 8, side: int = 64):
    """What a sensor makes of even light, given a few of its parameters, the others neutral."""
    d = DEGRADATIONS.create(name)
    seeds = {"seed": list(range(100, 100 + n))}
    return d.apply_light(light(level, n, side), {**d.neutral(n), **{k: [v] * n for k, v in params.items()}, **seeds})


def check_uncorrelated(first, second) -> None:
    both = torch.stack([first.flatten(), second.flatten()])
    assert torch.corrcoef(both)[0, 1].abs() < 5 / math.sqrt(both.shape[1])


def test_photons_are_whole():
    shot = 0.02
    counts = measured("poisson_gaussian", 0.3, {"shot": shot}) / shot
    torch.testing.assert_close(counts, counts.round(), rtol=0, atol=1e-12)
    assert len(counts.unique()) > 10


@pytest.mark.parametrize("name", ["shot_read_noise", "poisson_gaussian"])
@pytest.mark.parametrize(("shot", "read"), [(1e-3, 1e-5), (1e-2, 0.0), (0.0, 1e-4)])
def test_shot_and_read_noise_agree_in_mean_and_variance(name, shot, read):
    found = measured(name, 0.4, {"shot": shot, "read": read})
    check_mean(found, 0.4)
    check_variance(found, shot * 0.4 + read)


def photon_transfer(name: str, params):
    """Fit a line to variance against mean over even patches; give slope and offset with their standard errors."""
    levels = torch.linspace(0.1, 0.7, 7, dtype=torch.float64)
    patches = [measured(name, level.item(), params) for level in levels]
    means, variances = (torch.stack([getattr(patch, what)() for patch in patches]) for what in ("mean", "var"))
    errors = variances * math.sqrt(2.1 / patches[0].numel())
    design = torch.stack([means, torch.ones_like(means)], 1)
    solve = torch.linalg.pinv(design / errors[:, None])
    return solve @ (variances / errors), solve.pow(2).sum(1).sqrt()


@pytest.mark.parametrize(
    ("name", "params", "slope", "offset"),
    [
        ("shot_read_noise", {"shot": 2e-3, "read": 1e-4}, 2e-3, 1e-4),
        ("poisson_gaussian", {"shot": 2e-3, "read": 1e-4}, 2e-3, 1e-4),
        ("starlight", {"shot": 2e-3, "read": 1e-4, "uniform": 0.01}, 2e-3, 1e-4 + 1e-4 / 12),
        ("eld_noise", {"gain": 10.0, "step": 60.0}, 10 / 15583, 3600 / 12 / 15583**2),
        ("eld_noise", {"gain": 10.0, "step": 60.0, "ratio": 2.0}, 20 / 15583, 3600 / 3 / 15583**2),
    ],
)
def test_photon_transfer_curve_is_the_line_of_the_model(name, params, slope, offset):
    found, error = photon_transfer(name, params)
    wanted = torch.tensor([slope, offset], dtype=torch.float64)
    assert ((found - wanted).abs() <= 5 * error).all()
    assert (5 * error[0] < 0.1 * slope).all(), "the patches are large enough to tell"


def test_read_noise_is_normal():
    found = (measured("shot_read_noise", 0.5, {"read": 1e-4}, n=16) - 0.5).flatten()
    z = found / found.std()
    assert z.pow(3).mean().abs() < 5 * math.sqrt(6 / len(z))
    assert (z.pow(4).mean() - 3).abs() < 5 * math.sqrt(24 / len(z))
    assert stats.kstest(z.numpy()[:20_000], "norm").pvalue > 1e-6


def test_base_ten_makes_read_noise_larger_as_later_code_does():
    reads = {}
    for base in ("e", "10"):
        drawn = DEGRADATIONS.create("shot_read_noise", shot=0.012, log_base=base).sample(4000, sources(4000))
        reads[base] = torch.tensor(drawn["read"], dtype=torch.float64)
    ratio, unit = (reads["10"] / reads["e"]).log(), math.log(10) - 1
    check_mean(ratio, 1.2 * unit)
    check_variance(ratio, (0.26 * unit) ** 2)
    assert reads["e"].median().sqrt().item() == pytest.approx(0.0147, rel=0.05)
    assert reads["10"].median().sqrt().item() == pytest.approx(0.032, rel=0.05)


def tukey_variance(shape: float) -> float:
    if shape == 0:
        return math.pi**2 / 3
    return 2 / shape**2 * (1 / (1 + 2 * shape) - math.gamma(shape + 1) ** 2 / math.gamma(2 * shape + 2))


@pytest.mark.parametrize("shape", [-0.1, -0.04, 0.0, 0.014, 0.14, 0.2, 1.0])
def test_tukey_lambda_noise_has_its_closed_variance(shape):
    found = tukey_lambda_noise([shape] * 8, list(range(8)), light(0.0))
    check_mean(found, 0.0)
    check_variance(found, tukey_variance(shape))


@pytest.mark.parametrize("shape", [-0.243, -0.1, -1e-9, 0.0, 1e-9, 0.14, 0.2])
def test_tukey_lambda_noise_is_the_quantile_function_of_scipy(shape):
    like = light(0.0, 1)
    chances = 0.5 + even_noise([5], like).numpy()
    wanted = stats.logistic.ppf(chances) if abs(shape) < 1e-6 else stats.tukeylambda.ppf(chances, shape)
    torch.testing.assert_close(tukey_lambda_noise([shape], [5], like), torch.from_numpy(wanted), rtol=1e-7, atol=1e-9)


def test_rows_share_their_noise_and_nothing_else():
    scale, read, shape = 40.0, 20.0, 0.1
    found = measured("eld_noise", 0.5, {"row": scale, "read": read, "shape": shape}, n=160, side=32)
    found = (found - 0.5) * LEVELS
    own = read**2 * tukey_variance(shape)
    rows = found.mean((1, 3)).flatten()
    check_mean(rows, 0.0)
    check_variance(rows, scale**2 + own / (3 * 32))
    check_variance(found - found.mean((1, 3), keepdim=True), own * (1 - 1 / (3 * 32)))
    check_uncorrelated(found.mean((1, 3))[:, 1:], found.mean((1, 3))[:, :-1])
    inside = [(found[..., 1:] * found[..., :-1]).mean((1, 3)), (found[:, 0] * found[:, 2]).mean(2)]
    for products in inside:
        check_mean(products.flatten(), scale**2)


def test_a_check_of_rows_can_fail():
    found = (measured("eld_noise", 0.5, {"read": 20.0, "shape": 0.1}, n=160, side=32) - 0.5) * LEVELS
    with pytest.raises(AssertionError):
        check_mean((found[..., 1:] * found[..., :-1]).mean((1, 3)).flatten(), 40.0**2)


def test_every_colour_has_its_own_bias_and_rounding_stays_within_half_a_step():
    found = (measured("eld_noise", 0.5, {"bias": [-3.0, 1.0, 6.0], "step": 1.0}) - 0.5) * LEVELS
    for colour, bias in enumerate([-3.0, 1.0, 6.0]):
        assert (found[:, colour] - bias).abs().max() <= 0.5 + 1e-4
        check_mean(found[:, colour], bias)
        check_variance(found[:, colour], 1 / 12)


@pytest.mark.parametrize("name", CAMERAS)
def test_a_measured_camera_draws_from_its_lines(name):
    camera, drawn = CAMERAS[name], DEGRADATIONS.create("eld_noise", camera=name).sample(2000, sources(2000))
    gain, read, row, shape = (torch.tensor(drawn[key], dtype=torch.float64) for key in ("gain", "read", "row", "shape"))
    low, high = (math.log(end) for end in camera.gain)
    check_mean(gain.log(), (low + high) / 2)
    check_variance(gain.log(), (high - low) ** 2 / 12)
    for scale, line in ((read, camera.read), (row, camera.row)):
        scatter = scale.log() - line.slope * gain.log()
        check_mean(scatter, line.offset)
        check_variance(scatter, line.spread**2)
        check_uncorrelated(scatter, gain.log())
    assert camera.shape[0] <= shape.min() < shape.max() <= camera.shape[1]
    bias = torch.tensor(drawn["bias"], dtype=torch.float64)
    assert bias.shape == (2000, 3)
    assert camera.bias[0] <= bias.min() < bias.max() <= camera.bias[1]
    check_uncorrelated(bias[:, 0], bias[:, 1])


def test_virtual_cameras_fill_the_published_box():
    """The numbers are those of the virtual cameras in the public configuration of Jin et al., ICCV 2023."""
    camera = virtual_camera()
    published = {
        camera.read.slope: (0.4621, 0.6559),
        camera.read.offset: (-0.0904, 1.5370),
        camera.read.spread: (0.2392, 0.3888),
        camera.row.slope: (0.4483, 0.7292),
        camera.row.offset: (-1.7977, -0.5917),
        camera.row.spread: (0.2322, 0.2943),
        camera.shape: (-0.2429, 0.2),
    }
    for ours, theirs in published.items():
        assert ours == pytest.approx(theirs, abs=6e-4)
    drawn = DEGRADATIONS.create("eld_noise").sample(500, sources(500))
    assert 0.094 <= min(drawn["gain"]) < 0.2
    assert 14 < max(drawn["gain"]) <= 28.65
    assert min(drawn["shape"]) < -0.2
    assert max(drawn["shape"]) > 0.16


def test_amplification_brings_noise_of_a_shorter_exposure():
    shot = [measured("eld_noise", 0.5, {"gain": 0.5, "ratio": ratio}).var().item() for ratio in (1.0, 100.0)]
    read = [measured("eld_noise", 0.5, {"read": 1.0, "ratio": ratio}).var().item() for ratio in (1.0, 100.0)]
    assert shot[1] / shot[0] == pytest.approx(100, rel=0.05)
    assert read[1] / read[0] == pytest.approx(100**2, rel=1e-6)


def test_the_root_that_the_public_starlight_code_omits_is_taken():
    found = measured("starlight", 0.4, {"shot": 1e-3, "read": 1e-4})
    check_variance(found, 1e-3 * 0.4 + 1e-4)
    assert found.var().sqrt().item() > 10 * (1e-3 * 0.4 + 1e-4)


def test_uniform_noise_is_even_within_its_width():
    found = measured("starlight", 0.4, {"uniform": 0.02}) - 0.4
    assert found.abs().max() <= 0.01
    check_mean(found, 0.0)
    check_variance(found, 0.02**2 / 12)


@pytest.mark.parametrize("part", ["row", "steady_row"])
def test_starlight_rows_are_constant_along_and_independent_across(part):
    d = DEGRADATIONS.create("starlight")
    params = {**d.neutral(1), part: [0.01], "camera": [3], "seed": [4]}
    found = d.apply_light(torch.full((1, 3, 4096, 2), 0.4, dtype=torch.float64), params) - 0.4
    torch.testing.assert_close(found[..., 0], found[..., 1], rtol=0, atol=1e-12)
    rows = found[..., 0]
    check_variance(rows, 0.01**2)
    check_uncorrelated(rows[..., 1:], rows[..., :-1])
    check_uncorrelated(rows[:, 0], rows[:, 1])


@pytest.mark.parametrize(
    ("part", "stays"), [("row", False), ("fixed", True), ("steady_row", True), ("periodic", False)]
)
def test_patterns_belong_to_the_camera(part, stays):
    d = DEGRADATIONS.create("starlight")
    params = {**d.neutral(3), part: [0.01] * 3, "camera": [1, 1, 2], "seed": [4, 5, 6]}
    first, second, other = d.apply_light(light(0.4, 3, 32), params)
    assert torch.allclose(first, second, rtol=0, atol=1e-12) == stays
    assert not torch.allclose(first, other, rtol=0, atol=1e-3)


def test_fixed_pattern_has_its_deviation():
    check_variance(measured("starlight", 0.4, {"fixed": 0.01}, n=1, side=128), 0.01**2)


def test_periodic_noise_is_a_constant_and_a_quarter_wave():
    n, amount = 400, 0.01
    found = measured("starlight", 0.5, {"periodic": amount}, n=n, side=16) - 0.5
    assert (found - found[..., :1]).abs().max() < 1e-12
    power = torch.fft.rfft(found[..., 0], dim=2).abs().square() / 16**2
    check_mean(power[..., 0].flatten(), amount**2 / 3)
    check_mean(2 * power[..., 4].flatten(), 2 * amount**2 / 3)
    others = [k for k in range(9) if k not in (0, 4)]
    assert power[..., others].max() < 1e-20
    check_mean(found.square().mean((2, 3)).flatten(), amount**2)


def test_causes_within_a_picture_are_independent():
    like = light(0.0, 2)
    fields = [standard_noise(seeds_of(cause, [7, 8]), like) for cause in ("photons", "read", "row")]
    check_uncorrelated(fields[0], fields[1])
    check_uncorrelated(fields[1], fields[2])
    assert max(seeds_of("row", range(1000))) < 2**53


@pytest.mark.parametrize("name", ["poisson_gaussian", "eld_noise", "starlight"])
def test_light_above_white_is_clipped_and_number_format_changes_no_draw(name):
    d = DEGRADATIONS.create(name)
    params = d.sample(4, sources(4))
    assert d.apply_light(light(3.0, 4, 8), params).min() == 1
    images = 0.1 + 0.8 * noise(4, 3, 16, 16)
    single, double = d.apply(images.float(), params).double(), d.apply(images, params)
    assert ((single - double).abs() > 1e-4).double().mean() < 1e-3


@pytest.mark.parametrize("name", ["poisson_gaussian", "eld_noise"])
def test_gradient_of_counted_photons_is_that_of_their_mean(name):
    d = DEGRADATIONS.create(name)
    values = light(0.5, 2, 8).requires_grad_()
    d.apply_light(values, d.sample(2, sources(2))).sum().backward()
    torch.testing.assert_close(values.grad, torch.ones_like(values))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("eld_noise", {"camera": "sony_a7"}, "sony_a7s2"),
        ("eld_noise", {"ratio": 0.5}, "ratio = 0.5"),
        ("poisson_gaussian", {"shot": (0.0, 0.1)}, "cannot begin at 0"),
        ("poisson_gaussian", {"read": 2.0}, "read = 2.0"),
        ("starlight", {"row": (0.0, 0.1), "periodic": -1.0}, "row = (0.0, 0.1).*periodic = -1.0"),
        ("starlight", {"camera": -1}, "camera = -1"),
    ],
)
def test_arguments_out_of_range_are_named(name, arguments, message):
    with pytest.raises(BadParameters, match=message.replace("(", r"\(").replace(")", r"\)")):
        DEGRADATIONS.create(name, **arguments)
