"""LPIPS: the same as the package computes, never with a random trunk, and clear where weights are missing."""

import threading
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from lfsrkit import METRICS
from lfsrkit.errors import DamagedFile, MissingWeights, TooSmall, UsageError
from lfsrkit.metrics import lpips_status
from lfsrkit.trunks import lpips_network
from lfsrkit.trunks import weights as trunks

WEIGHTS = Path(__file__).parents[2] / "shared" / "weights"
reference = pytest.mark.reference
needs_weights = pytest.mark.skipif(not WEIGHTS.is_dir(), reason="no reference weights beside the project")
FILES = {"alex": "alexnet_features.safetensors", "vgg": "vgg16_features.safetensors"}


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without weights, without a network."""
    monkeypatch.delenv("LFSRKIT_WEIGHTS", raising=False)
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(height: int = 64, width: int = 48) -> tuple[torch.Tensor, torch.Tensor]:
    clean = torch.rand(2, 3, height, width, generator=seeded())
    smooth = torch.nn.functional.avg_pool2d(clean, 5, stride=1, padding=2)
    return smooth + 0.1 * torch.randn(clean.shape, generator=seeded(1)), clean


def package_lpips(net: str) -> torch.nn.Module:
    """The package's own network around torchvision's own layers with the reference weights."""
    import lpips
    from torchvision import models

    model = {"alex": models.alexnet, "vgg": models.vgg16}[net](weights=None)
    state = load_file(WEIGHTS / FILES[net])
    model.features.load_state_dict({key.removeprefix("features."): value for key, value in state.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    for part in range(1, 6):
        for index, layer in getattr(network.net, f"slice{part}").named_children():
            layer.load_state_dict(model.features[int(index)].state_dict())
    return network


ALEX_SIZES = [(31, 31), (32, 48), (37, 53), (64, 48), (128, 128)]
VGG_SIZES = [(16, 16), (17, 23), (64, 48)]


@reference
@needs_weights
@pytest.mark.parametrize(
    ("net", "height", "width"),
    [
        *[("alex", *size) for size in ALEX_SIZES],
        *[pytest.param("vgg", *size, marks=pytest.mark.slow) for size in VGG_SIZES],
    ],
)
def test_equals_the_package(net: str, height: int, width: int) -> None:
    restored, clean = batch(height, width)
    on_grid = [(each.clamp(0, 1) * 255).round() / 255 for each in (restored, clean)]
    with torch.no_grad():
        wanted = package_lpips(net)(*on_grid, normalize=True).flatten()
    metric = METRICS.create("lpips", net=net, weights=WEIGHTS)
    torch.testing.assert_close(metric(restored, clean).float(), wanted, atol=1e-6, rtol=1e-5)
    assert (wanted > 0.01).all()


@pytest.mark.slow
@reference
@needs_weights
def test_a_picture_too_small_for_alexnet_is_too_small_for_the_package() -> None:
    small = batch(16, 16)
    with pytest.raises(RuntimeError, match="too small"):
        package_lpips("alex")(*small, normalize=True)
    with pytest.raises(TooSmall, match="at least 31x31 pixels; these are 16x16"):
        METRICS.create("lpips", weights=WEIGHTS)(*small)


@reference
@needs_weights
def test_is_found_through_the_environment(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFSRKIT_WEIGHTS", str(WEIGHTS))
    assert lpips_status() == f"available: {WEIGHTS / FILES['alex']}"
    metric = METRICS.create("lpips")
    restored, clean = batch()
    assert metric(clean, clean.clone()).tolist() == [0, 0]
    assert (metric(restored, clean) > 0.01).all()


@pytest.mark.slow
@reference
@needs_weights
def test_is_found_in_the_cache_of_torchvision(bare: Path) -> None:
    cached = bare / "torch" / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    cached.parent.mkdir(parents=True)
    torch.save({**load_file(WEIGHTS / FILES["alex"]), "classifier.1.weight": torch.zeros(2)}, cached)
    assert lpips_status() == f"available: {cached}"
    restored, clean = batch()
    from_file = METRICS.create("lpips", weights=WEIGHTS / FILES["alex"])
    assert torch.equal(METRICS.create("lpips")(restored, clean), from_file(restored, clean))


@reference
@needs_weights
def test_every_tensor_of_the_trunk_is_replaced() -> None:
    state = load_file(WEIGHTS / FILES["alex"])
    trunk = lpips_network("alex", WEIGHTS).net.state_dict()
    assert len(trunk) == len(state) == 10
    assert all(torch.equal(value, state["features." + key.partition(".")[2]]) for key, value in trunk.items())


@reference
@needs_weights
def test_weights_of_one_and_of_halves() -> None:
    metric = METRICS.create("lpips", weights=WEIGHTS)
    restored, clean = batch(64, 64)
    restored[..., 32:] = clean[..., 32:]
    plain = metric(restored, clean)
    torch.testing.assert_close(metric(restored, clean, torch.ones(2, 1, 64, 64)), plain, atol=1e-6, rtol=1e-5)
    left = torch.zeros(2, 1, 64, 64)
    left[..., :32] = 1
    assert (metric(restored, clean, left) > plain).all()
    assert (metric(restored, clean, 1 - left) < plain).all()
    assert metric(restored, clean, left * 0).isnan().all()


@reference
@needs_weights
@pytest.mark.parametrize(("net", "least"), [("alex", 31), pytest.param("vgg", 16, marks=pytest.mark.slow)])
def test_the_smallest_picture(net: str, least: int) -> None:
    metric = METRICS.create("lpips", net=net, weights=WEIGHTS)
    assert metric(*batch(least, least)).isfinite().all()
    with pytest.raises(UsageError, match=f"at least {least}x{least} pixels"):
        metric(*batch(least - 1, 40))


@reference
@needs_weights
def test_building_leaves_global_randomness_alone() -> None:
    before = torch.get_rng_state()
    METRICS.create("lpips", weights=WEIGHTS)
    assert torch.equal(torch.get_rng_state(), before)


def test_missing_weights_say_what_to_do(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFSRKIT_WEIGHTS", str(bare))
    with pytest.raises(MissingWeights, match="LFSRKIT_WEIGHTS") as caught:
        METRICS.create("lpips")
    for part in (bare / FILES["alex"], bare / "torch" / "hub" / "checkpoints", "https://download.pytorch.org"):
        assert str(part) in str(caught.value)
    assert lpips_status() == str(caught.value)


def test_a_given_path_is_the_only_place(bare: Path) -> None:
    with pytest.raises(MissingWeights, match="nowhere"):
        METRICS.create("lpips", weights=bare / "nowhere")


def test_no_network_is_noticed_quickly(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LFSRKIT_OFFLINE")
    monkeypatch.setattr(trunks, "_PATIENCE_SECONDS", 0.2)

    over = threading.Event()

    def hang(*_: object, **__: object) -> None:
        over.wait()
        raise TimeoutError

    monkeypatch.setattr("urllib.request.urlopen", hang)
    monkeypatch.setattr(trunks, "_fetch", lambda _: pytest.fail("fetched without a network"))
    with pytest.raises(MissingWeights):
        METRICS.create("lpips")
    over.set()  # so the answer came while the network still hung


def test_a_refused_connection_is_no_network(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("refused")

    monkeypatch.delenv("LFSRKIT_OFFLINE")
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(MissingWeights):
        METRICS.create("lpips")


def test_a_failed_download_is_missing_weights(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, path: str, **_: object) -> None:
        raise RuntimeError(f"invalid hash value of {url}")

    monkeypatch.delenv("LFSRKIT_OFFLINE")
    monkeypatch.setattr(trunks, "_reachable", lambda _: True)
    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(MissingWeights, match="invalid hash value of https://"):
        METRICS.create("lpips")


def test_a_download_goes_into_the_cache(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deliver(url: str, path: str, *, hash_prefix: str, progress: bool) -> None:
        assert url.endswith(f"alexnet-owt-{hash_prefix}.pth")
        Path(path).write_bytes(b"weights")

    monkeypatch.delenv("LFSRKIT_OFFLINE")
    monkeypatch.setattr(trunks, "_reachable", lambda _: True)
    monkeypatch.setattr(torch.hub, "download_url_to_file", deliver)
    path = trunks.find_trunk("alex")
    assert path.read_bytes() == b"weights"
    monkeypatch.setenv("LFSRKIT_OFFLINE", "1")
    assert trunks.find_trunk("alex") == path


@pytest.mark.parametrize("name", ["damaged.safetensors", "damaged.pth"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not weights")
    with pytest.raises(DamagedFile, match=name):
        METRICS.create("lpips", weights=path)


def test_a_file_with_other_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"features.0.weight": torch.zeros(64, 3, 11, 11)}, path)
    with pytest.raises(DamagedFile, match="does not hold the features of AlexNet"):
        METRICS.create("lpips", weights=path)
    save_file({"conv.weight": torch.zeros(1)}, path)
    with pytest.raises(DamagedFile, match="holds no keys features"):
        METRICS.create("lpips", weights=path)


def test_a_checkpoint_with_code_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "ran",)

    path = tmp_path / "trap.pth"
    torch.save({"features.0.weight": Trap()}, path)
    with pytest.raises(DamagedFile):
        METRICS.create("lpips", weights=path)
    assert not (tmp_path / "ran").exists()
