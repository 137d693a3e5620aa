"""Components written as text: ``name(key=value)`` and chains of them joined by ``|``, read with `ast`, never run."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lfsrkit.errors import UsageError

_PREFIXED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\b([A-Za-z_]\w*):([A-Za-z_][\w./:-]*)""")
_HIDDEN = re.compile(r"_prefixed_\d+")
"""What stands for them while Python's grammar reads the rest."""


@dataclass(frozen=True)
class Call:
    """The name of a component and its keyword arguments; a value may be a call in turn."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        if not self.params:
            return self.name
        return f"{self.name}({', '.join(f'{key}={_written(value)}' for key, value in self.params.items())})"


def parse_chain(text: str) -> tuple[Call, ...]:
    """Read ``call | call | ...``.

    Args:
        text: Calls with keyword arguments only; values are Python literals or calls.

    Raises:
        UsageError: If the text is anything else, with the place.

    Example:
        >>> [str(call) for call in parse_chain("blur(sigma=(1, 2)) | kornia:RandomHue(hue=0.1) | quantise")]
        ['blur(sigma=(1, 2))', 'kornia:RandomHue(hue=0.1)', 'quantise']
    """
    names: dict[str, str] = {}
    parsed = _PREFIXED.sub(lambda match: _hide_prefix(match, names), text)
    try:
        # Spaces at the front would be taken for an indented line.
        tree = ast.parse(parsed.strip(), mode="eval")
        return tuple(_call(node, names) for node in _stages(tree.body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = _reason(error, parsed, names)
        raise UsageError(f"cannot read {text!r}: {reason}; write name(key=value, ...) | name | ...") from None


def parse_call(text: str) -> Call:
    """Read one call.

    Args:
        text: ``name`` or ``name(key=value, ...)``.

    Raises:
        UsageError: If the text is not exactly one call.

    Example:
        >>> parse_call("union(a=patch(ratio=.25), b=box())").params["a"]
        Call(name='patch', params={'ratio': 0.25})
    """
    calls = parse_chain(text)
    if len(calls) != 1:
        raise UsageError(f"{text!r} holds {len(calls)} calls where one is wanted")
    return calls[0]


def _hide_prefix(match: re.Match[str], names: dict[str, str]) -> str:
    if match.group(1) is not None:
        return match.group(1)
    hidden = f"_prefixed_{len(names)}"
    names[hidden] = match.group(0)
    return hidden


def _stages(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_stages(node.left), node.right]
    return [node]


def _call(node: ast.expr, names: Mapping[str, str]) -> Call:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.right, ast.Call):
        last = _call(node.right, names)
        return Call(f"{_name(node.left, names)}+{last.name}", last.params)
    if not isinstance(node, ast.Call):
        return Call(_name(node, names))
    if node.args:
        raise ValueError(f"{ast.unparse(node.args[0])!r} has no name: positional arguments are not allowed")
    if any(keyword.arg is None for keyword in node.keywords):
        raise ValueError("** is not allowed")
    return Call(_name(node.func, names), {str(k.arg): _value(k.value, names) for k in node.keywords})


def _name(node: ast.expr, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return f"{_name(node.left, names)}+{_name(node.right, names)}"
    raise ValueError(f"{ast.unparse(node)!r} is not the name of a component")


def _value(node: ast.expr, names: Mapping[str, str]) -> Any:
    if isinstance(node, ast.Call) or (isinstance(node, ast.Name) and node.id in names):
        return _call(node, names)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):  # the latter for a list as a key
        text = ast.unparse(node)
        hint = f"; write {text}() for the component, {text!r} for text" if isinstance(node, ast.Name) else ""
        raise ValueError(f"{text!r} is neither a literal nor a call{hint}") from None


def _reason(error: Exception, parsed: str, names: Mapping[str, str]) -> str:
    """Say what is wrong in the words and at the place of the text that was given, not of the one that was parsed."""
    if isinstance(error, SyntaxError) and error.lineno and error.offset:
        lines = parsed.lstrip().splitlines(keepends=True)
        before = sum(map(len, lines[: error.lineno - 1])) + error.offset - 1
        place = len(parsed) - len(parsed.lstrip()) + before
        return f"{error.msg} at character {len(_given(parsed[:place], names)) + 1}"
    return _given(str(error), names) or type(error).__name__


def _given(parsed: str, names: Mapping[str, str]) -> str:
    return _HIDDEN.sub(lambda match: names.get(match.group(), match.group()), parsed)


def _written(value: Any) -> str:
    return str(value) if isinstance(value, Call) else repr(value)
