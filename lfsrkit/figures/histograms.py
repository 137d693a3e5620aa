"""Luminance histograms of sets of pictures, one over the other."""

from collections.abc import Mapping

from lfsrkit.figures.canvas import INK, QUIET, Canvas, PixelCanvas, SvgCanvas
from lfsrkit.images import Pixels
from lfsrkit.realism import Profile

_COLOURS = ("#c96a1b", "#1e50c8", "#1e8c32", "#8c1e78")
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 320, 20, 54, 44
_TICKS = (0, 4, 16, 36, 64, 100, 144, 196, 255)


def histogram_picture(sets: Mapping[str, Profile]) -> Pixels:
    """Draw the histograms as pixels.

    Args:
        sets: Profiles by name, at most four.
    """
    canvas = PixelCanvas(_WIDTH, _HEIGHT)
    _draw(canvas, sets)
    return canvas.finished()


def histogram_svg(sets: Mapping[str, Profile]) -> str:
    """Draw the histograms as an SVG document.

    Args:
        sets: Profiles by name, at most four.
    """
    canvas = SvgCanvas(_WIDTH, _HEIGHT)
    _draw(canvas, sets)
    return canvas.finished()


def _draw(canvas: Canvas, sets: Mapping[str, Profile]) -> None:
    across, bottom = _WIDTH - 2 * _LEFT, _HEIGHT - _BOTTOM
    peak = max(max(profile.luminance) for profile in sets.values())
    canvas.text("Share of pixels by luma", (_LEFT, 22), size=14)
    for number, ((name, profile), colour) in enumerate(zip(sets.items(), _COLOURS, strict=False)):
        left = _LEFT + number * across / len(sets)
        canvas.box((left, 34), (12, 8), colour)
        canvas.text(f"{name} ({profile.count} pictures)", (left + 18, 42), size=13)
        bins = len(profile.luminance)
        points = [
            (_LEFT + (bin_ + 0.5) / bins * across, bottom - share / peak * (bottom - _TOP))
            for bin_, share in enumerate(profile.luminance)
        ]
        canvas.line(points, colour, 1.8)
    canvas.line([(_LEFT, bottom), (_LEFT + across, bottom)], INK)
    for level in _TICKS:
        x = _LEFT + (level / 255) ** 0.5 * across
        canvas.line([(x, bottom), (x, bottom + 4)], INK)
        canvas.text(str(level), (x, bottom + 16), size=12, anchor="middle")
    canvas.text("8-bit luma, on a square-root axis", (_LEFT, _HEIGHT - 8), size=12, colour=QUIET)
