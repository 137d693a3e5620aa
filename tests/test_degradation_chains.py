"""Chains: how they are written, numbered, replayed in part, checked, and what they answer to wrong requests."""

import pytest
import torch

from lfsrkit import DEGRADATIONS
from lfsrkit.calls import Call
from lfsrkit.degradations import Chain, LinearDegradation, chain_from_text, stack
from lfsrkit.degradations.base import settled
from lfsrkit.degradations.chain import CAUSES, Stage
from lfsrkit.errors import BadParameters, UnknownComponent, UsageError
from lfsrkit.images import quantise
from lfsrkit.seeding import generators


def pictures(n: int = 3):
    return torch.rand(n, 3, 24, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def sources(n: int):
    return generators(0, [f"picture {index}" for index in range(n)], 0, "degrade")


def eight_bits(images):
    return (images * 255).round().to(torch.uint8)


def test_a_named_chain_is_spliced_in_and_numbered():
    chain = chain_from_text("jpeg | fsr_gamma(scale=4) | jpeg(quality=70)")
    keys = ["0_jpeg", "1_downsample", "2_gamma_linear", "3_shot_read_noise", "4_quantise", "5_jpeg"]
    assert [stage.key for stage in chain.stages] == keys
    assert list(chain.sample(2, sources(2))) == keys
    assert chain.scale == 4


def test_tags_of_a_named_chain_are_those_of_its_stages():
    made = {name: DEGRADATIONS.create(name) for name in set(DEGRADATIONS.names()) - {"maybe"}}
    chains = {name: chain for name, chain in made.items() if isinstance(chain, Chain)}
    assert chains.keys() >= {"dark_isp", "darkffhq_style", "dln", "fsr_gamma", "isp_physics", "lednet_style", "llnet"}
    for name, chain in chains.items():
        stages = [stage.tags for stage in chain.stages]
        causes = frozenset().union(*stages) & set(CAUSES)
        able = {"differentiable"} & frozenset.intersection(*stages) | {"cpu_only"} & frozenset().union(*stages)
        assert DEGRADATIONS[name].tags == causes | able


def test_a_part_of_a_chain_replays_the_record_of_the_whole():
    chain = chain_from_text("jpeg(quality=90) | fsr_gamma(scale=4)")
    images, params = pictures(), chain.sample(3, sources(3))
    small = DEGRADATIONS.create("downsample", scale=4).apply(images, params["1_downsample"])
    dark = DEGRADATIONS.create("gamma_linear").apply(images, params["2_gamma_linear"])
    assert torch.equal(chain.only("resample").apply(images, params), small)
    assert torch.equal(chain.only("exposure", "light", "colour").apply(images, params), dark)
    assert chain.only("resample").scale == 4
    assert chain.only("exposure").scale == 1
    assert torch.equal(chain.only("optics").apply(images, params), images)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("downsample(scale=0)", "1 <= low <= high <= 64"),
        ("gamma_linear(gamma=(5, 1.5))", "gamma"),
        ("gamma_linear(alpha=1.5, beta=(-1, 0))", "alpha.*; beta"),
        ("gamma_linear(gama=2)", "did you mean 'gamma'"),
        ("shot_read_noise(shot=(0, 0.1))", "logarithmic"),
        ("quantise(bits=17)", "bits"),
        ("jpeg(quality=(0, 50))", "quality"),
        ("jpeg(exact=False, subsampling='4:4:4')", "4:2:0"),
        ("downsampel(scale=4)", "did you mean 'downsample'"),
    ],
)
def test_wrong_requests_are_refused_with_help(text, message):
    with pytest.raises((BadParameters, UnknownComponent), match=message):
        chain_from_text(text)


def test_wrong_use_is_refused_with_help():
    chain = chain_from_text("downsample(scale=4) | quantise | downsample(scale=2)")
    with pytest.raises(UsageError, match="multiples of 8; the nearest size is 128x136"):
        chain.out_size(126, 135)
    with pytest.raises(UsageError, match="multiples of 8"):
        chain.apply(torch.rand(1, 3, 12, 16), chain.sample(1, sources(1)))
    with pytest.raises(UsageError, match="no parameters for 0_downsample, 2_downsample"):
        chain.apply(torch.rand(1, 3, 16, 16), {"1_quantise": {"bits": [8]}})
    with pytest.raises(UsageError, match="did you mean 'resample'"):
        chain.only("resampel")
    with pytest.raises(UsageError, match="chain that recorded them"):
        DEGRADATIONS.create("downsample", scale=4).apply(torch.rand(1, 3, 8, 8), {"kernel": ["area"], "scale": [4]})
    with pytest.raises(ValueError, match="2 recorded values were given for 1 pictures"):
        DEGRADATIONS.create("quantise").apply(torch.rand(1, 3, 8, 8), {"bits": [8, 8]})


