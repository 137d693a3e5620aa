"""An average of the weights over the steps; it restores better than the weights of any one step."""

import copy
from typing import final

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from lfsrkit.models.base import Restorer


@final
class Average:
    r"""Exponential moving average of all parameters and buffers of a model, in the precision in which they are kept.

    $\bar\theta_t = d_t \bar\theta_{t-1} + (1 - d_t) \theta_t$ with the warmed-up decay
    $d_t = \min(d, \frac{1 + t}{10 + t})$, so that the first weights are forgotten quickly. Whole numbers are copied.

    Args:
        model: Model to follow; it is copied.
        decay: Largest decay $d$, from 0 (a plain copy) to below 1.

    References:
        Polyak, Juditsky, Acceleration of Stochastic Approximation by Averaging, SIAM J. Control Optim. 1992.
        https://doi.org/10.1137/0330046
    """

    def __init__(self, model: Restorer, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, model: Restorer, step: int) -> None:
        """Take in the weights after a step.

        Args:
            model: The model that is followed.
            step: Steps done, from 1.
        """
        pairs = [*zip(_tensors(self.model), _tensors(model), strict=True)]
        for mine, theirs in pairs:
            if not mine.is_floating_point():
                mine.copy_(theirs)
        floats = [pair for pair in pairs if pair[0].is_floating_point()]
        blend = get_ema_multi_avg_fn(min(self._decay, (1 + step) / (10 + step)))
        # The third argument, how often was averaged before, is not used by torch.
        blend([mine for mine, _ in floats], [theirs for _, theirs in floats], 0)


def _tensors(model: Restorer) -> list[Tensor]:
    return [*model.parameters(), *model.buffers()]
