"""One registry for every kind of plug: lazy, typed, open to other packages, and helpful when a name is wrong.

A registry knows its own components from a static table of names, so listing imports nothing. Other packages add theirs
through entry points, a single file through `load_plugin`, a test through `Registry.temporary`.
"""

import importlib.util
import re
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from lfsrkit.calls import Call
from lfsrkit.errors import BadParameters, LfsrkitError, UnknownComponent, UsageError, did_you_mean
from lfsrkit.signatures import Parameter, check_parameters, read_parameters, summary_of

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

HIGHER_IS_BETTER = "higher_is_better"
NO_REFERENCE = "no_reference"
"""Of metrics that judge a picture by itself."""

JOINED = "+"
"""Sign between the names of two components that make a third."""


@dataclass(frozen=True)
class Row:
    """A line of the static table: where a component is, what it does, what it is tagged with."""

    path: str
    summary: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A registered component: what is known of it without importing it, and the way to it."""

    kind: str
    name: str
    origin: str
    load: Callable[[], Callable[..., T]] = field(repr=False)
    tags: frozenset[str] = frozenset()
    listed_summary: str | None = None

    @cached_property
    def factory(self) -> Callable[..., T]:
        """The class or function that makes the component; imports its module.

        Raises:
            LfsrkitError: If the module of a plug-in cannot be imported; the cause is attached.
        """
        try:
            return self.load()
        except UsageError:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise LfsrkitError(f"{self.kind} {self.name!r} from {self.origin} cannot be imported: {reason}") from error

    @property
    def summary(self) -> str:
        """One line on what it does, from the table or else from the docstring."""
        return self.listed_summary if self.listed_summary is not None else summary_of(self.factory)

    @property
    def all_tags(self) -> frozenset[str]:
        """The listed tags and those that the factory states as ``TAGS``, as plug-ins of other packages do; imports."""
        return self.tags | frozenset(getattr(self.factory, "TAGS", ()))

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger value of this metric is a better one."""
        return HIGHER_IS_BETTER in self.all_tags

    def parameters(self) -> list[Parameter]:
        """Name, type, default and meaning of every parameter, read from signature and docstring."""
        return read_parameters(self.factory)

    def check(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Convert parameters to the types of the signature.

        Args:
            params: Keyword arguments as read from text or TOML; lists become tuples where a tuple is asked for.

        Raises:
            BadParameters: With every unknown, missing and ill-typed parameter at once.
        """
        values, faults = check_parameters(self.factory, params)
        if faults:
            raise BadParameters(f"{self.kind} {self.name!r}", faults)
        return values

    def create(self, params: Mapping[str, Any]) -> T:
        """Check the parameters, then make the component; a class that lacks a method of its kind is refused.

        Args:
            params: Keyword arguments.
        """
        if missing := sorted(getattr(self.factory, "__abstractmethods__", ())):
            raise UsageError(f"{self.kind} {self.name!r}: {self.factory.__name__} has to define {', '.join(missing)}")
        return self.factory(**self.check(params))


class Registry(Generic[T]):
    """A named set of components of one kind.

    Args:
        kind: What an entry is called in messages, in the singular.
        rows: The kit's own components.
        group: Entry-point group through which other packages add theirs.
        adapters: Row per prefix; ``prefix:NAME`` calls the row's function with NAME and gets a factory back. The row
            of `JOINED` is for names such as ``A+B`` and gets the whole name.
    """

    def __init__(
        self, kind: str, *, rows: Mapping[str, Row], group: str, adapters: Mapping[str, Row] | None = None
    ) -> None:
        self.kind = kind
        self.group = group
        self.adapters = dict(adapters or {})
        self._entries = {name: self._own(name, row) for name, row in rows.items()}

    def register(self, name: str, *, tags: tuple[str, ...] = ()) -> Callable[[F], F]:
        """Decorate a class or function so that it can be made by name.

        Args:
            name: An identifier; unique within the registry.
            tags: What it is, for filters and laws.

        Raises:
            UsageError: If the name is not an identifier or belongs to something else.
        """

        def decorate(factory: F) -> F:
            self._add(Entry(self.kind, name, _file_of(factory), lambda: factory, frozenset(tags)))
            return factory

        return decorate

    @contextmanager
    def temporary(self, name: str, factory: Callable[..., T], *, tags: tuple[str, ...] = ()) -> Generator[None]:
        """Register for the length of a ``with`` block.

        Args:
            name: As in `register`.
            factory: Class or function.
            tags: As in `register`.
        """
        self.register(name, tags=tags)(factory)
        try:
            yield
        finally:
            del self._entries[name]

    def names(self, pattern: str = "*", *, tag: str | None = None) -> list[str]:
        """List names in order, plug-ins included; nothing is imported.

        Args:
            pattern: Shell wildcard.
            tag: Keep only the entries with this tag.
        """
        found = {**self._discovered, **self._entries}
        return sorted(n for n, e in found.items() if fnmatchcase(n, pattern) and (tag is None or tag in e.tags))

    def __getitem__(self, name: str) -> Entry[T]:
        found = self._entries.get(name) or self._discovered.get(name)
        if found is not None:
            return found
        key, rest = _adapted(name)
        if key in self.adapters:
            row = self.adapters[key]
            return Entry(self.kind, name, row.path, lambda: _resolve(row.path)(rest), frozenset(row.tags))
        near = did_you_mean(name, [*self.names(), *(f"{known}:" for known in self.adapters if known != JOINED)])
        raise UnknownComponent(f"no {self.kind} is called {name!r}{near or self._all_names()}")

    def __iter__(self) -> Iterator[Entry[T]]:
        return (self[name] for name in self.names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._entries or name in self._discovered)

    def create(self, name: str, /, **params: Any) -> T:
        """Make a component by name.

        Args:
            name: A registered name or ``prefix:NAME``.
            params: Keyword arguments of the component; a `Call` among them is made first, from this registry.
        """
        return self[name].create({key: self._made(value) for key, value in params.items()})

    def build(self, call: Call) -> T:
        """Make the component that a call describes.

        Args:
            call: Name and parameters.
        """
        return self.create(call.name, **call.params)

    def faults(self, call: Call) -> list[str]:
        """Find everything that is wrong with a call, without making it; only sound calls among its parameters are made.

        Args:
            call: Name and parameters.
        """
        try:
            entry = self[call.name]
        except UnknownComponent as error:
            return [str(error)]
        nested = [fault for value in call.params.values() if isinstance(value, Call) for fault in self.faults(value)]
        if nested:
            return nested
        try:
            entry.check({key: self._made(value) for key, value in call.params.items()})
        except BadParameters as error:
            return [f"{self.kind} {call.name!r}: {fault}" for fault in error.faults]
        return []

    @cached_property
    def _discovered(self) -> dict[str, Entry[T]]:
        found: dict[str, Entry[T]] = {}
        for point in entry_points(group=self.group):
            owner = point.dist.name if point.dist is not None else "an unnamed distribution"
            if point.name in found or point.name in self._entries:
                continue
            found[point.name] = Entry(self.kind, point.name, owner, point.load)
        return found

    def _own(self, name: str, row: Row) -> Entry[T]:
        return Entry(self.kind, name, "lfsrkit", lambda: _resolve(row.path), frozenset(row.tags), row.summary)

    def _add(self, entry: Entry[T]) -> None:
        if not entry.name.isidentifier():
            raise UsageError(f"{entry.name!r} cannot name a {self.kind}: use letters, digits and underscores")
        owner = self._entries.get(entry.name) or self._discovered.get(entry.name)
        if owner is not None:
            raise UsageError(f"{self.kind} {entry.name!r} already exists, from {owner.origin}; choose another name")
        self._entries[entry.name] = entry

    def _made(self, value: Any) -> Any:
        return self.build(value) if isinstance(value, Call) else value

    def _all_names(self) -> str:
        return "; known: " + ", ".join(self.names()) + "; one of your own needs its plug-in loaded (--plugin FILE.py)"


def load_plugin(path: Path) -> None:
    """Run a Python file that registers components of its own.

    Args:
        path: A ``.py`` file; it runs with the rights of the user, so name only files you trust.

    Raises:
        UsageError: If the file is missing or fails.
    """
    if path.suffix != ".py" or not path.is_file():
        raise UsageError(f"--plugin {path}: no such Python file")
    name = "lfsrkit_plugin_" + re.sub(r"\W", "_", path.resolve().as_posix())
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--plugin {path}: cannot be read as Python")
    if name in sys.modules:
        return
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"--plugin {path}: {type(error).__name__}: {error}") from error


def _adapted(name: str) -> tuple[str, str]:
    """Split a name into the key of its adapter and what that gets."""
    if JOINED in name:
        return JOINED, name
    prefix, colon, rest = name.partition(":")
    return (prefix, rest) if colon else ("", name)


def _resolve(path: str) -> Callable[..., Any]:
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _file_of(factory: Callable[..., Any]) -> str:
    module = sys.modules.get(getattr(factory, "__module__", ""), None)
    return str(getattr(module, "__file__", None) or getattr(factory, "__module__", "this session"))
