"""Models, losses, masks and metrics give on an accelerator what they give on the CPU."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from loss_cases import makers
from torch.nn import functional

from lfsrkit import LOSSES, METRICS, MODELS, pairs
from lfsrkit.calls import Call
from lfsrkit.evaluation import evaluate
from lfsrkit.images import decode
from lfsrkit.stages import EvaluateConfig
from tests import mask_cases
from tests.command_cases import run
from tests.test_losses import extras, noisy, pictures
from tests.test_metrics import NAMES as METRIC_NAMES

pytestmark = pytest.mark.gpu

DEVICE = "cuda"


@pytest.fixture(autouse=True)
def _whole_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions in 32 bits: by default torch rounds what they multiply to 10 bits of fraction there."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def there(value: Any) -> Any:
    """Move tensors, inside dictionaries too."""
    if isinstance(value, dict):
        return {key: there(each) for key, each in value.items()}
    return value.to(DEVICE) if torch.is_tensor(value) else value


@pytest.mark.parametrize("name", MODELS.names())
def test_a_model_restores_there_what_it_restores_here(name: str) -> None:
    torch.manual_seed(0)
    model = MODELS.create(name).eval()
    low = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        here = model(low)
        away = model.to(DEVICE)(low.to(DEVICE))
    assert away.device.type == DEVICE
    torch.testing.assert_close(away.cpu(), here, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [name for name in MODELS.names() if name != "bicubic"])
def test_every_number_of_a_model_gets_a_finite_gradient_there(name: str) -> None:
    torch.manual_seed(0)
    model = MODELS.create(name).to(DEVICE).train()
    low = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1)).to(DEVICE)
    model(low).square().mean().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in model.parameters())


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_loss_is_there_what_it_is_here(name: str, tmp_path: Path) -> None:
    loss = makers(tmp_path)(name)
    clean = pictures(0)
    restored = noisy(clean, 0.1)
    given = {key: value for key, value in extras(restored).items() if key in loss.needs}
    here = loss(restored, clean, **given)
    away = loss(restored.to(DEVICE), clean.to(DEVICE), **there(given))
    torch.testing.assert_close(away.cpu(), here, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", mask_cases.NAMES)
def test_a_mask_is_there_what_it_is_here(name: str) -> None:
    strategy = mask_cases.strategy_of(name)
    hints = mask_cases.hints(3, 64, 64)
    here = mask_cases.draw(strategy, 3, 64, 64, mask_cases.seeded(), **hints)
    away = mask_cases.draw(strategy, 3, 64, 64, mask_cases.seeded(), **there(hints))
    assert (away.cpu() == here).float().mean() >= 0.99


@pytest.mark.parametrize("name", METRIC_NAMES)
def test_a_metric_is_there_what_it_is_here(name: str) -> None:
    metric = METRICS.create(name)
    clean = functional.interpolate(pictures(0), (64, 64), mode="bilinear")
    restored = noisy(clean, 0.1)
    both = (restored, clean)
    here, away = metric(*both), metric(*(each.to(DEVICE) for each in both))
    torch.testing.assert_close(away.cpu(), here, rtol=1e-4, atol=1e-4)


def test_shipped_weights_have_there_the_scores_that_they_have_here(built: Path) -> None:
    data, config = pairs.open(built, "test"), EvaluateConfig(metrics=(Call("psnr"), Call("ssim")))
    here, away = (list(evaluate("lfsrnet_tiny_x4", data, config, device=device)) for device in ("cpu", DEVICE))
    for one, other in zip(here, away, strict=True):
        assert other.values == pytest.approx(one.values, abs=0.01)


@pytest.mark.parametrize("settings", [("mode=face",), ("mode=whole",), ("mode=face", "precision=fp16")])
def test_pictures_are_enhanced_there_as_they_are_here(
    settings: tuple[str, ...], folder: Callable[..., Path], tmp_path: Path
) -> None:
    words = ["enhance", "lfsrnet_tiny_x4", folder(3), *(word for each in settings for word in ("-s", each))]
    for device in ("cpu", DEVICE):
        assert run(*words, "--out", tmp_path / device, "--device", device).exit_code == 0
    for name in ("000", "001", "002"):
        here, away = (decode((tmp_path / device / f"{name}.png").read_bytes()) for device in ("cpu", DEVICE))
        assert abs(here.astype(int) - away.astype(int)).mean() < 1
