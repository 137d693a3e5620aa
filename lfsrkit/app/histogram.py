"""The brightness of pictures as an SVG that takes its colours from the page around it."""

from collections.abc import Mapping, Sequence
from html import escape

from lfsrkit.images import Pixels, to_bytes, to_float
from lfsrkit.realism.luminance import luminance_histogram

_WIDTH, _HEIGHT, _FLOOR = 640, 150, 122
_TICKS = (0, 16, 64, 128, 255)


def histogram(pictures: Mapping[str, Pixels]) -> str:
    """Draw one filled curve a picture: shares of its pixels over the square root of luma.

    Args:
        pictures: By name, which is also the class ``curve-NAME`` of its curve.

    Example:
        >>> import numpy as np
        >>> histogram({"low": np.zeros((2, 2, 3), np.uint8)}).count("<path")
        1
    """
    curves = {name: luminance_histogram(to_float(to_bytes([pixels])))[0].tolist() for name, pixels in pictures.items()}
    peak = max(max(shares) for shares in curves.values())
    parts = [f'<path class="curve-{escape(name)}" d="{_area(shares, peak)}"/>' for name, shares in curves.items()]
    parts.append(f'<line x1="0" x2="{_WIDTH}" y1="{_FLOOR}" y2="{_FLOOR}"/>')
    for level in _TICKS:
        anchor = {0: "start", 255: "end"}.get(level, "middle")
        place = (level / 255) ** 0.5 * _WIDTH
        parts.append(f'<text x="{place:.0f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{level}</text>')
    names = "".join(f'<span class="curve-{escape(name)}">{escape(name)}</span>' for name in pictures)
    head = f'<p class="legend">Pixels by brightness {names}</p>'
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Pixels by brightness"'
    return f'{head}<svg class="histogram" {size}>{"".join(parts)}</svg>'


def _area(shares: Sequence[float], peak: float) -> str:
    # The square root keeps a curve visible beside another one that is a single spike.
    heights = [(share / peak) ** 0.5 * (_FLOOR - 6) for share in shares]
    points = [f"{(i + 0.5) / len(shares) * _WIDTH:.1f} {_FLOOR - height:.1f}" for i, height in enumerate(heights)]
    return f"M0 {_FLOOR}L{'L'.join(points)}L{_WIDTH} {_FLOOR}Z"
