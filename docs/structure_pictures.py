"""A picture of the parts of a model in the order in which they run, and of where its numbers to learn are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import log2

import torch
from torch import nn

from lfsrkit import MODELS
from lfsrkit.figures.canvas import QUIET, SvgCanvas
from lfsrkit.models import count_parameters

LOW = 16
"""Side in pixels of the picture that is followed."""

_WIDTH, _ROW, _TOP, _FOOT = 760, 30, 44, 12
_NAME, _KIND, _SIZE, _SQUARE, _BAR, _LONGEST = 16, 200, 470, 430, 580, 100
_SQUARES, _BARS = "#5b7db1", "#c98a1b"


@dataclass(frozen=True)
class Step:
    """A part that ran, or several neighbours that are alike."""

    name: str
    kind: str
    shape: tuple[int, ...]
    """Of what came out: channels, height and width where it is a map."""
    parameters: int


def structure_svg(name: str) -> str | None:
    """Draw a model, or nothing where there are no parts."""
    steps = list(_joined(_steps(name)))
    if not steps:
        return None
    canvas = SvgCanvas(_WIDTH, _TOP + _ROW * len(steps) + _FOOT)
    for words, left in (("part", _NAME), ("layers", _KIND), ("its result", _SIZE), ("numbers to learn", _BAR)):
        canvas.text(words, (left, 26), colour=QUIET)
    most = max(step.parameters for step in steps)
    for number, step in enumerate(steps):
        _draw(canvas, step, _TOP + _ROW * number, most)
    return canvas.finished()


def _draw(canvas: SvgCanvas, step: Step, top: int, most: int) -> None:
    base = top + 15
    canvas.text(step.name, (_NAME, base), size=13)
    canvas.text(step.kind, (_KIND, base), colour="#555555")
    if len(step.shape) == 3:
        side = 3 * log2(step.shape[-1])
        canvas.box((_SQUARE + 12 - side / 2, base - 4 - side / 2), (side, side), _SQUARES)
    canvas.text(" x ".join(map(str, step.shape)), (_SIZE, base))
    canvas.box((_BAR, base - 10), (max(1, _LONGEST * step.parameters / most), 12), _BARS)
    canvas.text(f"{step.parameters:,}", (_WIDTH - 16, base), anchor="end", size=11, colour="#555555")


def _steps(name: str) -> list[Step]:
    """Follow a picture through a model; nothing is computed on the meta device."""
    model = MODELS.create(name).eval().to("meta")
    found: list[Step] = []
    for path, part in _parts(model):
        part.register_forward_hook(
            lambda module, _given, made, path=path: found.append(
                Step(path, type(module).__name__, _shape(made), count_parameters(module))
            )
        )
    with torch.inference_mode():
        model(torch.empty(1, 3, LOW, LOW, device="meta"))
    return [step for step in found if step.parameters]


def _parts(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Give the outermost parts that are called themselves."""
    inner = list(module.named_children())
    while len(inner) == 1 and list(inner[0][1].children()):
        inner = list(inner[0][1].named_children())
    return [found for name, part in inner for found in _called(name, part)]


def _called(name: str, part: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """A list of layers is not called; those in it are."""
    if not isinstance(part, nn.ModuleList):
        yield name, part
        return
    for number, member in part.named_children():
        yield from _called(f"{name}.{number}", member)


def _joined(steps: list[Step]) -> Iterator[Step]:
    """Join neighbours of one list that are alike; a part that runs again does not count again."""
    for (stem, kind, shape), group in groupby(steps, key=lambda one: (one.name.partition(".")[0], one.kind, one.shape)):
        members = list(group)
        different = {member.name: member.parameters for member in members}
        name = members[0].name if len(different) == 1 else f"{stem}, {len(different)} alike"
        yield Step(name, kind, shape, sum(different.values()))


def _shape(made: object) -> tuple[int, ...]:
    return tuple(made.shape[1:]) if isinstance(made, torch.Tensor) else ()
