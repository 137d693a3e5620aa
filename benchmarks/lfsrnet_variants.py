"""Variants of LFSRNet-tiny that differ from it in one thing, for `lfsrkit benchmark --plugin`.

    lfsrkit benchmark --plugin benchmarks/lfsrnet_variants.py --rows lfsrnet_tiny,no_curve,... -c fast_x4 -c common \
        --rates 1e-3 -s steps=300 --seeds 0,1,2 --split validation --pairs pairs/fast_x4 --out variants
"""

import torch
from torch import nn
from torch.nn import functional

from lfsrkit import MODELS
from lfsrkit.models.backbones import LocalGlobal
from lfsrkit.models.layers import ResidualUnit, damped
from lfsrkit.models.lfsrnet import LfsrNet, lfsrnet_tiny

CHANNELS = 64


class FixedCurve(nn.Module):
    """A power law that is the same for every picture."""

    def forward(self, logs):
        black = torch.log(torch.tensor(1 / 255))
        return torch.exp(0.4 * (1 - logs) * black)


class Without(nn.Module):
    """Three of the nine channels that go in are put out."""

    def __init__(self, first):
        super().__init__()
        self.register_buffer(
            "kept", torch.tensor([not first <= c < first + 3 for c in range(9)])[:, None, None].float()
        )

    def forward(self, x):
        return x * self.kept


class GlobalToo(nn.Module):
    """A local correction, and a global one from the mean of the features."""

    def __init__(self, local):
        super().__init__()
        self.local, self.everywhere = local, damped(nn.Conv2d(CHANNELS, 3, 1))

    def forward(self, x):
        return self.local(x) + self.everywhere(x.mean(dim=(2, 3), keepdim=True))


class Kernels(nn.Module):
    """Filter with 3 x 3 kernels that are predicted for every position and group of channels."""

    def __init__(self, channels, groups=8):
        super().__init__()
        self.groups = groups
        self.predict = nn.Conv2d(channels, 9 * groups, 1)

    def forward(self, x):
        kernels = self.predict(x).unflatten(1, (self.groups, 1, 9)).softmax(dim=3)
        patches = functional.unfold(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3)
        patches = patches.view(len(x), self.groups, -1, 9, *x.shape[-2:])
        return 2 * x - (kernels * patches).sum(dim=3).flatten(1, 2)


class Spectrum(nn.Module):
    """Mix channels at every frequency, and add the result."""

    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(2 * channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, 2 * channels, 1))
        damped(self.mix[2])

    def forward(self, x):
        spectrum = torch.fft.rfft2(x, norm="ortho")
        real, imaginary = self.mix(torch.cat([spectrum.real, spectrum.imag], dim=1)).chunk(2, dim=1)
        return x + torch.fft.irfft2(torch.complex(real, imaginary), s=x.shape[-2:], norm="ortho")


def changed(name):
    """Register a variant: a function that changes a tiny network in place."""

    def register(change):
        def make(scale: int = 8) -> LfsrNet:
            net = lfsrnet_tiny(scale)
            change(net, scale)
            return net

        MODELS.register(name)(make)
        return change

    return register


def shaped(name, **shape):
    """Register a variant of another shape."""

    def make(scale: int = 8) -> LfsrNet:
        usual = {"backbone": "local_global", "channels": CHANNELS, "luminance_depth": 3, "structure_depth": 6}
        return LfsrNet(scale=scale, **{**usual, "widths": (32, 32), **shape})

    MODELS.register(name)(make)


@changed("no_curve")
def no_curve(net, scale):
    net.curve = FixedCurve()


@changed("no_log")
def no_log(net, scale):
    net.shallow.insert(0, Without(3))


@changed("no_bright_input")
def no_bright_input(net, scale):
    net.shallow.insert(0, Without(6))


@changed("no_position")
def no_position(net, scale):
    net.shallow = net.shallow[:1]


@changed("no_filter")
def no_filter(net, scale):
    net.upsample.filter = nn.Identity()


@changed("kernel_filter")
def kernel_filter(net, scale):
    net.upsample.filter = Kernels(CHANNELS)


@changed("global_correction")
def global_correction(net, scale):
    net.correction = GlobalToo(net.correction)


@changed("full_attention")
def full_attention(net, scale):
    net.luminance, net.structure = (LocalGlobal(CHANNELS, depth, positions=16) for depth in (3, 6))


@changed("more_attention")
def more_attention(net, scale):
    net.luminance, net.structure = (LocalGlobal(CHANNELS, depth, units=1) for depth in (3, 6))


@changed("spectrum")
def spectrum(net, scale):
    net.structure = nn.Sequential(Spectrum(CHANNELS), net.structure, Spectrum(CHANNELS))


@changed("refine_large")
def refine_large(net, scale):
    net.upsample.doublings.append(ResidualUnit(32, damping=0.1))


shaped("wide", channels=80, luminance_depth=2, structure_depth=4)
shaped("deep", channels=48, luminance_depth=5, structure_depth=12)
shaped("early_luminance", luminance_depth=6, structure_depth=3)
