"""Backbones from published restoration networks, in spandrel's implementation."""

import warnings
from typing import Any

import torch
from torch import nn

from lfsrkit.models.layers import DAMPING, padded
from lfsrkit.types import Features

_WINDOW = 8


class Swin(nn.Module):
    """SwinIR groups: attention in shifted windows.

    Args:
        channels: Width of the feature maps, a multiple of `heads`.
        depth: Number of transformer layers in all, even: windows are shifted in every second one.
        heads: Heads of the attention.

    References:
        Liang et al., SwinIR: Image Restoration Using Swin Transformer, ICCVW 2021. https://arxiv.org/abs/2108.10257
    """

    def __init__(self, channels: int = 64, depth: int = 6, heads: int = 4) -> None:
        super().__init__()
        from spandrel.architectures.SwinIR import SwinIR

        layers = max(2, depth + depth % 2)
        net: Any = SwinIR(
            embed_dim=channels, depths=[layers], num_heads=[heads], window_size=_WINDOW, mlp_ratio=2, drop_path_rate=0.0
        )
        for unused in ("conv_first", "conv_last"):
            delattr(net, unused)
        self.net = net

    def forward(self, x: Features) -> Features:
        """Apply."""
        whole = padded(x, 1, _WINDOW)
        features = self.net.conv_after_body(self.net.forward_features(whole))
        return x + features[..., : x.shape[-2], : x.shape[-1]]


class Omni(nn.Module):
    """Omni-SR groups: attention over space and channels at once.

    Args:
        channels: Width of the feature maps.
        depth: Number of groups is a third of it, at least one: a group costs about as much as three residual units.

    References:
        Wang et al., Omni Aggregation Networks for Lightweight Image Super-Resolution, CVPR 2023.
        https://arxiv.org/abs/2304.10244
    """

    def __init__(self, channels: int = 64, depth: int = 6) -> None:
        super().__init__()
        from spandrel.architectures.OmniSR import OmniSR

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="torch.meshgrid")
            net: Any = OmniSR(num_feat=channels, res_num=max(1, depth // 3), window_size=_WINDOW)
        self.groups = with_timm_norms(net.residual_layer)
        self.out = net.output

    def forward(self, x: Features) -> Features:
        """Apply."""
        # The squeezed branch of a group takes maps from 15 cells a side.
        features = self.out(self.groups(padded(x, 2 * _WINDOW, _WINDOW)))
        return x + features[..., : x.shape[-2], : x.shape[-1]]


class NafNet(nn.Module):
    """NAFNet blocks: gated convolutions with simple channel attention.

    Args:
        channels: Width of the feature maps.
        depth: Number of blocks.

    References:
        Chen, Chu, Zhang, Sun, Simple Baselines for Image Restoration, ECCV 2022. https://arxiv.org/abs/2204.04676
    """

    def __init__(self, channels: int = 64, depth: int = 6) -> None:
        super().__init__()
        from spandrel.architectures.NAFNet import NAFNet

        net: Any = NAFNet(width=channels, middle_blk_num=depth)
        self.blocks = with_timm_norms(net.middle_blks)
        with torch.no_grad():
            for block in net.middle_blks:
                # They start at zero in the original, which hides the layers before them in the first step.
                block.beta.fill_(DAMPING)
                block.gamma.fill_(DAMPING)

    def forward(self, x: Features) -> Features:
        """Apply."""
        return self.blocks(x)


def with_timm_norms(net: nn.Module) -> nn.Module:
    """Exchange spandrel's own layer norms over channels, in place, for timm's, which have the same weights.

    Spandrel's carry a gradient of their own that uses a deprecated interface of torch and cannot be compiled.

    Args:
        net: Network with freshly made weights.
    """
    from timm.layers.norm import LayerNorm2d

    for name, module in list(net.named_modules()):
        if type(module).__name__ == "LayerNorm2d" and not isinstance(module, LayerNorm2d):
            own: Any = module
            new = LayerNorm2d(own.weight.numel(), eps=getattr(own, "eps", 1e-6))
            new.load_state_dict(own.state_dict())
            net.set_submodule(name, new)
    return net
