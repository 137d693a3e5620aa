"""What every export has in common: an account of it, a picture to try it on, and nothing overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from lfsrkit.errors import OutputRefused
from lfsrkit.models import Restorer
from lfsrkit.types import Images

TRIED_CLEAN_SIDE = 128
"""Side in pixels of the restored picture that an export is tried on."""


@dataclass(frozen=True)
class Exported:
    """What was written and how it was verified."""

    path: Path
    facts: Mapping[str, str | int | float]
    """What was measured, by name."""
    notes: tuple[str, ...] = ()
    """What to know before it is used."""


def refuse_existing(path: Path) -> None:
    """Refuse to write over something.

    Args:
        path: File or folder that is to be made.

    Raises:
        OutputRefused: If it exists; an empty folder is fine.
    """
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        raise OutputRefused(f"{path} exists already; name another --out, nothing is overwritten")


def trial_picture(model: Restorer, side: int | None = None, width: int | None = None) -> Images:
    """Draw a dark picture of noise, on the CPU.

    Args:
        model: Its scale decides the size.
        side: Height, and width where none is given, in pixels; by default what is restored to 128 pixels.
        width: In pixels.
    """
    height = side or max(1, TRIED_CLEAN_SIDE // model.scale)
    generator = torch.Generator().manual_seed(0)
    # A power of three is about as dark as the low pictures of the protocols.
    return torch.rand(1, 3, height, width or height, generator=generator) ** 3