def test_not_a_number_is_no_range():
    with pytest.raises(BadParameters, match="beta"):
        DEGRADATIONS.create("gamma_linear", beta=float("nan"))


def test_rows_of_different_chains_do_not_stack():
    with pytest.raises(UsageError, match="do not mix"):
        stack([{"0_jpeg": {"quality": 60}}, {"1_jpeg": {"quality": 60}}])
    with pytest.raises(UsageError, match="at least one row"):
        stack([])


def test_fixing_one_argument_leaves_the_other_draws_alone():
    free, fixed = (DEGRADATIONS.create("gamma_linear", **given).sample(9, sources(9)) for given in ({}, {"alpha": 1.0}))
    assert {**free, "alpha": fixed["alpha"]} == fixed
    free, fixed = (
        DEGRADATIONS.create("shot_read_noise", **given).sample(9, sources(9)) for given in ({}, {"shot": 0.1})
    )
    assert free["seed"] == fixed["seed"]


def test_sums_that_end_half_way_round_alike_whatever_their_last_bit():
    half_way = (torch.arange(255, dtype=torch.float64) + 0.5) / 255
    for error in (-(2.0**-48), 2.0**-48):
        assert not torch.equal(eight_bits(half_way + error), eight_bits(half_way))
        assert torch.equal(settled(half_way + error), settled(half_way))


def test_maybe_has_the_tags_of_what_is_inside_and_applies_it_to_the_recorded_pictures_only():
    chain = chain_from_text("maybe(of=jpeg(quality=5), chance=0.5) | maybe(of=shot_read_noise())")
    assert [stage.key for stage in chain.stages] == ["0_jpeg", "1_shot_read_noise"]
    assert [stage.tags for stage in chain.stages] == [{"coding", "cpu_only"}, {"sensor", "differentiable"}]
    images, params = pictures(64), chain.sample(64, sources(64))["0_jpeg"]
    changed = (chain.only("coding").apply(images, {"0_jpeg": params}) != images).flatten(1).any(1)
    assert changed.tolist() == params["applied"]
    assert 12 <= sum(params["applied"]) <= 52, "five standard errors of 64 tosses of a coin"


def test_maybe_refuses_what_shrinks_and_what_is_one_already():
    for text in ("maybe(of=downsample(scale=2))", "maybe(of=maybe(of=jpeg()))", "maybe(of=jpeg(), chance=2)"):
        with pytest.raises(BadParameters):
            chain_from_text(text)


def test_neighbours_in_linear_light_hand_on_what_is_brighter_than_white():
    class Gain(LinearDegradation):
        def __init__(self, factor: float) -> None:
            self.factor = factor

        def sample(self, n, generator):
            return {"factor": [self.factor] * n}

        def apply_light(self, light, params):
            return light * self.factor

        def neutral(self, n):
            return None

    stages = [
        Stage(key, Call(key), Gain(factor), frozenset({"light"})) for key, factor in (("up", 4.0), ("down", 0.25))
    ]
    images = pictures(2)
    chain = Chain(stages)
    torch.testing.assert_close(chain.apply(images, chain.sample(2, sources(2))), images, rtol=0, atol=1e-6)
    assert Gain(4.0).apply(images, {}).max() == 1


@pytest.mark.parametrize("text", ["fsr_gamma", "isp_physics", "gfpgan", "jpeg", "exposure | vignette | quantise"])
@pytest.mark.parametrize("cached", [1, 2**15, 2**40])
def test_bytes_are_degraded_as_their_values_however_few_at_a_time(text, cached, monkeypatch):
    monkeypatch.setattr("lfsrkit.degradations.chain._CACHED", cached)
    chain = chain_from_text(text)
    stored = torch.randint(256, (5, 3, 48, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    params = chain.sample(5, torch.Generator().manual_seed(1))
    low = chain.apply_bytes(stored, params)
    assert torch.equal(quantise(low), quantise(chain.apply(stored.double() / 255, params)))


def test_a_fixed_number_consumes_a_draw():
    free = chain_from_text("exposure(stops=(1, 3)) | white_balance").sample(3, torch.Generator().manual_seed(0))
    fixed = chain_from_text("exposure(stops=2) | white_balance").sample(3, torch.Generator().manual_seed(0))
    assert fixed["0_exposure"] == {"stops": [2.0] * 3}
    assert fixed["1_white_balance"] == free["1_white_balance"]
