"""The one place where clean pictures become low ones, used by the builder and by training on the fly."""

from collections.abc import Sequence

import torch

from lfsrkit import seeding
from lfsrkit.degradations.base import Params
from lfsrkit.degradations.chain import Chain
from lfsrkit.images import quantise
from lfsrkit.types import Bytes, ResizedBytes

STAGE = "degrade"
"""Name of the random streams that degradations draw from."""


def degrade(
    chain: Chain, clean: Bytes, ids: Sequence[str], *, seed: int, epoch: int = 0
) -> tuple[ResizedBytes, Params]:
    """Degrade a batch with draws that depend on seed, picture and epoch alone.

    Args:
        chain: The degradation.
        clean: 8-bit pictures, on the device that does the work.
        ids: Identity of each picture.
        seed: Seed of the data set.
        epoch: Pass over the data; builds use 0.

    Returns:
        8-bit low pictures and the recorded parameters.
    """
    params = chain.sample(len(ids), seeding.generators(seed, ids, epoch, STAGE))
    return replay(chain, clean, params), params


def replay(chain: Chain, clean: Bytes, params: Params) -> ResizedBytes:
    """Apply recorded parameters.

    The 8-bit result does not depend on the batch a picture is in.

    Args:
        chain: The degradation.
        clean: 8-bit pictures.
        params: As recorded.
    """
    with torch.no_grad():
        return quantise(chain.apply_bytes(clean, params))
