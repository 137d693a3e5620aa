"""Feature weights of AlexNet and VGG-16: where they are looked for, and what to do where they are not.

Looked for in this order: the path that is given, the folder named in ``LFSRKIT_WEIGHTS``, the cache of torchvision, the
network. ``LFSRKIT_OFFLINE=1`` leaves out the last one.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from lfsrkit.errors import DamagedFile, MissingWeights, UsageError, did_you_mean
from lfsrkit.tensors import read_tensors, shortened

Net = Literal["alex", "vgg"]

WEIGHTS_FOLDER = "LFSRKIT_WEIGHTS"
OFFLINE = "LFSRKIT_OFFLINE"

_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True)
class Trunk:
    """A feature network: torchvision's layers, found as a file of its own or as torchvision's download.

    Args:
        title: What people call it.
        file: File with the keys ``features.N.weight`` and ``features.N.bias``.
        download: Name of torchvision's file, the start of its SHA-256 at the end.
        megabytes: Size of that file.
        least_side: Smallest side that its layers take, in pixels.
    """

    title: str
    file: str
    download: str
    megabytes: int
    least_side: int

    @property
    def url(self) -> str:
        """Where torchvision keeps the file."""
        return f"https://download.pytorch.org/models/{self.download}"


TRUNKS: dict[str, Trunk] = {
    "alex": Trunk("AlexNet", "alexnet_features.safetensors", "alexnet-owt-7be5be79.pth", 233, 31),
    "vgg": Trunk("VGG-16", "vgg16_features.safetensors", "vgg16-397923af.pth", 528, 16),
}


def trunk_of(net: str) -> Trunk:
    """Look a feature network up.

    Args:
        net: ``"alex"`` or ``"vgg"``.

    Raises:
        UsageError: If it is neither.
    """
    if net not in TRUNKS:
        raise UsageError(f"no feature network is called {net!r}; known: alex, vgg{did_you_mean(net, TRUNKS)}")
    return TRUNKS[net]


def find_trunk(net: Net, weights: Path | None = None) -> Path:
    """Find the weights of a feature network on this machine, else fetch them.

    Args:
        net: Which network.
        weights: A file, or a folder with such a file; nothing else is looked at when it is given.

    Raises:
        MissingWeights: If they are nowhere and cannot be fetched, with what to do.
    """
    trunk = trunk_of(net)
    for place in _places(trunk, weights):
        if place.is_file():
            return place
    if weights is None and not _offline() and _reachable(trunk.url):
        return _fetch(trunk)
    raise MissingWeights(_advice(trunk, weights))


def read_trunk(path: Path) -> dict[str, Tensor]:
    """Read the feature layers of a file.

    Args:
        path: A ``.safetensors`` file, or a checkpoint of torchvision; nothing in it is run.

    Returns:
        Tensors by key, ``features.N.weight`` and ``features.N.bias``.

    Raises:
        DamagedFile: If it cannot be read or holds no such keys.
    """
    state = read_tensors(path)
    features = {key: value for key, value in state.items() if key.startswith("features.")}
    if not features:
        raise DamagedFile(f"{path} holds no keys features.N.weight; it has {shortened(state)}")
    return features


def lpips_status(net: Net = "alex") -> str:
    """Say whether LPIPS can be computed on this machine, or what to do; nothing is loaded or fetched.

    Args:
        net: Which feature network.
    """
    trunk = trunk_of(net)
    found = next((place for place in _places(trunk, None) if place.is_file()), None)
    return f"available: {found}" if found is not None else _advice(trunk, None)


def _places(trunk: Trunk, weights: Path | None) -> list[Path]:
    if weights is not None:
        return [weights / trunk.file if weights.is_dir() else weights]
    folder = os.environ.get(WEIGHTS_FOLDER)
    return [*([Path(folder).expanduser() / trunk.file] if folder else []), _cached(trunk)]


def _cached(trunk: Trunk) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / trunk.download


def _advice(trunk: Trunk, weights: Path | None) -> str:
    places = ", ".join(str(place) for place in _places(trunk, weights))
    return (
        f"the {trunk.title} weights are not on this machine (looked for {places}); put {trunk.file}, with "
        f"torchvision's keys features.N.weight, into a folder and name the folder in {WEIGHTS_FOLDER}, or run once "
        f"with a network and without {OFFLINE}: {trunk.url} ({trunk.megabytes} MB) is then kept in torchvision's cache"
    )


def _offline() -> bool:
    return os.environ.get(OFFLINE, "") not in ("", "0")


def _reachable(url: str) -> bool:
    """Ask for the head of a file, in a thread: looking a name up has no time limit of its own."""
    import http.client
    import threading
    import urllib.request
    from contextlib import suppress

    answered = threading.Event()

    def ask() -> None:
        with suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=_PATIENCE_SECONDS).close()
            answered.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    return answered.is_set()


def _fetch(trunk: Trunk) -> Path:
    path = _cached(trunk)
    digest = trunk.download.rpartition("-")[2].removesuffix(".pth")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(trunk.url, str(path), hash_prefix=digest, progress=False)
    except (OSError, RuntimeError) as error:
        raise MissingWeights(f"fetching failed ({error}); {_advice(trunk, None)}") from error
    return path
