"""Degradations that live elsewhere: kornia's augmentations keep the laws, functions of one's own keep the contract."""

import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lfsrkit import DEGRADATIONS, pairs
from lfsrkit.degradations import Degradation, chain_from_text
from lfsrkit.errors import BadParameters, UnknownComponent, UsageError
from lfsrkit.files import read_json, write_json
from lfsrkit.seeding import generators
from tests import test_degradation_laws as laws

KORNIA = [
    "kornia:ColorJiggle(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1)",
    "kornia:RandomBoxBlur(p=1)",
    "kornia:RandomErasing(p=1)",
    "kornia:RandomGamma(gamma=(1.5, 5))",
    "kornia:RandomGaussianBlur(kernel_size=5, sigma=(0.5, 2), p=1)",
    "kornia:RandomGaussianNoise(std=0.1, p=1)",
    "kornia:RandomGrayscale(p=0.5)",
    "kornia:RandomJPEG(jpeg_quality=(30, 90))",
    "kornia:RandomMotionBlur(kernel_size=5, angle=(-90, 90), direction=(-1, 1), border_type='reflect', p=1)",
    "kornia:RandomPlanckianJitter(p=1)",
    "kornia:RandomPlasmaShadow(p=1)",
    "kornia:RandomRain(drop_height=(2, 5), drop_width=(-2, 2), p=1)",
    "kornia:RandomSaltAndPepperNoise(p=1)",
]
every = pytest.mark.parametrize("text", KORNIA, ids=lambda text: text.partition("(")[0])


def made(text: str) -> Degradation:
    return chain_from_text(text).stages[0].degradation


@every
def test_augmentations_of_kornia_keep_the_laws(text):
    for dtype in (torch.float32, torch.float64):
        laws.test_size_type_and_range_are_as_promised(text, dtype)
    laws.test_the_number_of_threads_changes_no_bit(text)
    laws.test_order_of_pictures_does_not_matter(text)
    if "BoxBlur" not in text:
        laws.test_seeds_decide_and_nothing_else(text)
    laws.test_one_generator_seeds_every_picture(text)
    laws.test_parameters_survive_json_parquet_and_pickle(text)
    laws.test_every_stage_records_a_list_per_parameter(text)
    laws.test_input_and_global_randomness_stay_untouched(text)
    laws.test_neutral_parameters_are_the_identity(text, torch.float64)
    laws.test_text_and_tables_of_a_chain_read_back(text)


@every
def test_a_batch_equals_its_pictures_one_by_one(text):
    laws.test_a_batch_equals_its_pictures_one_by_one(name=text)


@every
def test_pictures_are_changed_each_in_its_own_way(text):
    d = made(text)
    images = laws.pictures(d, 1).expand(8, -1, -1, -1)
    params = d.sample(8, laws.sources(8))
    low = d.apply(images, params)
    assert (low != images).flatten(1).any(1).tolist() == params["applied"]
    drawn = not any(word in text for word in ("BoxBlur", "Grayscale"))
    assert len({picture.numpy().tobytes() for picture in low}) > (4 if drawn else 0)


def test_the_result_is_that_of_the_class_itself():
    from kornia.augmentation import RandomGamma

    d = made("kornia:RandomGamma(gamma=(1.5, 5))")
    images, params = laws.pictures(d, 1), {"applied": [True], "seed": [7]}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        wanted = RandomGamma((1.5, 5.0), p=1.0)(images)
    torch.testing.assert_close(d.apply(images, params), wanted, rtol=0, atol=1e-9)


def test_the_global_generator_is_put_back_as_it_was():
    d = made("kornia:RandomGaussianNoise(std=0.1, p=1)")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        before = torch.get_rng_state()
        d.apply(laws.pictures(d), d.sample(3, laws.sources(3)))
        assert torch.equal(torch.get_rng_state(), before)


