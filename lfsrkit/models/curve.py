"""Global luminance correction: a curve per picture and channel, read off the picture's own histogram."""

import math

import torch
from torch import Tensor, nn

from lfsrkit.models.layers import damped
from lfsrkit.types import Images

_BLACK = 1 / 255
_START_GAMMA = 0.4
_QUANTILES = 16
_SWING = 2.0


def log_brightness(low: Images) -> Images:
    """Take the logarithm, 0 at black and 1 at white, so that the darkest steps are as far apart as the brightest.

    Args:
        low: Pictures in [0, 1]; what lies below is taken as black.
    """
    return 1 - torch.log(low.clamp_min(0) + _BLACK) / math.log(_BLACK)


class ToneCurve(nn.Module):
    r"""Brighten every channel with a curve predicted from the statistics of the picture.

    $y_c = g_c (x_c + 1/255)^{\gamma_c} + o_c$. A perceptron of three layers sees 16 quantiles, the mean and the
    deviation of each channel in the log domain, where a power law is a factor and a gain an offset, and gives the nine
    numbers; it starts near $\gamma = 0.4$, $g = 1$, $o = 0$. Gains and powers stay within a factor $e^2$ of their
    start, so no picture can make them overflow. Our reading of the global part of the paper's "luminance correction".

    Args:
        hidden: Width of the perceptron.
    """

    def __init__(self, hidden: int = 128) -> None:
        super().__init__()
        self.predict = nn.Sequential(
            nn.Linear(3 * (_QUANTILES + 2), hidden),
            nn.GELU(),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            damped(nn.Linear(hidden, 9)),
        )

    def forward(self, logs: Images) -> Images:
        """Apply to pictures that are already `log_brightness`."""
        numbers = self.predict(_statistics(logs)).to(logs.dtype).view(-1, 3, 3, 1, 1)
        gain, gamma = (_SWING * torch.tanh(numbers[:, :2] / _SWING)).unbind(dim=1)
        natural = (1 - logs) * math.log(_BLACK)
        return torch.exp(gain + _START_GAMMA * gamma.exp() * natural) + numbers[:, 2]


def _statistics(logs: Images) -> Tensor:
    flat = logs.flatten(2).sort(dim=2).values
    ranks = torch.linspace(0, flat.shape[2] - 1, _QUANTILES, device=flat.device).round().long()
    deviation = flat.std(dim=2, correction=0, keepdim=True)
    return torch.cat([flat[:, :, ranks], flat.mean(dim=2, keepdim=True), deviation], dim=2).flatten(1)
