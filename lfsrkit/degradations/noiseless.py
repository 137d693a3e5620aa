"""Parameters under which a degradation adds no noise and stays what it is otherwise."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from lfsrkit.degradations.base import Degradation
from lfsrkit.degradations.bayer import Bayer
from lfsrkit.degradations.face_restoration import Gfpgan
from lfsrkit.degradations.maet import Maet
from lfsrkit.degradations.real_esrgan import RealEsrgan

_FINE = 32
"""Bits that are as good as no rounding, in the dark and after a power law too."""


@singledispatch
def noiseless(degradation: Degradation) -> Mapping[str, Any] | None:
    """Say what to record so that there is no noise; register a function for the class of one's own, as for `inverse`.

    Args:
        degradation: One that does other things too, such as darken or shrink.

    Returns:
        Values that stand in for the recorded ones, by name; None where they are not known.

    Example:
        >>> noiseless(Maet())
        {'shot': 0.0, 'read': 0.0, 'bits': 32}
    """
    del degradation
    return None


@noiseless.register(Bayer)
def _(degradation: Bayer) -> Mapping[str, Any]:
    del degradation
    return {}


@noiseless.register(Maet)
def _(degradation: Maet) -> Mapping[str, Any]:
    del degradation
    return {"shot": 0.0, "read": 0.0, "bits": _FINE}


@noiseless.register(Gfpgan)
def _(degradation: Gfpgan) -> Mapping[str, Any]:
    del degradation
    return {"noise": 0.0, "quality": None}


@noiseless.register(RealEsrgan)
def _(degradation: RealEsrgan) -> Mapping[str, Any]:
    del degradation
    silent = {"noise": "gaussian", "strength": 0.0, "quality": None}
    return {f"{name}_{order}": value for order in (1, 2) for name, value in silent.items()}
