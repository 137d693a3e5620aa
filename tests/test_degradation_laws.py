"""Laws that hold for every degradation, by being registered.

The global state of Python's `random` is not among them: the type checker of the tests draws from it.
"""

import io
import json
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses.fake_tensor import FakeTensorMode

from lfsrkit import DEGRADATIONS
from lfsrkit.calls import Call, parse_call
from lfsrkit.colour import luma
from lfsrkit.degradations import Chain, Degradation, chain_from_calls, chain_from_text, split, stack
from lfsrkit.degradations.chain import CAUSES
from lfsrkit.seeding import generators
from lfsrkit.signatures import summary_of
from lfsrkit.stages import PairsConfig

NAMES = DEGRADATIONS.names()
EXAMPLES = {"maybe": "maybe(of=shot_read_noise(), chance=0.5)"}
"""How to make a component that cannot be made from its name alone."""
NO_NEUTRAL = {
    **dict.fromkeys(("dark_isp", "darkffhq_style", "dln", "downsample", "fsr_gamma"), "the result is smaller"),
    **dict.fromkeys(("gfpgan", "isp_physics", "lednet_style", "llnet", "real_esrgan"), "the result is smaller"),
    **dict.fromkeys(("h264", "jpeg", "webp"), "the best quality rounds, too"),
    **dict.fromkeys(("process", "unprocess"), "a tone curve and a power are always applied"),
    **dict.fromkeys(("maet", "quantise"), "rounding is never the identity on floats"),
    "bayer": "the result is half as large",
}
"""Components whose `neutral` is None, and why."""
NOTHING_DRAWN = ("bayer", "downsample", "quantise")
"""Components that do the same to every picture."""
every = pytest.mark.parametrize("name", NAMES)
tagged = {tag: pytest.mark.parametrize("name", DEGRADATIONS.names(tag=tag)) for tag in ("exposure", "differentiable")}
few = settings(max_examples=8)


def example(name: str) -> Degradation:
    return DEGRADATIONS.build(example_call(name))


def example_call(name: str) -> Call:
    return parse_call(EXAMPLES.get(name, name))


