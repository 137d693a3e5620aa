"""Lossy coding, against the codecs themselves."""

import builtins
import io
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch._subclasses.fake_tensor import FakeTensorMode

from lfsrkit import DEGRADATIONS
from lfsrkit.degradations import Degradation, chain_from_text, split
from lfsrkit.errors import BadParameters, UsageError
from lfsrkit.images import quantise, to_float, to_pixels
from lfsrkit.seeding import generators

CODECS = ("jpeg", "jpeg(exact=False)", "webp", "h264")
STRENGTH = {"jpeg": "quality", "webp": "quality", "h264": "crf"}


def made(text: str) -> Degradation:
    if text == "h264":
        pytest.importorskip("av", reason="h264 needs PyAV")
    return chain_from_text(text).stages[0].degradation


def pictures(n: int = 3, height: int = 40, width: int = 24):
    """Smooth shapes with a little texture, as codecs expect them, in 8 bits."""
    y, x = torch.meshgrid(torch.linspace(0, 6, height), torch.linspace(0, 4, width), indexing="ij")
    waves = [torch.sin(y * (1 + k)) * torch.cos(x * (2 + c)) for k in range(n) for c in range(3)]
    noise = torch.rand(n, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    shapes = torch.stack(waves).view(n, 3, height, width).double()
    return to_float(quantise(0.5 + 0.4 * shapes + 0.1 * noise), torch.float64)


def psnr(a, b) -> float:
    return float(-10 * (a - b).detach().square().mean().log10())


@pytest.mark.parametrize("name", ["jpeg", "webp"])
@pytest.mark.parametrize("quality", [5, 60, 95])
def test_a_picture_is_what_pillow_reads_from_the_file(name, quality):
    images = pictures(1)
    file = io.BytesIO()
    options = {"subsampling": "4:2:0"} if name == "jpeg" else {"method": 4}
    Image.fromarray(to_pixels(images)[0]).save(file, name.upper(), quality=quality, **options)
    wanted = torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1)
    assert torch.equal(quantise(made(name).apply(images, {"quality": [quality]}))[0], wanted)


@pytest.mark.parametrize("name", sorted(STRENGTH))
def test_stronger_coding_loses_more(name):
    d, images = made(name), pictures(1, 64, 64)
    steps = (50, 40, 30, 20) if name == "h264" else (5, 30, 60, 95)
    found = [psnr(d.apply(images, {STRENGTH[name]: [step]}), images) for step in steps]
    assert found == sorted(found)
    assert found[-1] > found[0] + 3


@pytest.mark.parametrize("text", CODECS)
@pytest.mark.parametrize(("height", "width"), [(2, 2), (17, 23), (16, 33), (64, 48)])
def test_a_picture_does_not_depend_on_its_neighbours(text, height, width):
    d, images = made(text), pictures(4, height, width)
    params = d.sample(4, generators(0, list("abcd"), 0, "degrade"))
    together = d.apply(images, params)
    assert together.shape == images.shape
    for index, row in enumerate(split(params, 4)):
        alone = d.apply(images[index : index + 1], {key: [value] for key, value in row.items()})
        assert torch.equal(quantise(alone)[0], quantise(together)[index])


def test_the_differentiable_codec_resembles_the_exact_one_and_has_a_gradient():
    images = pictures(2, 64, 64).requires_grad_()
    params = {"quality": [70, 90]}
    soft, exact = (made(text).apply(images, params) for text in ("jpeg(exact=False)", "jpeg"))
    assert psnr(soft, exact) > 34
    (gradient,) = torch.autograd.grad(soft.sum(), images)
    assert gradient.isfinite().all()
    assert (gradient.abs().amax((1, 2, 3)) > 0).all()


def test_the_differentiable_codec_is_known_as_such():
    for text in ("jpeg(exact=False)", "maybe(of=jpeg(exact=False))"):
        assert chain_from_text(text).stages[0].tags == {"coding", "differentiable"}


def test_h264_gives_the_same_bytes_whatever_lies_in_memory():
    d = made("h264")
    random = np.random.default_rng(0)
    for trial in range(40):
        height, width = random.integers(2, 40, 2)
        image = torch.from_numpy(random.random((1, 3, height, width)))
        found = set()
        for _ in range(3):
            _litter = [np.full(random.integers(500, 30000), trial, np.uint8) for _ in range(40)]
            found.add(d.apply(image, {"crf": [30]}).numpy().tobytes())
        assert len(found) == 1


def test_more_frames_of_a_still_scene_refine_it():
    images = pictures(1, 64, 64)
    short, long = (psnr(made(f"h264(frames={n})").apply(images, {"crf": [35]}), images) for n in (1, 20))
    assert long > short


def made_without_av(monkeypatch: pytest.MonkeyPatch) -> Degradation:
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "av":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "av", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    return DEGRADATIONS.create("h264")


def test_without_pyav_the_error_names_what_to_install(monkeypatch):
    d = made_without_av(monkeypatch)
    with pytest.raises(UsageError, match=r"pip install 'lfsrkit\[video\]'"):
        d.apply(pictures(1), {"crf": [30]})


@pytest.mark.parametrize("text", ["webp(quality=101)", "webp(method=7)", "h264(crf=52)", "h264(frames=0)"])
def test_wrong_requests_are_refused(text):
    with pytest.raises(BadParameters, match="low <= high"):
        chain_from_text(text)


@pytest.mark.parametrize("neighbour", ["gamma_linear", "shot_read_noise"])
def test_a_stage_for_the_cpu_works_there_inside_a_chain_on_a_device(neighbour):
    class Witness(Degradation):
        def sample(self, n, generator):
            return {"nothing": [0] * n}

        def apply(self, images, params):
            seen.append(images.device.type)
            return images.clone()

        def neutral(self, n):
            return None

    seen: list[str] = []
    with (
        DEGRADATIONS.temporary("witness", Witness, tags=("coding", "cpu_only")),
        DEGRADATIONS.temporary("traveller", Witness, tags=("coding",)),
    ):
        chain = chain_from_text(f"traveller | {neighbour} | witness | maybe(of=witness(), chance=1) | {neighbour}")
        params = chain.sample(2, torch.Generator().manual_seed(0))
        last = chain_from_text("traveller | witness")
        drawn = last.sample(2, torch.Generator())
        with FakeTensorMode():
            images = torch.rand(2, 3, 8, 8, device="cuda")
            assert chain.apply(images, params).device.type == "cuda"
            assert last.apply(images, drawn).device.type == "cuda"
    assert seen == ["cuda", "cpu", "cpu", "cuda", "cpu"]
