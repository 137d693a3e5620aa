"""Pictures and data sets for the tests: made here, never downloaded."""

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pictures import picture

from lfsrkit import pairs
from lfsrkit.images import encode_png
from lfsrkit.registries import MODELS, REGISTRIES
from lfsrkit.stages import load_stage
from tests.training_cases import Toy, build_pairs

collect_ignore = ["killing_plugin.py"]
"""A plug-in that registers itself when it is imported, as looking for doctests would."""

# The same examples every time, however long a busy machine takes over one.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

REFERENCE = Path(__file__).parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    import torch

    reference = pytest.mark.skip(reason=f"the reference data is not at {REFERENCE.name}/ beside the project")
    device = pytest.mark.skip(reason="no accelerator here")
    for item in items:
        if item.get_closest_marker("reference") and not REFERENCE.is_dir():
            item.add_marker(reference)
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(device)


@pytest.fixture(autouse=True)
def any_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of xdist name a width of the terminal; the command line would heed it."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def own_plugs(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Forget at the end of a test whatever it registers and whichever files it loads as plug-ins."""
    before = set(sys.modules)
    for registry in REGISTRIES.values():
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    yield
    for name in [name for name in sys.modules if name.startswith("lfsrkit_plugin_") and name not in before]:
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of pictures."""

    def make(count: int = 8, size: int = 32, name: str = "faces") -> Path:
        place = tmp_path / name
        place.mkdir()
        for number in range(count):
            (place / f"{number:03d}.png").write_bytes(encode_png(picture(number, size)))
        return place

    return make


@pytest.fixture
def built(folder: Callable[..., Path], tmp_path: Path) -> Path:
    """A small finished build: 12 train, 2 validation, 2 test pairs of 8 and 32 pixels."""
    splits = {"train": 12, "validation": 2, "test": 2}
    values = {"faces": str(folder(16)), "clean_size": 32, "degrade": "fsr_gamma(scale=4)", "splits": splits}
    plan = pairs.make_plan(load_stage("pairs", values=values | {"shard_size": 8}))
    assert list(pairs.build(plan, tmp_path / "pairs", workers=0))[-1].manifest is not None
    return tmp_path / "pairs"


@pytest.fixture
def toy() -> Iterator[None]:
    """Register the small model of the training tests."""
    with MODELS.temporary("toy", Toy):
        yield


@pytest.fixture(scope="module")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small build to train on."""
    return build_pairs(tmp_path_factory.mktemp("built"))


@pytest.fixture
def train_pairs(toy_folder: Path) -> pairs.PairSet:
    return pairs.open(toy_folder, "train")


@pytest.fixture
def validation_pairs(toy_folder: Path) -> pairs.PairSet:
    return pairs.open(toy_folder, "validation")
