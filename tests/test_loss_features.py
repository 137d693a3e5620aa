"""Losses of features: LPIPS as the package has it, VGG-16 written out, and networks that a user names."""

import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from loss_cases import ALEX, VGG, natural, noise, seeded, trunk_files, vgg_features
from safetensors.torch import load_file, save_file
from torch import nn

from lfsrkit import LOSSES, METRICS
from lfsrkit.calls import parse_call
from lfsrkit.errors import DamagedFile, MissingWeights, UsageError

WEIGHTS = Path(__file__).parents[2] / "shared" / "weights"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trunk_files(tmp_path_factory.mktemp("weights"))


def package_lpips(weights: Path, net: str) -> nn.Module:
    """The package's own network with a trunk from a file."""
    import lpips

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    state = load_file(weights / {"alex": ALEX, "vgg": VGG}[net])
    for key, value in network.net.state_dict().items():
        value.copy_(state["features." + key.partition(".")[2]])
    return network


@pytest.mark.parametrize("net", ["alex", pytest.param("vgg", marks=pytest.mark.slow)])
def test_lpips_is_that_of_the_package(weights: Path, net: str) -> None:
    restored, clean = (each.float() for each in natural(48, 40))
    with torch.no_grad():
        wanted = package_lpips(weights, net)(restored, clean, normalize=True).flatten()
    loss = LOSSES.create("lpips", net=net, weights=weights)(restored, clean)
    torch.testing.assert_close(loss, wanted, rtol=1e-5, atol=1e-6)
    assert (loss > 0.01).all()


@pytest.mark.reference
def test_lpips_is_the_metric_without_rounding() -> None:
    restored, clean = ((each.clamp(0, 1) * 255).round().float() / 255 for each in natural(48, 40))
    measured = METRICS.create("lpips", weights=WEIGHTS)(restored, clean).float()
    torch.testing.assert_close(LOSSES.create("lpips", weights=WEIGHTS)(restored, clean), measured)


def test_lpips_of_features_that_are_all_zero_has_a_slope(weights: Path, tmp_path: Path) -> None:
    """The package's own way of scaling to unit length gives NaN there."""
    dead = {key: torch.full_like(value, -1.0) for key, value in load_file(weights / ALEX).items()}
    save_file({key: value * key.endswith("bias") for key, value in dead.items()}, tmp_path / ALEX)
    restored = torch.rand(1, 3, 32, 32, generator=seeded(), requires_grad=True)
    loss = LOSSES.create("lpips", weights=tmp_path)(restored, torch.rand(1, 3, 32, 32, generator=seeded(1)))
    loss.sum().backward()
    assert loss.tolist() == [0]
    assert restored.grad is not None
    assert restored.grad.isfinite().all()


def test_vgg_is_the_mean_over_its_layers(weights: Path) -> None:
    restored, clean = (each.float() for each in natural(32, 24))
    for layers in (("relu2_2",), ("relu3_3", "relu1_2"), ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")):
        ours, theirs = (vgg_features(weights, each, layers) for each in (restored, clean))
        wanted = sum((ours[name] - theirs[name]).abs().mean(dim=(1, 2, 3)) for name in layers) / len(layers)
        loss = LOSSES.create("vgg", layers=layers, weights=weights)(restored, clean)
        torch.testing.assert_close(loss, wanted, rtol=1e-4, atol=1e-6)


def test_vgg_says_what_is_wrong(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="at least 16x16"):
        LOSSES.create("vgg", weights=weights)(*(each.float() for each in natural(15, 32)))
    with pytest.raises(UsageError, match="layers"):
        LOSSES.create("vgg", layers=("relu9_9",), weights=weights)
    with pytest.raises(UsageError, match="no layer of VGG-16 is named"):
        LOSSES.create("vgg", layers=(), weights=weights)
    save_file({"features.0.weight": torch.zeros(64, 3, 11, 11)}, tmp_path / VGG)
    with pytest.raises(DamagedFile, match="does not hold the features of VGG-16"):
        LOSSES.create("vgg", weights=tmp_path)
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    with pytest.raises(MissingWeights, match=r"vgg16_features\.safetensors"):
        LOSSES.create("vgg", weights=tmp_path / "nowhere")


class Embedder(nn.Module):
    """Vectors from channel means; with a parameter, in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 5)

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        return self.linear(shown.mean(dim=(2, 3)))


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("embedder_for_test")
    vars(module).update(load=Embedder, number=lambda: 3, flat=lambda: lambda shown: shown.mean(dim=(1, 2, 3)))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_identity_is_the_cosine_distance(plug: types.ModuleType) -> None:
    network = Embedder()
    restored, clean = (each.float() for each in noise(8, 8))
    loss = LOSSES.create("identity", network=network)
    a, b = (network(each).detach().double().numpy() for each in (restored, clean))
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert loss(restored, clean).tolist() == pytest.approx((1 - cosine).tolist(), abs=1e-6)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_identity_of_a_named_network(plug: types.ModuleType) -> None:
    restored, clean = (each.float() for each in noise(8, 8))
    loss = LOSSES.build(parse_call("identity(network='learned:embedder_for_test:load')"))
    assert (loss(restored, clean) > 0).all()


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("embedder_for_test:load", "write 'learned:module:function'"),
        ("learned:embedder_for_test", "write learned:module:function"),
        ("learned:embedder_that_is_missing:load", "No module named 'embedder_that_is_missing'"),
        ("learned:embedder_for_test:laod", "no function 'laod'; did you mean 'load'"),
        ("learned:embedder_for_test:number", "returned int"),
    ],
)
def test_identity_says_what_a_name_lacks(plug: types.ModuleType, network: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LOSSES.create("identity", network=network)


def test_identity_refuses_what_are_no_vectors(plug: types.ModuleType) -> None:
    restored, clean = (each.float() for each in noise(8, 8))
    with pytest.raises(UsageError, match=r"gave \(2,\) for 2 pictures; vectors \(2, d\)"):
        LOSSES.create("identity", network="learned:embedder_for_test:flat")(restored, clean)
