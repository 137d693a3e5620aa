"""The accelerator gives what the CPU gives: the same draws, and pixels within one level."""

from pathlib import Path

import pytest
import torch

from lfsrkit import DEGRADATIONS, pairs
from lfsrkit.calls import parse_call
from lfsrkit.degradations import chain_from_calls, chain_from_text
from lfsrkit.images import quantise
from lfsrkit.pairs.degrade import degrade, replay
from lfsrkit.stages import load_stage
from tests.test_degradation_laws import NAMES, example, example_call, pictures

pytestmark = pytest.mark.gpu

DEVICE = "cuda"
CHAINS = [
    "jpeg | fsr_gamma(scale=4) | webp",
    "downsample(scale=4, light='linear') | shot_read_noise | quantise | jpeg",
    "kornia:RandomGamma(gamma=(1.5, 5)) | fsr_gamma(scale=4)",
    "jpeg(exact=False) | gamma_linear",
]


def compare(chain, n: int = 4) -> None:
    clean = quantise(pictures(chain, n, rows=64, columns=64))
    ids = [f"picture {index}" for index in range(n)]
    low, params = degrade(chain, clean, ids, seed=3)
    there, drawn = degrade(chain, clean.to(DEVICE), ids, seed=3)
    assert drawn == params
    assert (there.device.type, there.dtype) == (DEVICE, torch.uint8)
    apart = (there.cpu().int() - low.int()).abs()
    assert (apart <= 1).float().mean() >= 0.999


@pytest.mark.parametrize("name", NAMES)
def test_every_degradation_does_there_what_it_does_here(name):
    compare(chain_from_calls([example_call(name)]))


@pytest.mark.parametrize("text", CHAINS)
def test_chains_do_there_what_they_do_here(text):
    compare(chain_from_text(text))


@pytest.mark.parametrize("name", DEGRADATIONS.names(tag="differentiable"))
def test_gradients_flow_there(name):
    d = example(name)
    images = pictures(d, dtype=torch.float32).to(DEVICE).requires_grad_()
    (gradient,) = torch.autograd.grad(d.apply(images, d.sample(3, torch.Generator().manual_seed(0))).sum(), images)
    assert gradient.isfinite().all()


def test_global_randomness_of_the_device_stays_untouched():
    before = torch.cuda.get_rng_state()
    for name in [*NAMES, "kornia:RandomGaussianNoise(p=1)"]:
        compare(chain_from_calls([parse_call(name) if ":" in name else example_call(name)]), 1)
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_the_same_work_gives_the_same_bytes_again():
    chain = chain_from_text(CHAINS[0])
    clean = quantise(pictures(chain, 8, rows=64, columns=64)).to(DEVICE)
    low, params = degrade(chain, clean, list("abcdefgh"), seed=0)
    assert torch.equal(replay(chain, clean, params), low)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_build_on_the_device_holds_the_pictures_of_one_on_the_cpu(folder, tmp_path: Path, workers):
    chain = "fsr_gamma(scale=4) | jpeg"
    values = {"faces": str(folder(12)), "clean_size": 32, "degrade": chain, "splits": {"train": 12}, "shard_size": 8}
    plan = pairs.make_plan(load_stage("pairs", values=values))
    list(pairs.build(plan, tmp_path / "cpu", workers=0))
    list(pairs.build(plan, tmp_path / "there", workers=workers, device=DEVICE))
    here, there = pairs.open(tmp_path / "cpu"), pairs.open(tmp_path / "there")
    a, b = (data.batch(range(12)) for data in (here, there))
    assert a.params == b.params
    assert torch.equal(a.clean, b.clean)
    # A JPEG coder may turn one level before it into several after it.
    assert ((a.low.int() - b.low.int()).abs() <= 2).float().mean() >= 0.99
