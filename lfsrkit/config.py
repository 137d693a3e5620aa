"""Stage configurations: read from TOML recipes and ``key=value`` overrides, checked at once, explained and printed.

Order: defaults of the class, then recipes from left to right, then overrides; of two ways to say the same thing, such
as ``steps`` and ``minutes``, that of the later level counts. A recipe is a TOML file with one table per stage, so one
file describes an experiment; it is found by name among the shipped ones or by path.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import PydanticJsonSchemaWarning
from pydantic_core import ErrorDetails

from lfsrkit.calls import Call
from lfsrkit.errors import ConfigError, UsageError, did_you_mean
from lfsrkit.toml import parse_toml, toml_value

RECIPE_SUFFIX = ".toml"


class Config(BaseModel):
    """Base of all stage configurations: closed, frozen, documented by the sentence under each field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    ALTERNATIVES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Keys that say the same thing in different ways: one on the command line replaces the others of a recipe."""


C = TypeVar("C", bound=Config)


def recipe_names() -> list[str]:
    """List the shipped recipes; one in a folder has the name of the folder before it, such as ``native/edsr``."""
    return sorted(_names_in(_shipped()))


def read_recipe(name: str | Path) -> dict[str, Any]:
    """Read a recipe as a table per stage.

    Args:
        name: A shipped name or the path of a TOML file.

    Raises:
        UsageError: If there is no such recipe or it is not TOML.
    """
    path = Path(name)
    shipped = _shipped() / f"{name}{RECIPE_SUFFIX}"
    try:
        return parse_toml((path if path.suffix == RECIPE_SUFFIX else shipped).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        known = ", ".join(recipe_names())
        raise UsageError(
            f"no recipe {str(name)!r}{did_you_mean(str(name), recipe_names())}; shipped: {known}"
        ) from None
    except ValueError as error:
        raise UsageError(f"recipe {str(name)!r} is not TOML: {error}") from None


def load(
    config: type[C],
    *,
    stage: str,
    stages: Sequence[str],
    recipes: Sequence[str | Path] = (),
    overrides: Sequence[str] = (),
    values: Mapping[str, Any] | None = None,
) -> C:
    """Make the configuration of one stage.

    Args:
        config: Class of the stage.
        stage: Table of the recipe that belongs to it.
        stages: All tables that a recipe may hold.
        recipes: Names or paths, from left to right.
        overrides: ``key=value`` with dots for nested keys; the value is TOML, else plain text.
        values: What the command line gave by flags; strongest.

    Raises:
        ConfigError: With every fault of all of them.
    """
    faults: list[str] = []
    merged: dict[str, Any] = {}
    for recipe in recipes:
        tables = read_recipe(recipe)
        faults += [f"{recipe}: no such table {key!r}{did_you_mean(key, stages)}" for key in tables if key not in stages]
        table = tables.get(stage, {})
        if isinstance(table, Mapping):
            merged = _over(config, merged, table)
        else:
            faults.append(f"{recipe}: {stage!r} is no table")
    asked, more = _asked(config, overrides)
    merged = _over(config, _over(config, merged, asked), values or {})
    faults += more
    try:
        made = config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError([*faults, *(_line(config, stage, detail) for detail in error.errors())]) from None
    if faults:
        raise ConfigError(faults)
    return made


def parse_override(text: str) -> dict[str, Any]:
    """Read ``a.b=value`` into nested tables.

    Args:
        text: Key with dots, an equals sign, a TOML value or plain text.

    Raises:
        UsageError: If there is no equals sign or no key, or a list or a table is not written as TOML.

    Example:
        >>> parse_override("optim.lr=1e-4"), parse_override("mask=patch(ratio=.5)")
        ({'optim': {'lr': 0.0001}}, {'mask': 'patch(ratio=.5)'})
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"-s {text}: write key=value, such as -s optim.lr=1e-4")
    nested: Any = _toml_or_text(key.strip(), value.strip())
    for part in reversed(key.strip().split(".")):
        nested = {part: nested}
    return nested


def to_tables(config: Config) -> dict[str, Any]:
    """Turn a configuration into plain values that TOML and JSON can hold; what is None is left out.

    Args:
        config: Any stage.
    """
    return _plain(config)


def template(config: type[Config], stage: str) -> str:
    """Write a commented TOML table with every key of a stage at its default.

    Args:
        config: Class of the stage.
        stage: Name of the table.
    """
    own: list[str] = [f"[{stage}]"]
    nested: list[str] = []
    for key, field in config.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Config):
            nested.append(template(inner, f"{stage}.{key}"))
            continue
        own += [f"# {line}" for line in (field.description or "").splitlines()]
        default = field.get_default(call_default_factory=True)
        shown = _plain({key: default}).get(key)
        own.append(f"# {key} =" if shown is None else f"{key} = {toml_value(shown)}")
    return "\n".join([*own, "", *nested])


