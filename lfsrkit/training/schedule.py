"""The learning rate as a function of the step, so that there is no state to save."""

import math
from collections.abc import Sequence

from lfsrkit.stages import Schedule


def learning_rate(
    step: int,
    steps: int,
    *,
    peak: float,
    warmup_steps: int,
    schedule: Schedule = "cosine",
    milestones: Sequence[float] = (),
    gamma: float = 0.5,
) -> float:
    r"""Rise linearly, then follow a schedule.

    $\eta_t = \eta \frac{t + 1}{w}$ for $t < w$ with the warm-up $w$. Then, with $T$ all steps,
    $\frac{\eta}{2} (1 + \cos(\pi \frac{t - w}{T - w}))$ for ``cosine``, $\eta$ for ``constant``, and $\eta \gamma^k$
    with the number $k$ of milestones $m \le t / T$ for ``multistep``.

    Args:
        step: Steps done before this one, from 0.
        steps: All steps of the run.
        peak: Highest rate.
        warmup_steps: Steps of the rise, from 0.
        schedule: ``cosine``, ``multistep`` or ``constant``.
        milestones: Shares of the run, 0 to 1, at which ``multistep`` lowers the rate.
        gamma: Factor by which it does.

    References:
        Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017.
        https://arxiv.org/abs/1608.03983

    Example:
        >>> [round(learning_rate(step, 6, peak=1.0, warmup_steps=2), 3) for step in range(6)]
        [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    match schedule:
        case "constant":
            return peak
        case "multistep":
            return peak * gamma ** sum(step >= milestone * steps for milestone in milestones)
        case "cosine":
            done = (step - warmup_steps) / max(1, steps - warmup_steps)
            return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
