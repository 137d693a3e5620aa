"""Networks of the user that turn a face into a vector, and how far apart two faces are in one."""

from collections.abc import Callable
from typing import Any, cast

from torch import Tensor

from lfsrkit.errors import UsageError
from lfsrkit.learned import PREFIX, function_at
from lfsrkit.trunks.networks import directions, frozen, placed
from lfsrkit.types import Images, PerImage

Embed = Callable[[Tensor], Tensor]
"""Pictures (n, 3, h, w), sRGB, 0 to 1, to vectors (n, d)."""


def embedding(network: str | Embed) -> Embed:
    """Give a network ready to be used: in evaluation mode and frozen, if it is a module.

    Args:
        network: The network itself, or ``learned:module:function``, whose ``function()`` returns it.

    Raises:
        UsageError: If the text is not written so, or what it names is no network.
    """
    return frozen(_made(network) if isinstance(network, str) else network)


def cosine_distance(network: Embed, restored: Images, clean: Images) -> PerImage:
    """Compare the vectors of faces: 1 less the cosine of their angle, 0 to 2.

    Args:
        network: What `embedding` gave; moved to where the pictures are.
        restored: Pictures.
        clean: Pictures to compare with.

    Raises:
        UsageError: If no vectors come out, or not one a picture.
    """
    embed = placed(network, clean)
    ours, theirs = (directions(_checked(embed(pictures), len(clean))) for pictures in (restored, clean))
    return (ours - theirs).square().sum(dim=1) / 2


def _made(place: str) -> Embed:
    if not place.startswith(PREFIX):
        raise UsageError(f"network={place!r}: write '{PREFIX}module:function', or pass the network itself")
    made: Any = function_at(place.removeprefix(PREFIX))()
    if not callable(made):
        raise UsageError(f"{place} returned {type(made).__name__}: return a network, pictures to vectors")
    return cast(Embed, made)


def _checked(vectors: Any, count: int) -> Tensor:
    if not isinstance(vectors, Tensor) or vectors.ndim != 2 or len(vectors) != count:
        shape = tuple(vectors.shape) if isinstance(vectors, Tensor) else type(vectors).__name__
        raise UsageError(f"the network gave {shape} for {count} pictures; vectors ({count}, d) are wanted")
    return vectors
