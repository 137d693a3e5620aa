"""Degradations: from a bright, large, clean face to a dark, small, noisy one. One file per physical cause."""

from lfsrkit.degradations.base import Degradation, LinearDegradation, Params, split, stack
from lfsrkit.degradations.chain import Chain, chain_from_calls, chain_from_text

__all__ = [
    "Chain",
    "Degradation",
    "LinearDegradation",
    "Params",
    "chain_from_calls",
    "chain_from_text",
    "split",
    "stack",
]
