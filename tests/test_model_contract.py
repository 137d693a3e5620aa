"""Laws of every model and backbone."""

from functools import cache

import pytest
import torch
from torch import nn

from lfsrkit import BACKBONES, MODELS
from lfsrkit.errors import UsageError
from lfsrkit.models import Restorer, count_macs

SIZES = [(5, 7), (16, 16), (17, 23)]
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if "heavy" in MODELS[name].tags else name for name in MODELS.names()
]
OURS = [
    pytest.param(name, marks=pytest.mark.slow) if "heavy" in MODELS[name].tags else name
    for name in MODELS.names("lfsrnet*")
]
LIGHT = [name for name in MODELS.names() if "heavy" not in MODELS[name].tags]
HEAVY = MODELS.names(tag="heavy")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(n, 3, height, width, generator=seeded())


def make(name: str, **params: object) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MODELS.create(name, **params)


@cache
def blank(name: str, **params: object) -> Restorer:
    """A model without numbers: for shapes and refusals alone."""
    return make(name, **params).to("meta")


def usual(name: str, n: int) -> torch.Tensor:
    """Pictures of 16 pixels, or smaller ones where those take too long."""
    return pictures(n, 6, 6) if "heavy" in MODELS[name].tags else pictures(n, 16, 16)


def make_backbone(name: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return BACKBONES.create(name, channels=32)


def start_larger(model: nn.Module) -> None:
    """Start convolutions as torch does: from their authors' start the deepest gradients are lost in rounding."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.reset_parameters()


def assert_every_parameter_learns(module: nn.Module, output: torch.Tensor, least: float = 1e-10) -> None:
    (output - torch.rand(output.shape, generator=seeded(1))).abs().mean().backward()
    largest = {key: 0.0 if p.grad is None else float(p.grad.abs().max()) for key, p in module.named_parameters()}
    # A gradient of nothing but rounding is no gradient.
    idle = [key for key, gradient in largest.items() if not gradient > least * max(largest.values())]
    assert idle == []
    assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)


@pytest.mark.slow
@pytest.mark.parametrize("name", LIGHT)
def test_any_size_is_enlarged_by_every_scale(name: str) -> None:
    for scale in blank(name).info.scales:
        model = make(name, scale=scale).eval()
        assert model.scale == scale
        with torch.no_grad():
            for height, width in [(1, 1), *SIZES]:
                restored = model(pictures(2, height, width))
                assert restored.shape == (2, 3, scale * height, scale * width)
                assert restored.isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_any_size_is_enlarged_by_every_scale_of_heavy_models_on_paper(name: str) -> None:
    for scale in blank(name).info.scales:
        model = blank(name, scale=scale).eval()
        for height, width in [(5, 7), (17, 23)]:
            restored = model(torch.empty(2, 3, height, width, device="meta"))
            assert restored.shape == (2, 3, scale * height, scale * width)


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_small_pictures_are_restored_by_heavy_models_too(name: str) -> None:
    model = make(name, scale=4).eval()
    with torch.no_grad():
        for height, width in [(1, 1), (5, 7)]:
            restored = model(pictures(2, height, width))
            assert restored.shape == (2, 3, 4 * height, 4 * width)
            assert restored.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_stages_end_with_the_restored_picture(name: str) -> None:
    model = make(name).eval()
    low = pictures(1, 5, 7)
    with torch.no_grad():
        stages = model.stages(low)
        assert list(stages)[-1] == "restored"
        assert torch.equal(stages["restored"], model(low))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    model = make(name).train()
    deep = "batch_norm" in MODELS[name].tags
    if deep:
        start_larger(model)
    restored = model(usual(name, 2))
    if any(True for _ in model.parameters()):
        assert_every_parameter_learns(model, restored, least=0.0 if deep else 1e-10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_pictures_give_finite_gradients(name: str, value: float) -> None:
    # Normalising what does not vary multiplies gradients by 300, layer after layer: such models need variety.
    model = make(name).train("batch_norm" not in MODELS[name].tags)
    low = torch.full_like(usual(name, 1), value).requires_grad_()
    model(low).square().mean().backward()
    gradients = [low.grad, *(p.grad for p in model.parameters())]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", NAMES)
def test_eval_is_deterministic_and_changes_nothing(name: str) -> None:
    model = make(name).eval()
    low = pictures(2, 9, 6)
    before, state = low.clone(), torch.get_rng_state()
    with torch.no_grad():
        assert torch.equal(model(low), model(low))
    assert torch.equal(low, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_its_pictures_one_by_one(name: str) -> None:
    model = make(name).eval()
    low = usual(name, 3) ** torch.tensor([1.0, 2.0, 5.0]).view(3, 1, 1, 1)
    with torch.no_grad():
        singles = torch.cat([model(picture[None]) for picture in low])
        torch.testing.assert_close(model(low), singles, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_single_picture_can_be_trained_on(name: str) -> None:
    model = make(name)
    low = pictures(1, 8, 8)
    with torch.no_grad():
        trained, used = model.train()(low), model.eval()(low)
    assert trained.isfinite().all()
    if "batch_norm" not in MODELS[name].tags:
        torch.testing.assert_close(trained, used, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_memory_format_changes_nothing(name: str) -> None:
    model = make(name).eval()
    low = usual(name, 2)
    with torch.no_grad():
        plain = model(low)
        last = model.to(memory_format=torch.channels_last)(low.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, plain, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_stays_finite_and_near(name: str) -> None:
    model = make(name).eval()
    low = usual(name, 2)
    with torch.no_grad():
        exact = model(low)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = model(low)
    assert rounded.isfinite().all()
    assert (rounded.float() - exact).abs().mean() < 0.02


@pytest.mark.parametrize("name", [*MODELS.names("lfsrnet*"), "edsr_baseline"])
def test_cost_grows_with_the_picture_and_not_with_its_square(name: str) -> None:
    model = make(name).to("meta")
    assert count_macs(model, 256, 256) < 1.05 * 64 * count_macs(model, 32, 32)


@pytest.mark.parametrize("name", MODELS.names())
@pytest.mark.parametrize(
    "low",
    [torch.rand(3, 8, 8), torch.rand(1, 1, 8, 8), torch.rand(1, 3, 0, 8), torch.rand(0, 3, 8, 8)],
    ids=lambda low: str(tuple(low.shape)),
)
def test_what_is_no_batch_of_pictures_is_refused(name: str, low: torch.Tensor) -> None:
    with pytest.raises(UsageError, match=r"\(n, 3, h, w\)"):
        blank(name)(low)


def test_bytes_are_refused() -> None:
    with pytest.raises(UsageError, match="uint8"):
        make("bicubic")(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))


@pytest.mark.parametrize("name", MODELS.names())
def test_an_impossible_scale_is_refused_with_the_possible_ones(name: str) -> None:
    possible = ", ".join(map(str, blank(name).info.scales))
    with pytest.raises(UsageError, match=f"scale 7 is not possible.*{possible}"):
        make(name, scale=7)


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("backbone", BACKBONES.names())
def test_lfsrnet_takes_every_backbone(name: str, backbone: str) -> None:
    model = make(name, scale=4, backbone=backbone)
    stages = model.stages(pictures(2, 16, 16))
    assert {key: tuple(stage.shape) for key, stage in stages.items()} == {
        "corrected": (2, 3, 16, 16),
        "restored": (2, 3, 64, 64),
    }
    assert_every_parameter_learns(model, stages["restored"])


def test_lfsrnet_takes_a_backbone_without_depth() -> None:
    def thin(channels: int = 64) -> nn.Module:
        """One convolution."""
        return nn.Conv2d(channels, channels, 1)

    with BACKBONES.temporary("thin", thin):
        assert make("lfsrnet_tiny", scale=2, backbone="thin")(pictures(1, 4, 4)).shape == (1, 3, 8, 8)


@pytest.mark.parametrize("name", OURS)
def test_an_untrained_lfsrnet_already_brightens(name: str) -> None:
    dark = pictures(4, 16, 16) ** 3
    with torch.no_grad():
        stages = make(name, scale=2).eval().stages(dark)
    assert stages["corrected"].mean() > 1.5 * dark.mean()
    torch.testing.assert_close(stages["restored"].mean(), stages["corrected"].mean(), atol=0.1, rtol=0)


@pytest.mark.parametrize("name", BACKBONES.names())
def test_a_backbone_keeps_the_shape(name: str) -> None:
    backbone = make_backbone(name).eval()
    with torch.no_grad():
        for height, width in [(1, 1), *SIZES]:
            features = torch.randn(2, 32, height, width, generator=seeded())
            out = backbone(features)
            assert out.shape == features.shape
            assert out.isfinite().all()
            singles = torch.cat([backbone(one[None]) for one in features])
            torch.testing.assert_close(out, singles, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", BACKBONES.names())
def test_every_parameter_of_a_backbone_gets_a_gradient(name: str) -> None:
    backbone = make_backbone(name)
    assert_every_parameter_learns(backbone, backbone(torch.randn(2, 32, 8, 8, generator=seeded())))
