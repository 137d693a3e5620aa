"""The floor against what it promises, and EDSR against its official numbers."""

import json
import sys
from pathlib import Path

import pytest
import torch

from lfsrkit import MODELS
from lfsrkit.errors import UsageError
from lfsrkit.models.bicubic import Bicubic, solve_exponent

SHARED = Path(__file__).parents[2] / "shared"


def pictures(n: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(0))


def test_bicubic_reaches_its_mean_for_each_picture_alone() -> None:
    low = pictures(3, 16, 16) ** torch.tensor([0.3, 1.0, 4.0]).view(3, 1, 1, 1)
    restored = Bicubic(scale=4, target_mean=0.4)(low)
    torch.testing.assert_close(restored.mean(dim=(1, 2, 3)), torch.full((3,), 0.4), atol=1e-4, rtol=0)


def test_a_darker_power_law_gives_a_smaller_exponent_in_proportion() -> None:
    clean = 0.1 + 0.8 * pictures(4, 8, 8)
    bright, dark = (solve_exponent(images, torch.tensor(0.5)) for images in (clean, clean**3))
    torch.testing.assert_close(bright, 3 * dark, atol=1e-4, rtol=0)


def test_bicubic_keeps_a_flat_picture_flat() -> None:
    restored = Bicubic(scale=2, target_mean=0.5)(torch.full((1, 3, 4, 4), 0.02))
    torch.testing.assert_close(restored, torch.full((1, 3, 8, 8), 0.5), atol=1e-4, rtol=0)


def test_bicubic_leaves_black_and_white_alone() -> None:
    low = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    torch.testing.assert_close(Bicubic(scale=2)(low)[:, :, ::2, ::2], low)


@pytest.mark.parametrize("mean", [0.0, 1.0, -1.0, float("nan")])
def test_bicubic_refuses_a_mean_outside_the_range(mean: float) -> None:
    with pytest.raises(UsageError, match="target_mean"):
        MODELS.create("bicubic", target_mean=mean)


@pytest.mark.reference
@pytest.mark.parametrize("scale", [4, 8])
def test_edsr_equals_the_official_model(scale: int) -> None:
    parity = SHARED / "parity"
    if not parity.is_dir():
        pytest.skip(f"no reference data at {parity}")
    import numpy as np

    recorded = np.load(parity / "parity.npz")
    shapes = json.loads((parity / "official_state_dicts.json").read_text())[f"edsr_baseline_x{scale}"]
    model = MODELS.create("edsr_baseline", scale=scale).eval()
    assert {key: list(tensor.shape) for key, tensor in model.state_dict().items()} == shapes["state_dict"]
    sys.path.insert(0, str(parity))
    try:
        from fill import fill
    finally:
        sys.path.remove(str(parity))
    fill(model, salt=0)
    with torch.no_grad():
        restored = model(torch.from_numpy(recorded[f"edsr_baseline_x{scale}.low"]))
    expected = torch.from_numpy(recorded[f"edsr_baseline_x{scale}.out"])
    assert expected.std() > 1e-2
    torch.testing.assert_close(restored, expected, atol=1e-4, rtol=0)
