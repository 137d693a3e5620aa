"""Named chains: what each is meant to make, on drawn faces and, where they are there, on photographs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lfsrkit import DEGRADATIONS
from lfsrkit.colour import linear_to_srgb, luma, srgb_to_linear
from lfsrkit.degradations import Chain, chain_from_text
from lfsrkit.images import to_bytes
from lfsrkit.pairs.degrade import replay
from lfsrkit.seeding import generators

FACES = Path(__file__).parents[2] / "shared" / "faces" / "celeba"
NAMED = [
    "fsr_gamma",
    "isp_physics",
    "dark_isp",
    "dln",
    "llnet",
    "lednet_style",
    "gfpgan",
    "real_esrgan",
    "darkffhq_style",
]
DARK = [name for name in NAMED if name not in ("gfpgan", "real_esrgan")]


def drawn(chain: Chain, n: int):
    return chain.sample(n, generators(0, [str(index) for index in range(n)], 0, "degrade"))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("scale", [1, 2, 4, 8, 16])
def test_every_named_chain_shrinks_to_any_scale(name, scale):
    chain = chain_from_text(f"{name}(scale={scale})")
    assert chain.scale == scale
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert chain.apply(images, drawn(chain, 2)).shape == (2, 3, 64 // scale, 64 // scale)


@pytest.mark.parametrize("name", DARK)
def test_chains_for_the_dark_darken(name):
    chain = chain_from_text(f"{name}(scale=4)")
    images = torch.full((64, 3, 32, 32), 0.6, dtype=torch.float64)
    assert chain.apply(images, drawn(chain, 64)).mean() < 0.35


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.skipif(not FACES.is_dir(), reason="the faces beside the project are absent")
def test_isp_physics_is_as_dark_as_real_night_photographs():
    files = sorted(FACES.glob("*.jpg"))
    squares = [Image.open(file).convert("RGB").crop((0, 20, 178, 198)) for file in files]
    clean = to_bytes([np.asarray(square.resize((128, 128), Image.Resampling.BICUBIC)) for square in squares])
    chain = chain_from_text("isp_physics(scale=8)")
    means = luma(replay(chain, clean, drawn(chain, len(files))).float()).mean((1, 2, 3))
    inside = ((means >= 8) & (means <= 60)).float().mean()
    assert inside >= 0.95
    assert 20 <= means.median() <= 35


def test_the_curves_of_named_chains_are_the_published_ones():
    x = torch.linspace(0, 1, 256, dtype=torch.float64).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    contrast = DEGRADATIONS.create("contrast_gamma")
    expected = (0.8 * x - 0.05).clamp_min(0) ** 2.5
    given = {"alpha": [0.8], "beta": [-0.05], "gamma": [2.5]}
    torch.testing.assert_close(contrast.apply(x, given), expected, rtol=0, atol=1e-12)


def test_gaussian_noise_has_its_strength_everywhere():
    n, sigma, levels = 64 * 64, 0.05, (0.3, 0.5, 0.7)
    noise = DEGRADATIONS.create("gaussian_noise", sigma=sigma)
    for level in levels:
        flat = torch.full((1, 1, 64, 64), level, dtype=torch.float64).expand(1, 3, 64, 64)
        values = noise.apply(flat, noise.sample(1, torch.Generator().manual_seed(1))) - level
        assert abs(values.mean()) < 5 * sigma / (3 * n) ** 0.5
        assert abs(values.var() / sigma**2 - 1) < 5 * (2 / (3 * n)) ** 0.5


def test_rounding_light_and_rounding_values_have_their_own_levels():
    ramp = torch.linspace(0, 1, 4096, dtype=torch.float64).view(1, 1, 64, 64).expand(1, 3, 64, 64)
    light = srgb_to_linear(DEGRADATIONS.create("quantise", bits=3, light="linear").apply(ramp, {"bits": [3]}))
    torch.testing.assert_close(light * 7, (light * 7).round(), rtol=0, atol=1e-5)
    encoded = DEGRADATIONS.create("quantise", bits=3).apply(ramp, {"bits": [3]})
    torch.testing.assert_close(encoded * 7, (encoded * 7).round(), rtol=0, atol=1e-12)
    expected = linear_to_srgb((srgb_to_linear(ramp) * 7).round() / 7)
    torch.testing.assert_close(linear_to_srgb(light), expected, rtol=0, atol=1e-6)
