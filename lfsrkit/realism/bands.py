"""What real dark photographs measure, set by set, to hold synthetic ones against."""

from dataclasses import dataclass

Span = tuple[float, float]
"""Smallest and largest value over the pictures of a set."""


@dataclass(frozen=True)
class Band:
    """Values of a few pictures of one published set; a band for orientation, not a benchmark."""

    name: str
    count: int
    """Pictures that were measured."""
    luma: Span
    """Mean luma of a picture, 0 to 255."""
    red_to_green: Span
    """Ratio of the channel means."""
    blue_to_green: Span
    """Likewise."""
    noise: Span
    """Immerkær noise of luma in 8-bit levels; both ends are the mean where only that is known."""
    highlight: float
    """99th percentile of luma by its median, from the means over the set."""
    reference: str


# Measured on the sample pictures that public code repositories carry (SCI: data/medium and data/difficult; RetinexNet:
# data/eval/low); which picture belongs to which set was inferred from file names and sizes.
BANDS = (
    Band(
        name="LOL",
        count=6,
        luma=(10.5, 28.5),
        red_to_green=(0.71, 1.05),
        blue_to_green=(0.75, 1.20),
        noise=(1.14, 1.14),
        highlight=58 / 17.8,
        reference="Wei, Wang, Yang, Liu, Deep Retinex Decomposition, BMVC 2018. https://arxiv.org/abs/1808.04560",
    ),
    Band(
        name="DARK FACE",
        count=7,
        luma=(18.7, 40.5),
        red_to_green=(0.95, 1.46),
        blue_to_green=(0.71, 1.05),
        noise=(1.3, 2.7),
        highlight=171 / 19.0,
        reference="Yang et al., Advancing Image Understanding in Poor Visibility Environments, IEEE TIP 2020. "
        "https://doi.org/10.1109/TIP.2020.2981922",
    ),
    Band(
        name="ExDark",
        count=5,
        luma=(29.0, 39.0),
        red_to_green=(0.71, 3.58),
        blue_to_green=(0.29, 1.43),
        noise=(0.5, 6.0),
        highlight=133 / 27.8,
        reference="Loh, Chan, Getting to Know Low-Light Images with the Exclusively Dark Dataset, CVIU 2019. "
        "https://arxiv.org/abs/1805.11227",
    ),
    Band(
        name="LSRW",
        count=5,
        luma=(26.0, 57.0),
        red_to_green=(0.93, 1.04),
        blue_to_green=(0.89, 1.09),
        noise=(1.12, 1.12),
        highlight=148 / 31.2,
        reference="Hai et al., R2RNet: Low-light Image Enhancement via Real-low to Real-normal Network, JVCIR 2023. "
        "https://arxiv.org/abs/2106.14501",
    ),
)
"""LOL (6 pictures), DARK FACE (7), ExDark (5) and LSRW (5): 23 in all."""

DARK_ENOUGH: Span = (8.0, 60.0)
"""Mean luma between which 95 % of a synthetic dark set should lie (our reading of the bands)."""


def within(values: tuple[float, ...], span: Span) -> float:
    """Give the share of values inside a span, ends included.

    Args:
        values: At least one.
        span: Its ends.

    Example:
        >>> within((5.0, 10.0, 60.0, 61.0), DARK_ENOUGH)
        0.5
    """
    low, high = span
    return sum(low <= value <= high for value in values) / len(values)
