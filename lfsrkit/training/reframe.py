"""Frame a clean face a little differently before it is degraded, so that few faces do not look alike in every epoch."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from lfsrkit.training.augment import epoch_streams
from lfsrkit.training.pictures import Pictures

Frames = Float[Tensor, "n 2 3"]
"""Where each picture is read: maps places of the new picture to the old one, both from -1 to 1."""
ByteMaps = UInt8[Tensor, "n c h w"]


def frames(seed: int, ids: Sequence[str], epochs: Sequence[int], largest: float) -> Frames:
    r"""Draw how each face is framed: $x \mapsto z\,R(\varphi)\,x + t$.

    With $u$ uniform in plus or minus the largest change $a$, drawn anew for each: the zoom is $z = 1 + u$, the angle
    $\varphi = u$ radians, and the shift $t = 2u$ along each axis, so up to $a$ times the side.

    Args:
        seed: Seed of the run.
        ids: Identity of each picture.
        epochs: Epoch of each picture.
        largest: Largest change $a$, 0 to 1.
    """
    draws = torch.stack([torch.rand(4, generator=stream) for stream in epoch_streams(seed, ids, epochs, "reframe")])
    zoom, angle, right, down = (largest * (2 * draws - 1)).unbind(dim=1)
    cosine, sine = (1 + zoom) * torch.cos(angle), (1 + zoom) * torch.sin(angle)
    rows = [torch.stack([cosine, -sine, 2 * right], dim=1), torch.stack([sine, cosine, 2 * down], dim=1)]
    return torch.stack(rows, dim=1)


def reframed(pictures: Pictures, where: Frames) -> Pictures:
    """Read clean pictures and regions at other places, mirrored beyond the border; the low pictures stay.

    Args:
        pictures: Pairs; left as they are.
        where: One frame for each.
    """
    regions = None if pictures.regions is None else _read(pictures.regions, where)
    return replace(pictures, clean=_read(pictures.clean, where), regions=regions)


def _read(maps: ByteMaps, where: Frames) -> ByteMaps:
    grid = functional.affine_grid(where, [len(maps), 1, *maps.shape[-2:]], align_corners=False)
    # Bilinear would blur what the network is to learn as sharp.
    read = functional.grid_sample(maps.float(), grid, mode="bicubic", padding_mode="reflection", align_corners=False)
    return read.round_().clamp_(0, 255).to(torch.uint8)
