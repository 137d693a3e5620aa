"""Layers that DLN and LSR share."""

import torch
from torch import Tensor, nn

from lfsrkit.types import Features, Images


class Aggregate(nn.Module):
    """Weigh channels by what they hold on average, keep the unweighed ones too, and mix them down.

    Args:
        inputs: Channels that come in.
        channels: Channels that go out.
        reduction: How many times narrower the gate is inside.
    """

    def __init__(self, inputs: int, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Linear(inputs, inputs // reduction, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(inputs // reduction, inputs, bias=False),
            nn.Sigmoid(),
        )
        self.mix = conv_block(inputs, channels, 1)

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        return self.mix(x + x * self.gate(x.mean(dim=(2, 3)))[:, :, None, None])


def with_brightness(low: Images) -> Features:
    """Put the picture, moved to [-1, 1], and its brightest channel, left in [0, 1], side by side.

    Args:
        low: Pictures in [0, 1].
    """
    return torch.cat([2 * low - 1, low.amax(dim=1, keepdim=True)], dim=1)


def brightness_stem(channels: int) -> nn.Sequential:
    """Make the two layers that read what `with_brightness` gives.

    Args:
        channels: Width of the feature maps.
    """
    return nn.Sequential(conv_block(4, 2 * channels), conv_block(2 * channels, channels))


def conv_block(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """Make a convolution that keeps the size, with bias, and a PReLU of one number.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Odd side of the kernel.
    """
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.PReLU())


def kaiming_start(network: nn.Module) -> None:
    """Start all convolutions from Kaiming's normal distribution with zero biases, in place.

    Args:
        network: Any module.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
