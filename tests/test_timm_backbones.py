"""Feature extractors of timm as backbones: families that fail on small maps in their own way."""

import pytest
import torch

from lfsrkit import BACKBONES, MODELS
from lfsrkit.errors import BadParameters, UnknownComponent
from lfsrkit.models.weights import load, save

FAMILIES = [
    "resnet18",
    "convnext_atto",
    "vit_tiny_patch16_224",
    "swin_tiny_patch4_window7_224",
    "efficientnet_b0",
    "regnety_002",
    "maxvit_nano_rw_256",
    "pvt_v2_b0",
    "hrnet_w18_small",
    "levit_128s",
    "mobilevit_xxs",
    "nfnet_l0",
    "ghostnet_100",
]


def backbone(name: str, **params: object) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return BACKBONES.create(f"timm:{name}", channels=16, **params)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_small_maps_and_a_batch_of_one_are_enough_for_every_parameter_to_learn(name):
    net = backbone(name).train()
    features = torch.randn(1, 16, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # blocks may drop their paths
        out = net(features)
    assert out.shape == features.shape
    (out - features.roll(1, -1)).abs().mean().backward()
    kept = {key: parameter for key, parameter in net.named_parameters() if parameter.requires_grad}
    assert sum(parameter.numel() for parameter in kept.values()) > 10_000
    assert [key for key, parameter in kept.items() if parameter.grad is None or not parameter.grad.any()] == []
    assert all(parameter.grad.isfinite().all() for parameter in kept.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_size_is_kept_and_a_batch_equals_its_singles(name):
    net = backbone(name).eval()
    with torch.no_grad():
        for height, width in ((1, 1), (5, 7), (17, 40)):
            features = torch.randn(2, 16, height, width, generator=torch.Generator().manual_seed(height))
            out = net(features)
            assert out.shape == features.shape
            torch.testing.assert_close(out, torch.cat([net(one[None]) for one in features]), rtol=0, atol=1e-4)


@pytest.mark.slow
def test_layers_behind_the_fine_stages_are_left_out():
    import timm

    def count(net: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in net.parameters())

    assert count(backbone("efficientnet_b0")) < count(timm.create_model("efficientnet_b0", features_only=True)) / 10


@pytest.mark.slow
def test_a_run_of_a_timm_backbone_is_saved_and_loaded_without_permission_for_code(tmp_path):
    params = {"scale": 2, "backbone": "timm:convnext_atto"}
    model = MODELS.create("lfsrnet_tiny", **params).eval()
    save(model, tmp_path / "model.safetensors", name="lfsrnet_tiny", params=params)
    low = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(load(tmp_path)(low), model(low))


def test_weights_of_a_local_file_are_read(tmp_path):
    import timm
    from safetensors.torch import save_file

    donor = timm.create_model("regnety_002", num_classes=10)
    save_file(donor.state_dict(), tmp_path / "regnet.safetensors")
    net = backbone("regnety_002", weights=str(tmp_path / "regnet.safetensors"))
    own, given = net.net.state_dict(), donor.state_dict()
    assert torch.equal(own["s1.b1.conv1.conv.weight"], given["s1.b1.conv1.conv.weight"])


def test_wrong_names_and_sizes_are_answered():
    with pytest.raises(UnknownComponent, match="did you mean 'resnet18'"):
        backbone("resnet_18")
    with pytest.raises(BadParameters, match="no feature maps at 8"):
        backbone("vit_tiny_patch16_224", size=8)
