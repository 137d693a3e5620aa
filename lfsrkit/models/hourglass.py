"""Convolutions that resize, and hourglasses of them, which SPARNet and CTCNet share."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from lfsrkit.types import Features

Resize = Literal["up", "down"]

Activation = Callable[[int], nn.Module]
"""Makes the activation that follows a layer of so many channels."""


class Hourglass(nn.Module):
    """Halve a number of times and double as often, with a convolution past every level.

    Args:
        inputs: Channels in; what comes out has `width` channels.
        depth: Number of halvings.
        activation: Makes the activation of a unit.
    """

    width = 64

    def __init__(self, inputs: int, depth: int, *, activation: Activation) -> None:
        super().__init__()
        self.depth = depth

        def unit(channels: int, resize: Resize | None = None) -> ConvUnit:
            return ConvUnit(channels, self.width, resize=resize, norm=True, activation=activation)

        levels = {str(level): inputs if level == depth else self.width for level in range(1, depth + 1)}
        self.past = nn.ModuleDict({level: unit(channels) for level, channels in levels.items()})
        self.down = nn.ModuleDict({level: unit(channels, "down") for level, channels in levels.items()})
        self.deepest = unit(self.width)
        self.up = nn.ModuleDict({level: unit(self.width, "up") for level in levels})

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        return self._level(x, self.depth)

    def _level(self, x: Features, level: int) -> Tensor:
        past, small = self.past[str(level)](x), self.down[str(level)](x)
        inner = self._level(small, level - 1) if level > 1 else self.deepest(small)
        # An odd side was rounded up on the way down: doubling gives one row or column too many.
        return past + self.up[str(level)](inner)[..., : x.shape[-2], : x.shape[-1]]


class ConvUnit(nn.Module):
    """Resize, convolve 3 x 3 over mirrored borders, normalise, activate; each but the convolution if asked for.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        resize: ``"up"`` repeats every pixel before the convolution, ``"down"`` takes every other position.
        norm: Whether batch normalisation follows; the convolution has a bias only without it.
        activation: What comes last, if anything.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        resize: Resize | None = None,
        norm: bool = False,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        self.doubles = resize == "up"
        stride = 2 if resize == "down" else 1
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode="reflect", bias=not norm)
        self.norm = nn.BatchNorm2d(outputs) if norm else nn.Identity()
        self.act = activation(outputs) if activation else nn.Identity()

    def forward(self, x: Features) -> Tensor:
        """Apply."""
        large = functional.interpolate(x, scale_factor=2, mode="nearest") if self.doubles else x
        return self.act(self.norm(self.conv(large)))


def leaky(_: int) -> nn.Module:
    """Make a leaky ReLU of slope 0.2."""
    return nn.LeakyReLU(0.2, inplace=True)


def small_normal_start(network: nn.Module) -> None:
    """Start all convolutions from a normal distribution of deviation 0.02, in place.

    Gains of batch normalisation start at 1 with the same deviation, biases at 0.

    Args:
        network: Any module.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0, 0.02)
            bias: Tensor | None = layer.bias
            if bias is not None:
                nn.init.zeros_(bias)