def test_the_probability_of_the_class_decides_how_many_pictures_change():
    for text, chance in (("kornia:RandomInvert", 0.5), ("kornia:RandomInvert(p=0.1)", 0.1)):
        applied = made(text).sample(400, torch.Generator().manual_seed(0))["applied"]
        assert abs(sum(applied) / 400 - chance) < 5 * (chance * (1 - chance) / 400) ** 0.5


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("kornia:RandomGama(gamma=(1, 2))", UnknownComponent, "did you mean 'RandomGamma'"),
        ("kornia:RandomAffine(degrees=5)", UsageError, "paired"),
        ("kornia:RandomMixUpV2", UsageError, "paired"),
        ("kornia:RandomDissolving", UsageError, "download"),
        ("kornia:IntensityAugmentationBase2D", UsageError, "paired"),
        ("kornia:RandomGamma(gama=(1, 2))", BadParameters, "did you mean 'gamma'"),
        ("kornia:RandomGamma(gamma='dark')", BadParameters, "valid tuple"),
        ("kornia:RandomGamma(same_on_batch=True)", BadParameters, "no parameter 'same_on_batch'"),
        ("kornia:RandomGaussianBlur(sigma=(1, 2))", BadParameters, "'kernel_size' is missing"),
        ("kornia:RandomHue(hue=(-3, 3))", BadParameters, "kornia:RandomHue.*hue"),
        ("kornia:RandomGamma(p=1.5)", BadParameters, "chance = 1.5"),
        ("maybe(of=kornia:RandomInvert(), chance=0.5)", BadParameters, "multiply the chances"),
        ("korniaa:RandomGamma", UnknownComponent, "korniaa:RandomGamma"),
    ],
)
def test_wrong_requests_are_refused_with_help(text, error, message):
    with pytest.raises(error, match=message):
        chain_from_text(text)


def test_what_kornia_refuses_at_work_is_told_with_its_name():
    d = made("kornia:RandomGaussianBlur(kernel_size=4, sigma=(1, 2), p=1)")
    with pytest.raises(BadParameters, match="kornia:RandomGaussianBlur"):
        d.apply(laws.pictures(d, 1), d.sample(1, torch.Generator()))


def test_help_shows_the_words_of_the_class():
    entry = DEGRADATIONS["kornia:RandomGamma"]
    assert [parameter.name for parameter in entry.parameters()] == ["gamma", "gain", "p"]
    assert all(parameter.meaning for parameter in entry.parameters())
    assert entry.summary


MODULE = '''
import torch
from lfsrkit import DEGRADATIONS

def darken(strength: float = 0.5):
    """Darken by a factor that is drawn.

    Args:
        strength: Smallest factor.
    """
    def restyle(image, generator):
        factor = strength + (1 - strength) * torch.rand((), generator=generator)
        image *= factor
        return image
    return restyle

def half():
    return DEGRADATIONS.create("downsample", scale=2)

def shrinking():
    return lambda image, generator: image[..., ::2]

def texts():
    return lambda image, generator: "dark"

def number():
    return 3

def broken():
    raise RuntimeError("no weights")

class Painter:
    def __init__(self, level: float = 0.2, **other):
        self.level = level

    def __call__(self, image, generator):
        return torch.full_like(image, self.level)
'''


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "a_generator_of_my_own"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield f"learned:{name}"
    sys.modules.pop(name, None)


def test_a_function_of_ones_own_keeps_the_laws(own_module):
    text = f"{own_module}:darken(strength=0.2)"
    for dtype in (torch.float32, torch.float64):
        laws.test_size_type_and_range_are_as_promised(text, dtype)
    laws.test_a_batch_equals_its_pictures_one_by_one(name=text)
    laws.test_order_of_pictures_does_not_matter(text)
    laws.test_seeds_decide_and_nothing_else(text)
    laws.test_parameters_survive_json_parquet_and_pickle(text)
    laws.test_input_and_global_randomness_stay_untouched(text)
    laws.test_text_and_tables_of_a_chain_read_back(text)
    laws.test_every_constant_follows_the_pictures_to_their_device(text)
    chain = chain_from_text(text)
    assert str(chain) == text
    assert list(chain.sample(1, torch.Generator())) == ["0_learned_a_generator_of_my_own_darken"]
    assert DEGRADATIONS[f"{own_module}:darken"].parameters()[0].meaning == "Smallest factor."


def test_a_function_of_ones_own_cannot_harm_its_source(own_module):
    d, images = made(f"{own_module}:darken"), torch.rand(2, 3, 4, 4)
    kept = images.clone()
    d.apply(images, d.sample(2, torch.Generator()))
    assert torch.equal(images, kept)


def test_a_degradation_of_ones_own_is_used_as_it_is(own_module):
    assert chain_from_text(f"{own_module}:half | quantise").scale == 2


