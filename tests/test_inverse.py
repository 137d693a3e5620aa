"""Undoing the light of chains: what was applied is undone, what is lost is passed over, what has no inverse is said."""

import pytest
import torch

from lfsrkit.degradations import chain_from_text
from lfsrkit.degradations.inverse import relit
from lfsrkit.errors import UsageError

LIGHT = [
    "gamma_linear",
    "gamma_linear(colour=(.7, 1), contrast=(.7, 1))",
    "contrast_gamma(beta=0.0)",
    "exposure(stops=(1, 3))",
    "white_balance",
    "exposure(stops=2.0) | white_balance | gamma_linear(gamma=1.5)",
]


@pytest.mark.parametrize("text", LIGHT)
def test_light_is_undone_with_the_recorded_parameters(text: str) -> None:
    stream = torch.Generator().manual_seed(0)
    # Neither black nor white, so that nothing is clipped on the way.
    clean = 0.3 + 0.3 * torch.rand(8, 3, 5, 7, generator=stream, dtype=torch.float64)
    chain = chain_from_text(text)
    params = chain.sample(8, stream)
    low = chain.apply(clean, params)
    assert (low - clean).abs().max() > 0.01
    torch.testing.assert_close(relit(chain, low, params), clean, rtol=0, atol=1e-6)


def test_size_noise_and_rounding_are_passed_over() -> None:
    chain = chain_from_text("downsample(scale=2) | gamma_linear | quantise(bits=8)")
    clean = torch.full((1, 3, 8, 8), 0.5)
    params = chain.sample(1, torch.Generator().manual_seed(1))
    bright = relit(chain, chain.apply(clean, params), params)
    assert bright.shape == (1, 3, 4, 4)
    assert (bright - 0.5).abs().max() < 0.03  # half of 1/255, times the slope of the inverse


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("isp_physics(scale=4)", "maybe"),
        ("gamma_linear | gaussian_blur(sigma=1.0)", "gaussian_blur"),
        ("gamma_linear(colour=0.0)", "gamma_linear"),
    ],
)
def test_what_has_no_inverse_is_named(text: str, name: str) -> None:
    chain = chain_from_text(text)
    params = chain.sample(1, torch.Generator().manual_seed(0))
    with pytest.raises(UsageError, match=f"{name} .* has no inverse"):
        relit(chain, torch.full((1, 3, 8, 8), 0.2), params)
