"""Functions of your own, by the place where Python finds them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from lfsrkit.errors import UsageError, did_you_mean

PREFIX = "learned:"
"""What stands before such a place in a text."""

_SEARCHED = "modules are found where Python looks: install it, or set PYTHONPATH to the folder that holds it"


def function_at(place: str) -> Callable[..., Any]:
    """Import the function that a text names.

    Args:
        place: ``module:function``.

    Raises:
        UsageError: If it is not written so, or there is no such module or function.
    """
    module, colon, attribute = place.partition(":")
    if not (module and colon and attribute):
        raise UsageError(f"{PREFIX}{place}: write {PREFIX}module:function")
    try:
        home = import_module(module)
    except ModuleNotFoundError as error:
        # The current folder is not searched: it may hold anything, and its files would shadow modules.
        hint = f"; {_SEARCHED}" if error.name == module.partition(".")[0] else ""
        raise UsageError(f"{PREFIX}{place}: {error}{hint}") from error
    found: Any = getattr(home, attribute, None)
    if not callable(found):
        raise UsageError(f"{PREFIX}{place}: {module} has no function {attribute!r}{did_you_mean(attribute, dir(home))}")
    return found
