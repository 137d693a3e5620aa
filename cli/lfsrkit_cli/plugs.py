"""``list`` and ``show``: what can be plugged in, and what one plug takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfsrkit_cli.nets import NETS, described, net_facts, print_net
from lfsrkit_cli.options import WEIGHTS, AnyKind, Json, Kind, Name
from lfsrkit_cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from lfsrkit.calls import Call
    from lfsrkit.registry import Entry, Registry
    from lfsrkit.signatures import Parameter


ROOM_FOR_MEANINGS = 80
"""Width of a terminal in characters below which parameters are lists rather than a table."""


def list_plugs(*, kind: AnyKind = None, json: Json = False) -> None:
    """List everything that can be plugged in, or all of one kind.

    Example: lfsrkit list degradations
    """
    rows = _listed(kind)
    if json:
        heads = ("name", "summary", "origin")
        print_json({key: [dict(zip(heads, row, strict=True)) for row in found] for key, found in rows.items()})
        return
    for number, (key, found) in enumerate(rows.items()):
        if number:
            say("")
        print_table((key, "what it does" if key != WEIGHTS else "model and size", "from"), found)


def show_plug(
    *,
    kind: Kind,
    name: Name,
    timing: Annotated[
        bool, typer.Option("--timing/--no-timing", help="Measure the milliseconds of a model, for a second or more.")
    ] = True,
    json: Json = False,
) -> None:
    """Show what one plug does, takes and, of models, costs.

    A model or backbone may have parameters: lfsrkit show models "lfsrnet(scale=4)"

    Of weights that ship, the card: lfsrkit show weights lfsrnet_tiny_x8

    Example: lfsrkit show degradation shot_read_noise
    """
    from lfsrkit.signatures import summary_of

    if kind == WEIGHTS:
        _show_weights(name, json)
        return
    registry = registry_of(kind)
    call = _call(registry, name)
    entry = registry[call.name]
    net = described(registry.kind, entry, call, timing=timing)
    documentation = _documentation(entry)
    if json:
        facts = {"kind": entry.kind, "name": entry.name, "summary": entry.summary, "origin": entry.origin}
        parameters = [_facts(parameter) for parameter in entry.parameters()]
        more = net_facts(net) if net is not None else {}
        print_json(
            {**facts, "tags": sorted(entry.tags), "parameters": parameters, **more, "documentation": documentation}
        )
        return
    say(
        f"{entry.kind} {entry.name}, from {entry.origin}",
        *([f"tags: {', '.join(sorted(entry.tags))}"] if entry.tags else []),
    )
    say("", documentation or summary_of(entry.factory), "")
    if entry.parameters():
        heads, cells = ("parameter", "type", "default", "meaning"), [_cells(item) for item in entry.parameters()]
        print_table(heads, cells, least=ROOM_FOR_MEANINGS)
    if net is not None:
        print_net(net)


def registry_of(kind: str) -> "Registry[Any]":
    """Find a registry by its word, in the singular or the plural.

    Args:
        kind: Such as ``mask`` or ``masks``.

    Raises:
        UsageError: If there is none.
    """
    from lfsrkit.errors import UsageError, did_you_mean
    from lfsrkit.registries import REGISTRIES

    for key, registry in REGISTRIES.items():
        if kind.lower() in (key, registry.kind):
            return registry
    kinds = [*REGISTRIES, WEIGHTS]
    raise UsageError(f"no kind of plug is called {kind!r}{did_you_mean(kind, kinds)}; kinds: {', '.join(kinds)}")


def _call(registry: "Registry[Any]", name: str) -> "Call":
    from lfsrkit.calls import Call, parse_call
    from lfsrkit.errors import UsageError

    if "(" not in name:
        return Call(name)
    if registry.kind not in NETS:
        raise UsageError(f"{name}: only a model or a backbone is shown with parameters; give the name alone")
    return parse_call(name)


def _listed(kind: str | None) -> dict[str, list[tuple[str, str, str]]]:
    from lfsrkit.registries import REGISTRIES

    if kind == WEIGHTS:
        return {WEIGHTS: _weights()}
    if kind is not None:
        wanted = registry_of(kind)
        return {key: _rows(registry) for key, registry in REGISTRIES.items() if registry is wanted}
    return {key: _rows(registry) for key, registry in REGISTRIES.items()} | {WEIGHTS: _weights()}


def _rows(registry: "Registry[Any]") -> list[tuple[str, str, str]]:
    own = [(entry.name, _summary(entry), entry.origin) for entry in registry]
    return own + [(_pattern(prefix), row.summary, "lfsrkit") for prefix, row in registry.adapters.items()]


def _weights() -> list[tuple[str, str, str]]:
    from lfsrkit.shipped import shipped

    return [(item.name, f"{item.model}, {item.size / 1e6:.1f} MB", "lfsrkit") for item in shipped()]


def _show_weights(name: str, json: bool) -> None:
    from lfsrkit.errors import UsageError, did_you_mean
    from lfsrkit.shipped import card_of, names_that_ship, shipped

    known = {item.name: item for item in shipped()}
    if name not in known:
        raise UsageError(f"no weights are called {name!r}{did_you_mean(name, known)}; {names_that_ship()}")
    item, card = known[name], card_of(name)
    if json:
        print_json({**vars(item), "card": card})
        return
    say(f"weights {name}, of {item.model}, {item.size / 1e6:.1f} MB", "", *card.splitlines())


def _pattern(key: str) -> str:
    from lfsrkit.registry import JOINED

    return f"A{JOINED}B" if key == JOINED else f"{key}:NAME"


def _summary(entry: "Entry[Any]") -> str:
    """Give the summary of what is imported anyway; a plug-in of another package stays unimported."""
    loaded = entry.listed_summary is not None or Path(entry.origin).suffix == ".py"
    return entry.summary if loaded else f"lfsrkit show {entry.kind} {entry.name} tells"


def _documentation(entry: "Entry[Any]") -> str:
    """Give the docstring without the section that the table of parameters holds."""
    import inspect
    import re

    text = inspect.getdoc(entry.factory) or ""
    return re.sub(r"^Args:\n(?:[ \t]+.*\n?|\n)+", "", text, flags=re.MULTILINE).strip()


def _facts(parameter: "Parameter") -> dict[str, Any]:
    default = {} if parameter.required else {"default": parameter.default}
    return {
        "name": parameter.name,
        "type": parameter.type,
        "required": parameter.required,
        **default,
        "meaning": parameter.meaning,
    }


def _cells(parameter: "Parameter") -> tuple[str, str, str, str]:
    default = "required" if parameter.required else repr(parameter.default)
    return parameter.name, parameter.type, default, parameter.meaning
