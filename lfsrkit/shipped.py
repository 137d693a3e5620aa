"""Weights that ship inside the package, by name; torch-free, so the command line can list them."""

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

FOLDER = Path(str(files("lfsrkit") / "weights"))
"""Where they lie: ``NAME.safetensors``, each beside what is to be known of it."""

SUFFIX = ".safetensors"
CARD = "README.md"
"""Beside them: what each is for, what it was trained on, and what it measures."""


@dataclass(frozen=True)
class Shipped:
    """A file of weights that ships."""

    name: str
    model: str
    """Name and parameters of the model, such as ``lfsrnet_tiny(scale=8)``."""
    size: int
    """Of the file, in bytes."""


def shipped_names() -> list[str]:
    """Name the weights that ship, sorted."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def shipped_file(name: str) -> Path | None:
    """Find weights that ship.

    Args:
        name: Such as ``lfsrnet_tiny_x8``.

    Returns:
        The file, or None where no weights have this name.
    """
    return FOLDER / f"{name}{SUFFIX}" if name in shipped_names() else None


def shipped() -> list[Shipped]:
    """Describe the weights that ship."""
    return [_described(name) for name in shipped_names()]


def card_of(name: str) -> str:
    """Read what the card says of weights that ship, and of all of them.

    Args:
        name: Such as ``lfsrnet_tiny_x8``.
    """
    card = (FOLDER / CARD).read_text(encoding="utf-8")
    sections = re.split(r"^## ", card, flags=re.MULTILINE)[1:]
    own = [text.partition("\n")[2].strip() for text in sections if text.partition("\n")[0].strip() in (name, "Both")]
    return "\n\n".join(own)


def names_that_ship() -> str:
    """Write the end of an error sentence that names them."""
    return f"weights that ship: {', '.join(shipped_names()) or 'none in this version'}"


def _described(name: str) -> Shipped:
    path = FOLDER / f"{name}{SUFFIX}"
    record: dict[str, Any] = json.loads(_metadata(path).get("lfsrkit", "{}"))
    params = ", ".join(f"{key}={value!r}" for key, value in record.get("params", {}).items())
    return Shipped(name, f"{record.get('name', 'unknown')}({params})", path.stat().st_size)


def _metadata(path: Path) -> dict[str, str]:
    """Read the head of a safetensors file: its length in 8 bytes, then JSON; the package would import NumPy."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        return json.loads(stream.read(length)).get("__metadata__", {})
