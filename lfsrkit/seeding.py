"""Randomness by key: a stream per picture, so that no batch size, worker or order changes what is drawn.

Every stream is a CPU generator (devices have different streams; draw here, then move). The global random states of
torch, NumPy and Python are neither read nor written.
"""

import hashlib
from collections.abc import Sequence

import torch
from torch import Generator

Streams = Generator | Sequence[Generator]
"""What a component accepts: one generator per picture, or one generator that seeds a child for each picture."""

SEED_LIMIT = 2**53
"""Recorded seeds stay below this, so that JSON readers that use doubles keep them exact."""


def key_seed(*key: object) -> int:
    """Turn a key into a seed: the first 53 bits of the SHA-256 of its parts.

    Args:
        key: Parts whose ``str`` identifies the stream.

    Example:
        >>> key_seed(0, "face", 1) == key_seed("0", "face", "1"), key_seed(0, "fac", "e1") == key_seed(0, "face", 1)
        (True, False)
    """
    text = "\x1f".join(str(part) for part in key)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 11


def generators(seed: int, ids: Sequence[str], epoch: int, stage: str) -> list[Generator]:
    """Make one generator per picture, keyed by (seed, picture, epoch, stage).

    Args:
        seed: Seed of the whole run.
        ids: Identity of each picture, such as the SHA-256 of its file.
        epoch: Pass over the data, from 0.
        stage: Name of what draws, such as ``"degrade"`` or ``"flip"``.

    Example:
        >>> a, b = generators(0, ["x", "y"], 0, "degrade")
        >>> bool(torch.rand(1, generator=a) == torch.rand(1, generator=b))
        False
    """
    return [Generator().manual_seed(key_seed(seed, name, epoch, stage)) for name in ids]


def streams(n: int, generator: Streams) -> Sequence[Generator]:
    """Give one generator per picture from what a caller passed.

    Args:
        n: Number of pictures.
        generator: ``n`` generators, or one that seeds ``n`` children in order.

    Raises:
        ValueError: If a sequence of another length is given.

    Example:
        >>> len(streams(3, Generator().manual_seed(0)))
        3
    """
    if isinstance(generator, Generator):
        return [Generator().manual_seed(draw_seed(generator)) for _ in range(n)]
    if len(generator) != n:
        raise ValueError(f"{len(generator)} generators were given for {n} pictures; give one each, or a single one")
    return generator


def draw_seed(generator: Generator) -> int:
    """Draw a seed below 2**53, small enough to be recorded exactly in JSON.

    Args:
        generator: Stream to draw from.
    """
    return int(torch.randint(SEED_LIMIT, (), generator=generator))