def test_a_class_of_ones_own_will_do(own_module):
    d = made(f"{own_module}:Painter(level=3)")
    again = pickle.loads(pickle.dumps(d))
    assert again == d
    assert again.apply(torch.rand(2, 3, 4, 4), again.sample(2, torch.Generator())).eq(1).all(), "clipped to white"


@pytest.mark.parametrize(
    ("rest", "error", "message"),
    [
        (":number", UsageError, "returned int: return a Degradation or"),
        (":darken(strenght=1)", BadParameters, "did you mean 'strength'"),
        (":darken(strength='low')", BadParameters, "valid number"),
        (":darkne", UsageError, "did you mean 'darken'"),
        ("", UsageError, "write learned:module:function"),
        ("_that_is_missing:darken", UsageError, "No module named"),
    ],
)
def test_wrong_functions_are_refused_with_help(own_module, rest, error, message):
    with pytest.raises(error, match=message):
        chain_from_text(own_module + rest)


@pytest.mark.parametrize("function", ["shrinking", "texts"])
def test_a_function_that_returns_no_picture_of_that_size_is_refused(own_module, function):
    d = made(f"{own_module}:{function}")
    with pytest.raises(UsageError, match="keep the size, or return a Degradation"):
        d.apply(torch.rand(1, 3, 4, 4), d.sample(1, torch.Generator()))


def rewrite(folder: Path, chain: str) -> None:
    path = folder / ".lfsrkit" / "manifest.json"
    record = read_json(path)
    write_json(path, record | {"settings": record["settings"] | {"degrade": chain}})


@pytest.mark.parametrize("inside", ["{}", "maybe(of={}, chance=0.5)", "fsr_gamma(scale=4) | maybe(of=maybe(of={}))"])
def test_pairs_whose_record_names_code_are_refused_unharmed(built, tmp_path, inside):
    rewrite(built, inside.format(f"learned:os:system(command='touch {tmp_path}/harmed')"))
    with pytest.raises(UsageError, match=r"asks for 'learned:os:system'.*allow_code=True"):
        pairs.open(built)
    with pytest.raises(UsageError, match="allow_code=True"):
        list(pairs.verify(built))
    assert not (tmp_path / "harmed").exists()


def test_pairs_whose_record_names_code_open_when_it_is_allowed(built, own_module):
    rewrite(built, f"fsr_gamma(scale=4) | {own_module}:darken()")
    assert len(pairs.open(built, allow_code=True).chain.stages) == 5
    assert any(finding.faults for finding in pairs.verify(built, allow_code=True)), "it is another chain"


def test_pairs_whose_record_names_kornia_open(built):
    rewrite(built, "fsr_gamma(scale=4) | kornia:RandomInvert(p=0.5)")
    assert json.dumps(pairs.open(built).chain.as_tables())


def test_a_plug_in_that_nobody_loaded_is_not_imported_for_pairs(built, monkeypatch):
    from importlib.metadata import EntryPoint, EntryPoints

    points = EntryPoints([EntryPoint("sly", "a_module_that_is_not_loaded:make", "lfsrkit.degradations")])
    monkeypatch.setattr("lfsrkit.trust.entry_points", lambda group: points.select(group=group))
    rewrite(built, "sly | fsr_gamma(scale=4)")
    plug = DEGRADATIONS.temporary("sly", lambda: DEGRADATIONS.create("quantise"))
    with plug, pytest.raises(UsageError, match="'sly', a plug-in that is not loaded"):
        pairs.open(built)


def test_a_build_with_kornia_is_made_again_from_its_record(folder, tmp_path):
    from lfsrkit.stages import load_stage

    chain = "fsr_gamma(scale=4) | kornia:RandomGaussianNoise(std=0.05, p=0.5) | kornia:RandomGamma(gamma=(1, 2)) | webp"
    values = {"faces": str(folder(6)), "clean_size": 32, "degrade": chain, "splits": {"train": 6}}
    list(pairs.build(pairs.make_plan(load_stage("pairs", values=values)), tmp_path / "out", workers=0, batch_size=4))
    assert not any(finding.faults for finding in pairs.verify(tmp_path / "out"))


def test_a_stream_belongs_to_a_picture_alone():
    d = made("kornia:RandomGaussianNoise(std=0.1, p=1)")
    both = d.sample(2, generators(0, ["a", "b"], 0, "degrade"))
    assert d.sample(1, generators(0, ["b"], 0, "degrade"))["seed"] == both["seed"][1:]
