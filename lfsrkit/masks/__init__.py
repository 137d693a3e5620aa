"""Strategies that select pixels for the losses: 1 = selected."""

from lfsrkit.masks.base import Grid, Hints, MaskStrategy

__all__ = ["Grid", "Hints", "MaskStrategy"]
