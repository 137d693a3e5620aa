"""The learning rate as a function of the step, so that there is no state to save."""

import math


def learning_rate(step: int, steps: int, *, peak: float, warmup_steps: int) -> float:
    r"""Rise linearly, then fall to zero along half a cosine.

    $\eta_t = \eta \frac{t + 1}{w}$ for $t < w$, then $\frac{\eta}{2} (1 + \cos(\pi \frac{t - w}{T - w}))$, with $w$ the
    warm-up and $T$ all steps.

    Args:
        step: Steps done before this one, from 0.
        steps: All steps of the run.
        peak: Highest rate.
        warmup_steps: Steps of the rise, from 0.

    References:
        Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017.
        https://arxiv.org/abs/1608.03983

    Example:
        >>> [round(learning_rate(step, 6, peak=1.0, warmup_steps=2), 3) for step in range(6)]
        [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1, steps - warmup_steps)
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
