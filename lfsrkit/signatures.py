"""What a component takes: parameters read from its signature and docstring, and values checked against them."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_type_hints

from lfsrkit.errors import did_you_mean

REQUIRED = inspect.Parameter.empty
"""The default of a parameter that has none."""


@dataclass(frozen=True)
class Parameter:
    """One keyword argument of a component."""

    name: str
    type: str
    default: Any
    meaning: str

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED


def read_parameters(factory: Callable[..., Any]) -> list[Parameter]:
    """List the keyword arguments of a class or function.

    Args:
        factory: A component with annotated arguments and a docstring with an ``Args:`` section.

    Example:
        >>> def blur(sigma: float = 1.0) -> None:
        ...     '''Blur.
        ...
        ...     Args:
        ...         sigma: Width in pixels.
        ...     '''
        >>> read_parameters(blur)
        [Parameter(name='sigma', type='float', default=1.0, meaning='Width in pixels.')]
    """
    meanings = _meanings(inspect.getdoc(factory) or "")
    return [
        Parameter(name, inspect.formatannotation(item.annotation), item.default, meanings.get(name, ""))
        for name, item in inspect.signature(factory).parameters.items()
    ]


def summary_of(factory: Callable[..., Any]) -> str:
    """Give the first sentence of a docstring without its full stop.

    Args:
        factory: A component.
    """
    first = (inspect.getdoc(factory) or "").partition("\n")[0].strip()
    return first.removesuffix(".")


def check_parameters(factory: Callable[..., Any], params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Convert values to the types of a signature and collect every fault.

    Args:
        factory: A component.
        params: Values by name.

    Returns:
        The converted values, and one line per fault.

    Example:
        >>> def blur(sigma: float = 1.0) -> None: ...
        >>> check_parameters(blur, {"sigmaa": 2})
        ({}, ["no parameter 'sigmaa'; did you mean 'sigma'?"])
    """
    from pydantic import ValidationError

    arguments = inspect.signature(factory).parameters
    faults = [_unknown(name, arguments) for name in params if name not in arguments]
    faults += [f"parameter {n!r} is missing" for n, a in arguments.items() if a.default is REQUIRED and n not in params]
    values: dict[str, Any] = {}
    for name in (name for name in arguments if name in params):
        try:
            values[name] = _adapter(factory, name).validate_python(params[name])
        except ValidationError as error:
            faults += [_ill_typed(name, params[name], dict(fault)) for fault in error.errors()[:1]]
    return values, faults


# A chain makes its components several times; an adapter takes longer to make than most of them.
@lru_cache(maxsize=1024)
def _adapter(factory: Callable[..., Any], name: str) -> Any:
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter

    hint = get_type_hints(factory.__init__ if inspect.isclass(factory) else factory).get(name, Any)
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:
        return TypeAdapter(hint)


def _unknown(name: str, arguments: Mapping[str, Any]) -> str:
    return f"no parameter {name!r}" + (
        did_you_mean(name, arguments) or (f"; it takes {', '.join(arguments)}" if arguments else "; it takes none")
    )


def _ill_typed(name: str, value: Any, fault: dict[str, Any]) -> str:
    place = "".join(f"[{part}]" for part in fault["loc"] if isinstance(part, int))
    return f"parameter {name!r}{place} = {value!r}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _meanings(doc: str) -> dict[str, str]:
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    if section is None:
        return {}
    found: dict[str, str] = {}
    name = ""
    for line in section.group(1).splitlines():
        head = re.match(r"^ {4}(\w+): ?(.*)$", line)
        if head:
            name = head.group(1)
            found[name] = head.group(2).strip()
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