def pictures(d: Degradation, n: int = 3, *, dtype=torch.float64, seed: int = 0, rows: int = 40, columns: int = 24):
    """Textured 8-bit pictures with black and white in them, no smaller than asked, of a size that ``d`` can take."""
    height, width = (-(-side // d.scale) * d.scale for side in (rows, columns))
    noise = torch.rand(n, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    wave = torch.linspace(-0.3, 1.3, width, dtype=torch.float64).expand(n, 3, height, width)
    return ((0.5 * wave + 0.5 * noise).clamp(0, 1) * 255).round().div(255).to(dtype)


def sources(n: int, seed: int = 0):
    return generators(seed, [f"picture {index}" for index in range(n)], 0, "degrade")


def eight_bits(images):
    return (images * 255).round().to(torch.uint8)


@every
def test_table_of_components_tells_the_truth(name):
    entry = DEGRADATIONS[name]
    assert isinstance(example(name), Degradation)
    assert entry.summary == summary_of(entry.factory)
    assert entry.tags <= {*CAUSES, "cpu_only", "differentiable"}
    assert chain_from_calls([example_call(name)]).stages[0].tags & set(CAUSES), "stages are found by their cause"
    assert all(parameter.meaning for parameter in entry.parameters())


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_size_type_and_range_are_as_promised(name, dtype):
    d = example(name)
    images = pictures(d, dtype=dtype)
    low = d.apply(images, d.sample(3, sources(3)))
    assert low.shape == (3, 3, *d.out_size(*images.shape[-2:]))
    assert (low.dtype, low.device) == (images.dtype, images.device)
    assert low.isfinite().all()
    assert low.min() >= 0
    assert low.max() <= 1


@every
@few
@given(n=st.integers(1, 5), seed=st.integers(0, 2**20), extra=st.integers(0, 3))
def test_a_batch_equals_its_pictures_one_by_one(name, n, seed, extra):
    d = example(name)
    images = pictures(d, n, seed=seed, rows=17 + extra * d.scale, columns=23)
    params = d.sample(n, sources(n, seed))
    together = eight_bits(d.apply(images, params))
    for index, row in enumerate(split(params, n)):
        alone = d.sample(1, [sources(n, seed)[index]])
        assert split(alone, 1) == [row]
        assert torch.equal(eight_bits(d.apply(images[index : index + 1], alone))[0], together[index])


@pytest.mark.slow
@every
def test_the_number_of_threads_changes_no_bit(name):
    d = example(name)
    images, params = pictures(d, 4, rows=128, columns=128), d.sample(4, sources(4))
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(eight_bits(d.apply(images, params)))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@every
def test_order_of_pictures_does_not_matter(name):
    d = example(name)
    images, params = pictures(d), d.sample(3, sources(3))
    turned = stack([split(params, 3)[index] for index in (2, 0, 1)])
    assert torch.equal(eight_bits(d.apply(images[[2, 0, 1]], turned)), eight_bits(d.apply(images, params))[[2, 0, 1]])


@every
def test_seeds_decide_and_nothing_else(name):
    d = example(name)
    images = pictures(d, 8)
    params, again, other = (d.sample(8, sources(8, seed)) for seed in (0, 0, 1))
    assert params == again
    assert torch.equal(d.apply(images, params), d.apply(images, again))
    assert torch.equal(d.apply(images, params), d.apply(images, other)) == (params == other)


@every
def test_parameters_are_drawn_unless_there_is_nothing_to_draw(name):
    d = example(name)
    assert (d.sample(16, sources(16, 0)) == d.sample(16, sources(16, 1))) == (name in NOTHING_DRAWN)


@every
def test_one_generator_seeds_every_picture(name):
    d = example(name)
    first, again, other = (d.sample(4, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert first == again
    assert (first == other) == (d.sample(4, sources(4, 0)) == d.sample(4, sources(4, 1)))


@every
def test_parameters_survive_json_parquet_and_pickle(name):
    d = example(name)
    images, params = pictures(d), d.sample(3, sources(3))
    rows = split(params, 3)
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"params": row} for row in rows]), file)
    assert [row["params"] for row in pq.read_table(file).to_pylist()] == rows
    replayed = stack([json.loads(json.dumps(row, allow_nan=False)) for row in rows])
    assert replayed == params
    assert torch.equal(pickle.loads(pickle.dumps(d)).apply(images, replayed), d.apply(images, params))


@every
def test_every_stage_records_a_list_per_parameter(name):
    d = example(name)
    params = d.sample(3, sources(3))
    for stage in params.values() if isinstance(d, Chain) else [params]:
        assert stage
        assert all(isinstance(values, list) and len(values) == 3 for values in stage.values())


@every
def test_input_and_global_randomness_stay_untouched(name):
    d = example(name)
    images = pictures(d)
    kept, torch_state, numpy_state = images.clone(), torch.get_rng_state(), np.random.get_state()[1].copy()
    low = d.apply(images, d.sample(3, sources(3)))
    low.zero_()
    assert torch.equal(images, kept), "the result must not share memory with its source"
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert (np.random.get_state()[1] == numpy_state).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_NEUTRAL])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_neutral_parameters_are_the_identity(name, dtype):
    d = example(name)
    images, params = pictures(d, dtype=dtype), d.neutral(3)
    assert params is not None
    assert params.keys() == d.sample(3, sources(3)).keys()
    torch.testing.assert_close(d.apply(images, params), images, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NO_NEUTRAL)
def test_what_cannot_be_the_identity_says_so(name):
    assert example(name).neutral(3) is None


@tagged["exposure"]
@few
@given(seed=st.integers(0, 2**20))
def test_exposure_never_brightens(name, seed):
    d = example(name)
    images = pictures(d, 4, seed=seed)
    low = d.apply(images, d.sample(4, sources(4, seed)))
    assert (luma(low).mean((1, 2, 3)) <= luma(images).mean((1, 2, 3)) + 1e-9).all()


@tagged["differentiable"]
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_flows_and_is_finite(name, dtype):
    d = example(name)
    images = pictures(d, dtype=dtype).requires_grad_()
    for params in (d.sample(3, sources(3)), d.neutral(3)):
        if params is not None:
            (gradient,) = torch.autograd.grad(d.apply(images, params).sum(), images)
            assert gradient.isfinite().all()
            assert (gradient.abs().amax((1, 2, 3)) > 0).all()


@pytest.mark.parametrize("name", [name for name in NAMES if "cpu_only" not in DEGRADATIONS[name].tags])
def test_every_constant_follows_the_pictures_to_their_device(name):
    d = example(name)
    shape, params = pictures(d).shape, d.sample(3, sources(3))
    with FakeTensorMode():
        low = d.apply(torch.rand(shape, device="cuda"), params)
    assert low.device.type == "cuda"
    assert low.dtype == torch.float32


@every
def test_text_and_tables_of_a_chain_read_back(name):
    chain = chain_from_calls([example_call(name)])
    again = chain_from_text(str(chain))
    assert again.stages == chain.stages
    listed = json.loads(json.dumps(chain.as_tables()))
    assert chain_from_calls(PairsConfig(faces="synthetic:1", degrade=listed).degrade).stages == chain.stages
    assert all(value is not None for table in chain.as_tables() for value in table.values())
