"""Feature networks with trained weights, never random ones, and what every user of one does with it."""

import warnings
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.errors import DamagedFile
from lfsrkit.trunks.weights import Net, find_trunk, read_trunk, trunk_of

_NO_LENGTH = 1e-10
"""Feature vectors shorter than this have no direction."""

N = TypeVar("N")


def lpips_network(net: Net, weights: Path | None = None) -> Any:
    """Build the network of LPIPS with its trained heads and trunk, in evaluation mode and frozen.

    Args:
        net: Which trunk.
        weights: File of the trunk, or a folder with it.

    Raises:
        MissingWeights: If the trunk is not on this machine and cannot be fetched.
        DamagedFile: If its file does not fit.
    """
    path = find_trunk(net, weights)
    features = read_trunk(path)
    # The package numbers the layers of its slices as torchvision does: slice2.3.weight is features.3.weight.
    network = _untrained(net)
    state = {name: features.get("features." + name.partition(".")[2]) for name in network.net.state_dict()}
    try:
        network.net.load_state_dict({name: value for name, value in state.items() if value is not None})
    except RuntimeError as error:
        raise DamagedFile(f"{path} does not hold the features of {trunk_of(net).title}: {error}") from error
    return frozen(network)


def vgg16_network(weights: Path | None = None) -> nn.Sequential:
    """Build the feature layers of VGG-16 with trained weights, in evaluation mode and frozen.

    Args:
        weights: File of the trunk, or a folder with it.

    Raises:
        MissingWeights: If the trunk is not on this machine and cannot be fetched.
        DamagedFile: If its file does not fit.
    """
    from torchvision.models.vgg import cfgs, make_layers

    path = find_trunk("vgg", weights)
    with torch.random.fork_rng(devices=[]):
        layers = make_layers(cfgs["D"])
    state = {name.removeprefix("features."): value for name, value in read_trunk(path).items()}
    try:
        layers.load_state_dict(state)
    except RuntimeError as error:
        raise DamagedFile(f"{path} does not hold the features of VGG-16: {error}") from error
    return frozen(layers)


def frozen(network: N) -> N:
    """Put a module into evaluation mode and leave it no gradients, in place; a function is left alone.

    Args:
        network: Any.
    """
    return network.eval().requires_grad_(False) if isinstance(network, nn.Module) else network


def placed(network: N, like: Tensor) -> N:
    """Move a module to the device and the number format of pictures, in place; a function is left alone.

    Args:
        network: Any.
        like: The pictures.
    """
    return network.to(like) if isinstance(network, nn.Module) else network


def directions(vectors: Tensor) -> Tensor:
    """Scale to unit length along the channels; a vector of zeros stays one, with a slope of zero.

    Args:
        vectors: (n, c) or (n, c, h, w).
    """
    return functional.normalize(vectors, dim=1, eps=_NO_LENGTH)


def _untrained(net: Net) -> Any:
    """Build the network with trained heads; its trunk is random until the caller has replaced it."""
    from lpips import LPIPS

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
        return LPIPS(net=net, pnet_rand=True, verbose=False)
