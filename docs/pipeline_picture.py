"""The picture of the whole pipeline; its boxes bring their own ground, so it is readable on light and on dark pages."""

import base64
from dataclasses import dataclass
from html import escape

from lfsrkit.calls import parse_call
from lfsrkit.figures.masks import Shown, mask_panels, show_face
from lfsrkit.images import Pixels, encode_png, resize, to_pixels

FACE = "synthetic:1"
LOW = 16
"""Side in pixels of the small dark face."""

_WIDE, _HIGH, _GAP, _PICTURE = 132, 138, 28, 72
_ROWS = (8, 8 + _HIGH + 44)
_STAGE, _PLUG = ("#e3ebf7", "#5b7db1"), ("#fcefd2", "#c98a1b")
_INK, _SOFT, _ARROW = "#1c2733", "#4c5a68", "#808a97"


@dataclass(frozen=True)
class Box:
    """A stage, which is a command, or a plug, which is a registry."""

    column: int
    row: int
    title: str
    lines: tuple[str, ...]
    colours: tuple[str, str] = _STAGE
    picture: Pixels | None = None

    @property
    def left(self) -> int:
        """Left edge."""
        return 8 + self.column * (_WIDE + _GAP)

    @property
    def top(self) -> int:
        """Upper edge."""
        return _ROWS[self.row]


def pipeline_svg() -> str:
    """Draw it."""
    width, height = 16 + 6 * _WIDE + 5 * _GAP, _ROWS[1] + _HIGH + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" role="img">\n<title>From faces to pairs to readable faces</title>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{_ARROW}"/></marker></defs>'
    )
    return "\n".join([head, *_arrows(), *map(_drawn, _boxes(show_face(FACE))), "</svg>\n"])


def _boxes(shown: Shown) -> list[Box]:
    face, masked = mask_panels(shown, [parse_call("face_biased")])
    low = resize(to_pixels(shown.hints["low"])[0], LOW, LOW)
    chain = ("light, lens, sensor,", "coding: a chain that", "draws its numbers,", "records them,", "then applies them")
    judged = ("one convention;", "benchmark: rows", "over seeds,", "differences with", "intervals")
    return [
        Box(0, 0, "faces", ("folder, hub,", "or drawn"), picture=face.picture),
        Box(1, 0, "degradations", chain, _PLUG),
        Box(2, 0, "pairs", ("Parquet, with all", "numbers drawn"), picture=low),
        Box(3, 0, "train", ("one loop, resumed", "bit by bit;", "one process", "or many")),
        Box(4, 0, "evaluate", judged),
        Box(5, 0, "enhance", ("pictures in,", "readable faces out;", "nothing is", "overwritten")),
        Box(1, 1, "masks", ("which pixels a", "loss looks at"), _PLUG, masked.picture),
        Box(2, 1, "losses", ("composed by", "weights in the", "recipe"), _PLUG),
        Box(3, 1, "models", ("LFSRNet, baselines,", "cascades A+B,", "exchangeable", "backbones"), _PLUG),
        Box(4, 1, "metrics", ("PSNR, SSIM, LPIPS,", "also by facial", "region"), _PLUG),
    ]


def _arrows() -> list[str]:
    """Along the stages, from masks to losses, and up from the plugs to what uses them."""
    across = [(column, 0) for column in range(5)] + [(1, 1)]
    right = [(8 + column * (_WIDE + _GAP) + _WIDE, _ROWS[row] + _HIGH // 2) for column, row in across]
    up = [8 + column * (_WIDE + _GAP) + _WIDE // 2 for column in (3, 4)]
    paths = [f"M{x + 2} {y}H{x + _GAP - 2}" for x, y in right]
    paths += [f"M{x} {_ROWS[1] - 2}V{_ROWS[0] + _HIGH + 2}" for x in up]
    elbow = _ROWS[1] - 22
    losses, train = up[0] - _WIDE - _GAP, up[0] - 30
    paths.append(f"M{losses} {_ROWS[1] - 2}V{elbow}H{train}V{_ROWS[0] + _HIGH + 2}")
    return [
        f'<path d="{path}" fill="none" stroke="{_ARROW}" stroke-width="1.6" marker-end="url(#tip)"/>' for path in paths
    ]


def _drawn(box: Box) -> str:
    fill, edge = box.colours
    middle = box.left + _WIDE // 2
    where = f'x="{box.left}" y="{box.top}" width="{_WIDE}" height="{_HIGH}"'
    parts = [f'<rect {where} rx="9" fill="{fill}" stroke="{edge}" stroke-width="1.4"/>']
    parts.append(_text(box.title, (middle, box.top + 22), 15, _INK))
    base = box.top + 44
    if box.picture is not None:
        data = base64.b64encode(encode_png(box.picture)).decode()
        place = f'x="{middle - _PICTURE // 2}" y="{box.top + 31}" width="{_PICTURE}" height="{_PICTURE}"'
        parts.append(f'<image {place} style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>')
        base = box.top + 31 + _PICTURE + 13
    parts += [_text(line, (middle, base + 15 * number), 11.5, _SOFT) for number, line in enumerate(box.lines)]
    return "\n".join(parts)


def _text(words: str, place: tuple[int, int], size: float, colour: str) -> str:
    where = f'x="{place[0]}" y="{place[1]}" text-anchor="middle"'
    return f'<text {where} font-size="{size:g}" fill="{colour}">{escape(words)}</text>'
