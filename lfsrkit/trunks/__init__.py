"""Trained networks that losses and metrics look through: AlexNet, VGG-16, and those of the user."""

from lfsrkit.trunks.networks import directions, frozen, lpips_network, placed, vgg16_network
from lfsrkit.trunks.weights import TRUNKS, Net, find_trunk, lpips_status, read_trunk, trunk_of

__all__ = [
    "TRUNKS",
    "Net",
    "directions",
    "find_trunk",
    "frozen",
    "lpips_network",
    "lpips_status",
    "placed",
    "read_trunk",
    "trunk_of",
    "vgg16_network",
]
