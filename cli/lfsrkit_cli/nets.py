"""What ``show`` tells of a network: rules, costs and a tree of layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfsrkit_cli.output import console, plain, print_facts, print_table, say

if TYPE_CHECKING:
    from rich.tree import Tree

    from lfsrkit.calls import Call
    from lfsrkit.models.base import ModelInfo
    from lfsrkit.models.describe import Cost, Description, Layer
    from lfsrkit.registry import Entry

NETS = ("model", "backbone")
"""Kinds of plugs that have layers."""

PURPOSES = {
    "enhance": "brightens, keeps the size",
    "super_resolve": "enlarges",
    "joint": "brightens and enlarges",
}


@dataclass(frozen=True)
class Net:
    """A network that is to be shown; a backbone has layers only."""

    layers: "Layer"
    model: "Description | None" = None


def described(kind: str, entry: "Entry[Any]", call: "Call", *, timing: bool) -> Net | None:
    """Describe what a call makes, or nothing where it is no network or needs more parameters.

    Args:
        kind: Kind of the plug.
        entry: The plug.
        call: Its name and parameters.
        timing: Whether to measure a model.
    """
    if kind not in NETS or any(item.required and item.name not in call.params for item in entry.parameters()):
        return None
    from lfsrkit.models.describe import describe_model, layer_tree
    from lfsrkit.registries import BACKBONES

    if kind == "backbone":
        return Net(layer_tree(BACKBONES.build(call)))
    model = describe_model(call, timing=timing)
    return Net(model.layers, model)


def net_facts(net: Net) -> dict[str, Any]:
    """Give what is known of a network as JSON has it.

    Args:
        net: The network.
    """
    from lfsrkit.models.describe import VALUES

    facts = {"numbers_to_learn": net.layers.parameters, "layers": plain(net.layers)}
    if net.model is None:
        return facts
    rules = {**plain(net.model.info), "scale": net.model.scale, "values": VALUES}
    return {**facts, **rules, "costs": plain(net.model.costs)}


def print_net(net: Net) -> None:
    """Print what is known of a network.

    Args:
        net: The network.
    """
    if net.model is not None:
        say("")
        print_facts(_rules(net.model.info))
        say("")
        timed = all(cost.milliseconds is not None for cost in net.model.costs)
        heads = ("low -> restored", "scale", "numbers to learn", "MACs", *(["ms a picture here"] if timed else []))
        print_table(heads, [_cells(cost) for cost in net.model.costs], numbers=True)
    say("", f"{net.layers.parameters:,} numbers to learn{_at_scale(net.model)}:")
    console().print(_tree(net.layers))


def _rules(info: "ModelInfo") -> dict[str, str]:
    from lfsrkit.models.describe import VALUES

    padded = f"padded inside to at least {info.min_size} and a multiple of {info.multiple} pixels a side"
    return {
        "purpose": PURPOSES[info.purpose],
        "scales": ", ".join(map(str, info.scales)),
        "sizes": "any" if info.min_size == info.multiple == 1 else f"any; {padded}",
        "values": VALUES,
        "licence": info.licence,
        "paper": info.paper or "not recorded",
    }


def _cells(cost: "Cost") -> tuple[str, ...]:
    timed = () if cost.milliseconds is None else (f"{cost.milliseconds:.1f}",)
    scale = f"x{cost.restored // cost.low}"
    return (f"{cost.low} -> {cost.restored}", scale, f"{cost.parameters:,}", macs(cost.macs), *timed)


def macs(count: int) -> str:
    """Write a number of operations.

    Args:
        count: Multiplications with addition.

    Example:
        >>> macs(1_132_904_448), macs(11_000_000)
        ('1.133 G', '0.011 G')
    """
    return f"{count / 1e9:.3f} G"


def _at_scale(model: "Description | None") -> str:
    return "" if model is None else f" at scale {model.scale}"


def _tree(layer: "Layer", tree: "Tree | None" = None) -> "Tree":
    from rich.text import Text
    from rich.tree import Tree

    kind = layer.kind if layer.count == 1 else f"{layer.count} x {layer.kind}"
    numbers = f"  {layer.parameters:,}" if layer.parameters else ""
    label = Text.assemble((f"{layer.name}  " if layer.name else "", "cyan"), kind, (numbers, "dim"))
    branch = Tree(label) if tree is None else tree.add(label)
    for inner in layer.inner:
        _tree(inner, branch)
    return branch