def schema(config: type[Config]) -> dict[str, Any]:
    """Give the JSON Schema of a stage, for editors.

    Args:
        config: Class of the stage.
    """
    with warnings.catch_warnings():
        # Components have no JSON form of their own; their text is put in below.
        warnings.simplefilter("ignore", PydanticJsonSchemaWarning)
        warnings.filterwarnings("ignore", message="Pydantic serializer warnings", category=UserWarning)
        described = config.model_json_schema()
    for key, default in to_tables(config()).items():
        described["properties"][key]["default"] = default
    return described


def difference(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """List the keys whose values differ between two resolved configurations.

    Args:
        old: Plain values, as from `to_tables`.
        new: Plain values.
        prefix: Name of the table that they belong to.

    Example:
        >>> difference({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})
        ['b.c: 2 -> 3']
    """
    lines: list[str] = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += difference(before, after, f"{prefix}{key}.")
        elif before != after:
            lines.append(f"{prefix}{key}: {before!r} -> {after!r}")
    return lines


def _shipped() -> Any:
    return files("lfsrkit") / "recipes"


def _names_in(folder: Any, before: str = "") -> Iterator[str]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _names_in(path, f"{before}{path.name}/")
        elif path.name.endswith(RECIPE_SUFFIX):
            yield before + path.name.removesuffix(RECIPE_SUFFIX)


def _toml_or_text(key: str, value: str) -> Any:
    try:
        return parse_toml(f"value = {value}")["value"]
    except ValueError as error:
        if value.startswith(("[", "{")):
            reason = str(error).partition(" (at ")[0]
            raise UsageError(
                f"-s {key}: {value} is no list or table of TOML: {reason}; texts have quotes, numbers a digit before "
                "the point"
            ) from None
        return value


def _asked(config: type[Config], overrides: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Read all overrides, and what is wrong with them."""
    asked: dict[str, Any] = {}
    faults: list[str] = []
    for text in overrides:
        try:
            asked = _merge(asked, parse_override(text))
        except UsageError as error:
            faults.append(str(error))
    for keys in config.ALTERNATIVES:
        if len(given := [key for key in keys if key in asked]) > 1:
            faults.append(f"-s {' and -s '.join(given)} say the same thing in two ways; give one of them")
    return asked, faults


def _over(config: type[Config], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a level over those before; where it names one of some alternatives, it takes the place of the others."""
    given = {key for key, value in new.items() if value is not None}
    replaced = {key for keys in config.ALTERNATIVES if not given.isdisjoint(keys) for key in keys}
    return _merge({key: value for key, value in old.items() if key not in replaced}, new)


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        # A table with a name is a component: another component replaces it with all its parameters.
        if isinstance(before, Mapping) and isinstance(value, Mapping) and "name" not in value:
            merged[key] = _merge(cast(Mapping[str, Any], before), cast(Mapping[str, Any], value))
        else:
            merged[key] = value
    return merged


def _plain(value: Any) -> Any:
    if isinstance(value, Config):
        return _plain({key: getattr(value, key) for key in type(value).model_fields})
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, Call | Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _line(config: type[Config], stage: str, detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden" and place == stage and isinstance(detail["input"], dict):
        return f"{place}: no such key; leave out the name of the stage here: {', '.join(detail['input'])}"
    if detail["type"] == "extra_forbidden":
        return f"{place}: no such key{_near_key(config, detail['loc'])}"
    if detail["type"] == "too_short":
        default = to_tables(config()).get(place)
        return f"{place}: at least one is needed" + ("" if default is None else f", such as {toml_value(default)}")
    message = detail["msg"].removeprefix("Value error, ")
    given = "" if isinstance(detail["input"], dict) else f" (given: {detail['input']!r})"
    return f"{place}: {message}{given}" if place else message


def _near_key(config: type[Config], place: tuple[int | str, ...]) -> str:
    owner: Any = config
    for part in place[:-1]:
        field = owner.model_fields.get(str(part)) if isinstance(owner, type) and issubclass(owner, Config) else None
        owner = field.annotation if field is not None else None
    if not (isinstance(owner, type) and issubclass(owner, Config)):
        return ""
    return did_you_mean(str(place[-1]), owner.model_fields) or f"; known: {', '.join(owner.model_fields)}"
