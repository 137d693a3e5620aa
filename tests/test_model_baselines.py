"""The methods that the paper compares with: their published sizes and costs, and what is special about each."""

from functools import cache

import pytest
import torch
from torch.nn import functional

from lfsrkit import MODELS
from lfsrkit.errors import UnknownComponent, UsageError
from lfsrkit.models import Restorer, count_macs, count_parameters
from lfsrkit.models.bicubic import Bicubic, solve_exponent
from lfsrkit.models.spandrel_nets import SpandrelNet

MEASURED = [
    ("edsr_baseline", 4, 1_517_571, 2.03),
    ("edsr_baseline", 8, 1_665_283, 1.13),
    ("edsr", 4, 43_089_923, 51.5),
    ("edsr", 8, 45_450_243, 22.6),
    ("swinir_s", 4, 929_628, 1.09),
    ("swinir_s", 8, 1_007_532, 0.293),
    ("swinir_m", 4, 11_900_199, 13.4),
    ("swinir_m", 8, 12_047_911, 3.97),
    ("omnisr", 4, 805_376, 0.882),
    ("omnisr", 8, 888_464, 0.242),
    ("sparnet", 4, 10_518_867, 7.13),
    ("sparnet", 8, 10_518_867, 7.13),
    ("sparnet_light3d", 8, 5_242_211, 6.88),
    ("ctcnet", 4, 22_407_699, 30.0),
    ("ctcnet", 8, 22_407_699, 30.0),
    ("dln", 1, 700_586, 11.3),
]
"""Name, scale, parameters and 1e9 MACs for 128 x 128 pixels out, as measured on the authors' code."""


@cache
def blank(name: str, scale: int) -> Restorer:
    with torch.random.fork_rng(devices=[]):
        return MODELS.create(name, scale=scale).to("meta")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scale", "parameters", "giga"), MEASURED)
def test_sizes_and_costs_are_those_of_the_authors_code(name: str, scale: int, parameters: int, giga: float) -> None:
    model = blank(name, scale)
    assert count_parameters(model) == parameters
    assert count_macs(model, 128 // scale, 128 // scale) / 1e9 == pytest.approx(giga, rel=0.01)


@pytest.mark.parametrize("name", {name: None for name, *_ in MEASURED})
def test_the_facts_of_a_published_method_are_given(name: str) -> None:
    info = MODELS.create(name).info if name == "dln" else blank(name, 8).info
    assert info.purpose == ("enhance" if name == "dln" else "super_resolve")
    assert "https://" in info.paper
    assert info.licence


def test_dln_starts_close_to_the_picture() -> None:
    low = pictures(2, 8, 8)
    with torch.no_grad():
        assert (MODELS.create("dln")(low) - low).abs().mean() < 1


@pytest.mark.parametrize(("name", "side"), [("omnisr", 8), ("swinir_s", 3)])
def test_what_is_too_small_for_the_original_is_padded_and_what_is_not_is_left_to_it(name: str, side: int) -> None:
    model = MODELS.create(name, scale=2).eval()
    low = pictures(1, side, side)
    least = model.info.min_size
    repeated = functional.pad(low, (0, least - side) * 2, mode="replicate")
    large = pictures(1, least, least + 1)
    with torch.no_grad():
        with pytest.raises(RuntimeError):
            model.net(low)
        torch.testing.assert_close(model(low), model(repeated)[..., : 2 * side, : 2 * side])
        own = (model.net(2 * large - 1) + 1) / 2 if name == "omnisr" else model.net(large)
        torch.testing.assert_close(model(large), own)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "below", "least"), [("sparnet", 4, 5), ("ctcnet", 8, 9)])
def test_face_networks_pad_only_where_the_original_fails(name: str, below: int, least: int) -> None:
    model = MODELS.create(name, scale=8).eval()
    with torch.no_grad():
        with pytest.raises(RuntimeError):
            model._stages(pictures(1, below, below))
        for low in (pictures(1, least, least + 2), pictures(1, least + 1, least)):
            torch.testing.assert_close(model(low), model._stages(low)["restored"], atol=1e-5, rtol=0)


@pytest.mark.slow
def test_ctcnet_adds_to_the_enlarged_picture() -> None:
    model = MODELS.create("ctcnet", scale=4).eval()
    torch.nn.init.zeros_(model.last.weight)
    low = pictures(1, 18, 18)
    large = functional.interpolate(low, (72, 72), mode="bicubic", antialias=True)
    with torch.no_grad():
        torch.testing.assert_close(model(low), large)


@pytest.mark.parametrize(
    ("name", "params", "purpose"),
    [
        ("NAFNet", {"scale": 1, "width": 8, "enc_blk_nums": [1], "dec_blk_nums": [1]}, "enhance"),
        ("RetinexFormer", {"scale": 1, "n_feat": 16, "stage": 1}, "enhance"),
        ("RCAN", {"scale": 4, "n_resgroups": 1, "n_resblocks": 1, "n_feats": 16}, "super_resolve"),
        ("HAT", {"scale": 2, "embed_dim": 60, "depths": [2], "num_heads": [2], "window_size": 8}, "super_resolve"),
    ],
)
def test_any_architecture_of_spandrel_is_a_model(name: str, params: dict[str, object], purpose: str) -> None:
    model = MODELS.create(f"spandrel:{name}", **params).eval()
    low = pictures(1, 17, 23)
    before = low.clone()
    with torch.no_grad():
        restored = model(low)
    assert restored.shape == (1, 3, 17 * model.scale, 23 * model.scale)
    assert restored.isfinite().all()
    assert torch.equal(low, before)
    assert (model.info.purpose, model.info.scales) == (purpose, (params["scale"],))
    assert isinstance(model, SpandrelNet)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("NAFNet", {"widht": 8}, "did you mean 'width'"),
        ("NAFNet", {"scale": 4, "enc_blk_nums": [1], "dec_blk_nums": [1]}, "enlarges 1 times, not 4"),
        ("Uformer", {}, "RGB pictures of any size"),
        ("SwinIR", {"scale": 2}, "cannot be built from"),
    ],
)
def test_what_spandrel_cannot_make_is_refused(name: str, params: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MODELS.create(f"spandrel:{name}", **params)


def test_an_unknown_architecture_is_refused_with_near_ones() -> None:
    with pytest.raises(UnknownComponent, match="did you mean 'RetinexFormer'"):
        MODELS.create("spandrel:Retinexformr")


def test_lsr_is_dark_and_small_to_bright_and_large() -> None:
    model = MODELS.create("lsr", scale=4)
    assert model.info.purpose == "joint"
    assert "our reading" in model.info.paper


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
