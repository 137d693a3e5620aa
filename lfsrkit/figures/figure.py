"""A figure before it is drawn, and the two kinds of files that it can become."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.errors import UsageError
from lfsrkit.figures.canvas import Canvas, PixelCanvas, SvgCanvas
from lfsrkit.files import write_whole
from lfsrkit.images import Pixels, write_png


@dataclass(frozen=True, eq=False)
class Figure:
    """What is drawn, on a sheet of which size.

    Example:
        >>> figure = Figure(40, 20, lambda canvas: canvas.text("dark", (2, 14)))
        >>> figure.pixels().shape, ">dark</text>" in figure.svg()
        ((60, 120, 3), True)
    """

    width: int
    """In units of `Canvas`."""
    height: int
    """In units of `Canvas`."""
    draw: Callable[[Canvas], None]
    """Puts everything onto a white sheet."""

    def svg(self) -> str:
        """Draw it as an SVG document with the pictures inside."""
        canvas = SvgCanvas(self.width, self.height)
        self.draw(canvas)
        return canvas.finished()

    def pixels(self) -> Pixels:
        """Draw it as pixels."""
        canvas = PixelCanvas(self.width, self.height)
        self.draw(canvas)
        return canvas.finished()

    def write(self, path: Path) -> None:
        """Draw it into a file.

        Args:
            path: A ``.png`` or a ``.svg`` file.

        Raises:
            UsageError: If it is called otherwise.
        """
        check_name(path)
        if path.suffix.lower() == ".svg":
            write_whole(path, self.svg().encode())
        else:
            write_png(path, self.pixels())


def check_name(path: str | Path) -> None:
    """Refuse a file that a figure cannot be written into; to be asked before a figure is made, which may take long.

    Args:
        path: The file.

    Raises:
        UsageError: If it is no ``.png`` and no ``.svg`` file.
    """
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"{path}: name a .png or a .svg file")
