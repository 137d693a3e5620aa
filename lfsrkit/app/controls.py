"""From the signature of a component to the controls of the page, and from what was set there back to parameters.

The limits of a slider are read from the docstring: the meaning of a parameter states them as ``0 to 1``, as the house
rule wants. Nothing here knows a component by its name.
"""

import ast
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lfsrkit.calls import parse_call
from lfsrkit.errors import UsageError
from lfsrkit.signatures import Parameter

Kind = Literal["range", "number", "choice", "switch", "text"]

_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_LIMITS = re.compile(rf"(?<![\w.])({_NUMBER})(?: \([^)]*\))? to ({_NUMBER})(?![\d.]*\w)")
_FROM = re.compile(rf"\bfrom ({_NUMBER})\b")
_ABOVE = re.compile(rf"\babove ({_NUMBER})(?:, at most ({_NUMBER}))?(?=[,;]|\.?$|\. )")
_REACH = 4
"""A slider ends at this many times the default, or at the stated limit where that is nearer."""
_STEPS = 1000


@dataclass(frozen=True)
class Control:
    """How one parameter is set."""

    name: str
    meaning: str
    kind: Kind
    value: Any
    """What the registry gives when nothing is set: two numbers for a range, text for ``text``."""
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    whole: bool = False
    """Whether only whole numbers are allowed."""
    one: bool = False
    """Whether a range whose ends are equal is written as one number."""
    choices: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[Any, ...]:
        """What its widgets show at first: a range has two."""
        return tuple(self.value) if self.kind == "range" else (self.value,)

    def read(self, values: Sequence[Any]) -> Any:
        """Turn what the widgets hold into a value of the parameter.

        Args:
            values: As many as `values` has.

        Raises:
            UsageError: If a text cannot be read.
        """
        if self.kind == "range":
            first, last = sorted(self._number(value) for value in values)
            return first if self.one and first == last else (first, last)
        if self.kind == "number":
            return self._number(values[0])
        return _read_text(self.name, str(values[0])) if self.kind == "text" else values[0]

    def is_default(self, values: Sequence[Any]) -> bool:
        """Whether the widgets are as the registry has them.

        Args:
            values: As many as `values` has.
        """
        return tuple(values) == self.values

    def _number(self, value: Any) -> float | int:
        return round(value) if self.whole else float(value)


def controls_of(parameters: Sequence[Parameter], stand_in: str) -> list[Control]:
    """Make a control for every parameter.

    Args:
        parameters: Of one component.
        stand_in: Call that is shown where another component is required, such as ``patch()``.
    """
    return [_control(parameter, stand_in) for parameter in parameters]


def _control(parameter: Parameter, stand_in: str) -> Control:
    name, meaning, kind, default = parameter.name, parameter.meaning, parameter.type, parameter.default
    if kind == "bool":
        return Control(name, meaning, "switch", default)
    if kind.startswith("Literal["):
        return Control(name, meaning, "choice", default, choices=tuple(ast.literal_eval(kind.removeprefix("Literal"))))
    if "tuple[float, float]" in kind or "tuple[int, int]" in kind:
        if default is not None:
            ends = default if isinstance(default, tuple) else (default, default)
            return _slider(parameter, "range", ends, whole="int" in kind)
    elif kind in ("int", "float"):
        return _slider(parameter, "number", default, whole=kind == "int")
    return Control(name, meaning, "text", stand_in if parameter.required else _shown(default))


def _slider(parameter: Parameter, kind: Kind, default: Any, *, whole: bool) -> Control:
    given = tuple(float(value) for value in (default if isinstance(default, tuple) else (default,)))
    low, high = _limits(parameter.meaning, given, whole=whole)
    step = 1.0 if whole else 10.0 ** math.floor(math.log10((high - low) / _STEPS))
    if low == _open_end(parameter.meaning):
        low += step
    one = parameter.type.startswith(("float |", "int |"))
    return Control(parameter.name, parameter.meaning, kind, default, low, high, step, whole, one)


def _limits(meaning: str, given: tuple[float, ...], *, whole: bool) -> tuple[float, float]:
    """Find the limits that a meaning states, and leave out what is far from the default."""
    least, most = min(given), max(given)
    stated = [(float(low), float(high)) for low, high in _LIMITS.findall(meaning)]
    around = [(low, high) for low, high in stated if low <= least and most <= high and low < high]
    low, high = around[0] if around else (min(_start(meaning, float(whole)), least), _end(meaning))
    reach = _REACH * max(abs(least), abs(most))
    if not reach:
        return low, high if math.isfinite(high) else low + 1
    return max(low, -reach), min(high, reach)


def _start(meaning: str, otherwise: float) -> float:
    found = _FROM.search(meaning) or _ABOVE.search(meaning)
    return float(found.group(1)) if found else otherwise


def _end(meaning: str) -> float:
    found = _ABOVE.search(meaning)
    return float(found.group(2)) if found and found.group(2) else math.inf


def _open_end(meaning: str) -> float | None:
    """Give a lower limit that itself is not allowed."""
    found = _ABOVE.search(meaning)
    return float(found.group(1)) if found else None


def _shown(value: Any) -> str:
    return str(value) if not isinstance(value, str) else repr(value)


def _read_text(name: str, text: str) -> Any:
    """Read a literal or a call, as it stands behind ``name=`` in a chain."""
    if "\n" in text or not text.strip():
        raise UsageError(f"{name}: write a value on one line, such as 0.5, None or patch(ratio=.5)")
    return parse_call(f"call({name}={text})").params[name]
