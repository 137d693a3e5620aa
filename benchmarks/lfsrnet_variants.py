"""The search for LFSRNet's design: `start`, variants that differ from it in one thing, and what gained, together.

    lfsrkit benchmark --plugin benchmarks/lfsrnet_variants.py --rows start,no_curve,... -c fast_x4 --rates 1e-3 \
        -s steps=250 --seeds 0,1,2 --split validation --pairs pairs/fast_x4 --out variants

`docs/results.md` tells what each gave. `lfsrnet_tiny` is `wide_early_kernel`.
"""

import torch
from torch import nn
from torch.nn import functional

from lfsrkit import MODELS
from lfsrkit.models.backbones import LocalGlobal
from lfsrkit.models.layers import ResidualUnit, damped
from lfsrkit.models.lfsrnet import LfsrNet

CHANNELS = 64
START = {"channels": CHANNELS, "luminance_depth": 3, "structure_depth": 6, "widths": (32, 32)}


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


class Amount(nn.Module):
    """Sharpen or smooth by an amount that is predicted for every position and channel."""

    def __init__(self, channels):
        super().__init__()
        self.amount = damped(nn.Conv2d(channels, channels, 1))

    def forward(self, x):
        mean = functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        return torch.addcmul(x, self.amount(x), x - mean)


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


def shaped(name, *changes, **shape):
    """Register a variant of another shape, changed in place after that."""

    def make(scale: int = 8) -> LfsrNet:
        net = LfsrNet(scale=scale, backbone="local_global", **{**START, **shape})
        if kernel_filter not in changes:
            net.upsample.filter = Amount(net.shallow[0].out_channels)
        for change in changes:
            change(net, scale)
        return net

    MODELS.register(name)(make)


def changed(name):
    """Register a variant: a function that changes a network of the first shape in place."""

    def register(change):
        shaped(name, change)
        return change

    return register


def kernel_filter(net, scale):
    """Leave the filter of the library, which predicts kernels, where it is."""


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


shaped("start")
shaped("kernel_filter", kernel_filter)
shaped("wide", channels=80, luminance_depth=2, structure_depth=4)
shaped("deep", channels=48, luminance_depth=5, structure_depth=12)
shaped("early_luminance", luminance_depth=6, structure_depth=3)

# Second round: what gained in the first, together; then the same in the size of `lfsrnet`.
WIDE = {"channels": 80, "luminance_depth": 4, "structure_depth": 2}
BROAD = {"channels": 160, "luminance_depth": 6, "structure_depth": 3, "widths": (64, 48)}
shaped("wide_early", **WIDE)
shaped("wide_early_kernel", kernel_filter, **WIDE)
shaped("wide_early_kernel_fixed", kernel_filter, no_curve, **WIDE)
shaped("narrow", channels=112, luminance_depth=5, structure_depth=12, widths=(64, 48))
shaped("broad_early_kernel", kernel_filter, **BROAD)
