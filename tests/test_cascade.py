"""Cascades: two models under one name."""

import pytest
import torch
from torch import nn

from lfsrkit import MODELS
from lfsrkit.calls import parse_call
from lfsrkit.errors import UnknownComponent, UsageError
from lfsrkit.models import ModelInfo, Restorer
from lfsrkit.models.weights import load, save


class Brighten(Restorer):
    """A bias, same size."""

    def __init__(self, scale: int = 1, gain: float = 3.0) -> None:
        super().__init__(ModelInfo("enhance", (1,)), scale)
        self.gain = nn.Parameter(torch.tensor(gain))

    def _stages(self, low):
        return {"restored": low * self.gain}


@pytest.fixture(autouse=True)
def brighten():
    with MODELS.temporary("brighten", Brighten, tags=("enhance",)):
        yield


def pictures(n: int = 2) -> torch.Tensor:
    return torch.rand(n, 3, 6, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "between"), [("brighten+edsr_baseline", (6, 5)), ("edsr_baseline+brighten", (24, 20))]
)
def test_both_orders_enlarge_once(name, between):
    model = MODELS.build(parse_call(f"{name}(scale=4)")).eval()
    assert (model.scale, model.info.purpose, model.info.scales) == (4, "joint", (2, 4, 8, 16))
    assert model.brightens_first == name.startswith("brighten")
    stages = model.stages(pictures())
    assert {key: stage.shape[-2:] for key, stage in stages.items()} == {"between": between, "restored": (24, 20)}


SMALL_NAFNET = "{'width': 8, 'enc_blk_nums': [1], 'dec_blk_nums': [1]}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("spandrel:RetinexFormer+edsr_baseline(scale=2)", True),
        (f"edsr_baseline+spandrel:NAFNet(scale=2, second={SMALL_NAFNET})", False),
    ],
)
def test_restorers_of_one_size_from_elsewhere_serve_in_cascades(text, first, tmp_path):
    call = parse_call(text)
    model = MODELS.build(call).eval()
    assert (model.scale, model.brightens_first) == (2, first)
    save(model, tmp_path / "model.safetensors", name=call.name, params=call.params)
    with torch.no_grad():
        assert model(pictures()).shape == (2, 3, 12, 10)
        assert torch.equal(load(tmp_path)(pictures()), model(pictures()))


def test_an_enhancer_without_a_tag_keeps_the_size():
    with MODELS.temporary("untagged", Brighten):
        assert MODELS.create("untagged+edsr_baseline", scale=4).brightens_first


def test_the_border_is_a_picture_in_eval_only():
    model = MODELS.create("brighten+edsr_baseline", scale=2)
    assert model.train().stages(pictures())["between"].max() > 1
    assert model.eval().stages(pictures())["between"].max() == 1
    torch.testing.assert_close(model(pictures()), model.second(model.first(pictures()).clamp(0, 1)))


def test_one_file_holds_both_parts(tmp_path):
    params = {"scale": 2, "first": {"gain": 2.0}}
    model = MODELS.create("brighten+edsr_baseline", **params).eval()
    save(model, tmp_path / "model.safetensors", name="brighten+edsr_baseline", params=params)
    with torch.no_grad():
        assert torch.equal(load(tmp_path)(pictures()), model(pictures()))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("brighten+brighten", UsageError, "exactly one part; these enlarge 1 and 1"),
        ("edsr_baseline+lfsrnet_tiny", UsageError, "exactly one part; these enlarge 8 and 8"),
        ("brighten+spandrel:NAFNet", UsageError, "exactly one part; these enlarge 1 and 1"),
        ("brighten+edsr_baselin", UnknownComponent, "did you mean 'edsr_baseline'"),
        ("brighten+edsr_baseline+brighten", UsageError, "has 3 parts"),
    ],
)
def test_what_is_no_cascade_is_answered(name, error, message):
    with pytest.raises(error, match=message):
        MODELS.create(name)


@pytest.mark.parametrize("name", ["edsr_baseline+learned:os:system", "learned:os:system+edsr_baseline"])
def test_code_in_a_part_is_refused(name, tmp_path):
    model = MODELS.create("edsr_baseline", scale=2)
    save(model, tmp_path / "model.safetensors", name=name, params={})
    with pytest.raises(UsageError, match=r"learned:os:system.*allow_code"):
        load(tmp_path)
