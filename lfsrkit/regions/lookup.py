"""Finding what belongs to a picture by one of its names."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar, final

T = TypeVar("T")


@final
class Lookup(Generic[T]):
    """Values by name; the last part of a path will do where only one value has it.

    Args:
        items: Names and values; a value may have several names.

    Example:
        >>> table = Lookup([("a/1.png", 1), ("a/2.png", 2), ("b/2.png", 3)])
        >>> table.find(["x/1.png"]), table.find(["b/2.png"]), table.find(["2.png"])
        (1, 3, None)
    """

    def __init__(self, items: Iterable[tuple[str, T]]) -> None:
        self._values = dict(items)
        full: dict[str, list[str]] = {}
        for name in self._values:
            full.setdefault(_last(name), []).append(name)
        self._full = {short: names[0] for short, names in full.items() if len(names) == 1}

    def __len__(self) -> int:
        return len(self._values)

    def find(self, names: Sequence[str]) -> T | None:
        """Give the value of the first name that is known, whole names first.

        Args:
            names: What the picture is called.
        """
        for name in names:
            if name in self._values:
                return self._values[name]
        for name in names:
            if _last(name) in self._full:
                return self._values[self._full[_last(name)]]
        return None


def _last(name: str) -> str:
    return name.rpartition("/")[2]
