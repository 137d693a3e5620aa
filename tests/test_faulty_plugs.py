"""Plugs that do not keep to what their kind promises: the error names the plug and what it should have given."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lfsrkit.degradations import Degradation, chain_from_text
from lfsrkit.degradations.base import Params
from lfsrkit.detectors import FoundFace
from lfsrkit.errors import UsageError
from lfsrkit.losses import Loss
from lfsrkit.masks import MaskStrategy
from lfsrkit.metrics import Metric
from lfsrkit.models import ModelInfo, Restorer
from lfsrkit.regions.landmarkers import Landmarks
from lfsrkit.registries import BACKBONES, DEGRADATIONS, METRICS, MODELS

PICTURES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Scalar(Metric):
    def measure(self, restored: Tensor, clean: Tensor, weight: Tensor | None) -> Tensor:
        return (restored - clean).abs().mean()


class ScalarLoss(Loss):
    def compare(self, restored: Tensor, clean: Tensor, extras: Any) -> Tensor:
        return (restored - clean).abs().mean()


class Flat(MaskStrategy):
    def draw(self, height: int, width: int, generators: Any, hints: Any) -> Tensor:
        return torch.zeros(len(generators), height, width)


class Unfinished(Metric): ...


@dataclass(frozen=True)
class Careless(Degradation):
    """Draw or give whatever a test asks for."""

    draws: Any = None
    gives: Any = None

    def sample(self, n: int, generator: Any) -> Params:
        return {"amount": [0.5] * n if self.draws is None else self.draws}

    def apply(self, images: Tensor, params: Params) -> Any:
        return images if self.gives is None else self.gives

    def neutral(self, n: int) -> None:
        return None


class Wide(nn.Module):
    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.layer = nn.Conv2d(channels, 2 * channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Small(Restorer):
    def __init__(self, scale: int = 2) -> None:
        super().__init__(ModelInfo("joint", (2, 4)), scale)

    def _stages(self, low: Tensor) -> dict[str, Tensor]:
        return {"restored": low} if self.scale == 2 else {}


def test_one_number_a_picture() -> None:
    with pytest.raises(UsageError, match=r"Scalar.measure gave a tensor of shape \(\).* of shape \(2,\)"):
        Scalar()(PICTURES, PICTURES)
    with pytest.raises(UsageError, match=r"ScalarLoss.compare gave a tensor of shape \(\).* of shape \(2,\)"):
        ScalarLoss()(PICTURES, PICTURES)


def test_one_mask_a_picture() -> None:
    with pytest.raises(UsageError, match=r"Flat.draw gave .*\(2, 4, 6\).* of shape \(2, 1, 4, 6\)"):
        Flat().sample(2, 4, 6, torch.Generator())


def test_networks_keep_their_sizes() -> None:
    with (
        BACKBONES.temporary("wide", Wide),
        pytest.raises(UsageError, match=r"Wide.forward gave .*\(2, 160, 8, 8\).* of shape \(2, 80, 8, 8\)"),
    ):
        MODELS.create("lfsrnet_tiny", scale=2, backbone="wide")(PICTURES)
    with pytest.raises(UsageError, match=r"Small._stages 'restored' gave .*\(2, 3, 8, 8\).*\(2, 3, 16, 16\)"):
        Small()(PICTURES)
    with pytest.raises(UsageError, match=r"'restored' gave a NoneType; .*\(2, 3, 32, 32\)"):
        Small(4)(PICTURES)


@pytest.mark.parametrize("draws", [[0.5], 0.5, torch.zeros(2), [torch.zeros(()), torch.zeros(())], [{}, {}]])
def test_what_a_degradation_draws_is_a_list_of_plain_values(draws: Any) -> None:
    with DEGRADATIONS.temporary("careless", lambda: Careless(draws)):
        chain = chain_from_text("careless | quantise")
        with pytest.raises(UsageError, match=r"Careless.sample drew amount=.* a list of 2 plain"):
            chain.sample(2, torch.Generator())


def test_what_a_degradation_gives_is_a_picture_of_its_scale() -> None:
    with DEGRADATIONS.temporary("careless", lambda: Careless(gives=torch.zeros(()))):
        chain = chain_from_text("careless | quantise")
        with pytest.raises(UsageError, match=r"Careless.apply gave .*\(\).* of shape \(2, 3, 8, 8\)"):
            chain.apply(PICTURES, chain.sample(2, torch.Generator()))


def test_a_class_lacks_nothing() -> None:
    with (
        METRICS.temporary("unfinished", Unfinished),
        pytest.raises(UsageError, match="Unfinished has to define measure"),
    ):
        METRICS.create("unfinished")


def test_points_of_a_face() -> None:
    with pytest.raises(UsageError, match=r"shape \(5, 2\); they have to be \(3, 2\)"):
        FoundFace(np.zeros((5, 2)), 1.0)
    with pytest.raises(UsageError, match=r"shape \(5, 2\); they have to be \(68, 2\)"):
        Landmarks(np.zeros((5, 2)), 1.0)
