"""What is told of a model: rules, costs at the sizes of the protocols, layers."""

import json

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from lfsrkit import BACKBONES, MODELS
from lfsrkit.calls import Call, parse_call
from lfsrkit.models import count_macs, count_parameters
from lfsrkit.models.describe import Layer, describe_model, layer_tree, milliseconds_per_picture, protocol_sizes
from lfsrkit_cli.app import app


def shown(*words: str) -> str:
    result = CliRunner().invoke(app, ["show", *words])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize("name", ["edsr_baseline", "lsr", "dln+edsr_baseline"])
def test_costs_are_those_of_the_model_of_each_scale(name: str) -> None:
    costs = describe_model(Call(name)).costs
    assert [(cost.low, cost.restored) for cost in costs] == [(16, 128), (32, 128), (16, 64)]
    for cost in costs:
        model = MODELS.create(name, scale=cost.restored // cost.low)
        assert (cost.parameters, cost.macs) == (count_parameters(model), count_macs(model, cost.low, cost.low))
        assert cost.milliseconds is None


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("edsr_baseline(scale=4)", [(32, 128), (16, 64)]),
        ("edsr_baseline(scale=16)", [(8, 128)]),
        ("dln", [(16, 16), (32, 32), (64, 64), (128, 128)]),
        ("spandrel:NAFNet(width=8, enc_blk_nums=[1], dec_blk_nums=[1])", [(16, 16), (32, 32), (64, 64), (128, 128)]),
    ],
)
def test_the_sizes_are_those_that_the_scales_allow(text: str, sizes: list[tuple[int, int]]) -> None:
    assert [(cost.low, cost.restored) for cost in describe_model(parse_call(text)).costs] == sizes


def test_describing_leaves_the_random_state_alone() -> None:
    before = torch.get_rng_state()
    describe_model(Call("edsr_baseline"))
    assert torch.equal(torch.get_rng_state(), before)


def test_time_is_measured_where_it_is_asked_for() -> None:
    costs = describe_model(parse_call("edsr_baseline(scale=4)"), timing=True, device="cpu").costs
    assert all(cost.milliseconds is not None and cost.milliseconds > 0 for cost in costs)


def test_more_work_takes_longer() -> None:
    def net(layers: int) -> nn.Module:
        return nn.Sequential(*(nn.Conv2d(3, 3, 9, padding=4) for _ in range(layers))).eval()

    assert milliseconds_per_picture(net(60), 64) > 2 * milliseconds_per_picture(net(1), 64)


def test_layers_that_follow_each_other_and_are_alike_are_one() -> None:
    def block(width: int) -> nn.Module:
        return nn.Sequential(nn.Linear(width, width))

    tree = layer_tree(nn.Sequential(block(2), block(2), block(3), block(2)))
    linear = Layer("0", "Linear", 6)
    assert tree == Layer(
        "",
        "Sequential",
        30,
        inner=(
            Layer("0-1", "Sequential", 12, 2, (linear,)),
            Layer("2", "Sequential", 12, 1, (Layer("0", "Linear", 12),)),
            Layer("3", "Sequential", 6, 1, (linear,)),
        ),
    )
    assert layer_tree(nn.Sequential(block(2)), depth=1).inner == (Layer("0", "Sequential", 6),)


@pytest.mark.slow
def test_a_model_is_shown_with_rules_costs_and_layers() -> None:
    text = shown("models", "omnisr", "--no-timing")
    for part in ("padded inside to at least 9", "2, 4, 8, 16", "[0, 1]", "Apache-2.0", "arxiv.org/abs/2304.10244"):
        assert part in text
    assert "16 -> 128" in text
    assert "ms a picture" not in text
    assert "SpandrelNet  888,464" in text
    assert "ms a picture" in shown("models", "edsr_baseline(scale=4)")


def test_a_cascade_and_a_backbone_are_shown_with_their_layers() -> None:
    facts = json.loads(shown("model", "dln+edsr_baseline(scale=4)", "--no-timing", "--json"))
    parts = {layer["name"]: layer["parameters"] for layer in facts["layers"]["inner"]}
    assert parts == {"first": 700_586, "second": 1_517_571}
    backbone = json.loads(shown("backbone", "timm:convnext_atto", "--json"))
    assert backbone["numbers_to_learn"] == count_parameters(BACKBONES.create("timm:convnext_atto"))
    assert "costs" not in backbone
    assert "FeatureListNet" in shown("backbone", "timm:convnext_atto(channels=16)")


def test_only_networks_are_shown_with_parameters() -> None:
    result = CliRunner().invoke(app, ["show", "mask", "patch(ratio=.5)"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "only a model or a backbone is shown with parameters" in result.stderr


def test_an_unusual_scale_gets_a_clean_picture_of_its_multiple() -> None:
    assert protocol_sizes([3]) == ((42, 126),)
