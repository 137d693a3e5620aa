"""Pictures for tests."""

import numpy as np


def picture(seed: int, height: int = 32, width: int | None = None) -> np.ndarray:
    """A smooth random picture, bright enough to be darkened."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 250, (4, 4, 3))
    rows = np.linspace(0, 3, height)[:, None] - np.arange(4)
    columns = np.linspace(0, 3, width or height)[:, None] - np.arange(4)
    hat = [np.clip(1 - np.abs(offsets), 0, None) for offsets in (rows, columns)]
    smooth = np.einsum("ya,xb,abc->yxc", hat[0], hat[1], coarse)
    return np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).round().astype(np.uint8)
