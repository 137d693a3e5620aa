"""Imports run one way: a module may import its own part and the rows above it, not its neighbours in its row."""

import ast
from pathlib import Path

from lfsrkit.registries import models as models_table

ROOT = Path(__file__).parents[1]
ROWS = [
    {"errors", "toml"},
    {"calls", "signatures", "learned"},
    {"registry", "config"},
    {
        "registries",
        "types",
        "sizes",
        "seeding",
        "files",
        "tensors",
        "contracts",
        "devices",
        "ranks",
        "versions",
        "trust",
        "shipped",
    },
    {"stages", "dice", "images", "locks", "trunks"},
    {"colour", "sheets"},
    {"faces"},
    {"regions"},
    {"degradations", "masks", "losses", "metrics", "detectors"},
    {"models", "pairs"},
    {"seen"},
    {"training", "evaluation", "inference", "preview", "realism", "timings", "export"},
    {"report", "figures"},
    {"experiments"},
    {"demo", "app"},
    {"lfsrkit_cli"},
]
ROW = {name: number for number, names in enumerate(ROWS) for name in names}


def modules() -> dict[str, Path]:
    found = {}
    for root in (ROOT, ROOT / "cli"):
        for path in [*root.glob("lfsrkit*/**/*.py")]:
            found[".".join(path.relative_to(root).with_suffix("").parts)] = path
    return found


def part_of(module: str) -> str:
    names = module.split(".")
    return names[1] if names[0] == "lfsrkit" and len(names) > 1 else names[0]


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "lfsrkit":
            found |= {f"lfsrkit.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] in ("lfsrkit", "lfsrkit_cli")}


def is_type_checking(module: str) -> bool:
    # The face of the package and the table name what is below them, as text or for the type checker only.
    return module in ("lfsrkit.__init__", "lfsrkit.registries.__init__")


def test_every_module_has_a_row() -> None:
    parts = {part_of(module) for module in modules()} - {"lfsrkit", "__init__"}
    assert parts <= ROW.keys(), f"give these a row: {sorted(parts - ROW.keys())}"


def goes_up(own: str, other: str) -> bool:
    """Whether a part may import another one, or itself."""
    return own == other or other not in ROW or ROW[other] < ROW[own]


def test_every_import_goes_up() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, path in modules().items()
        if not is_type_checking(module)
        for target in imports_of(path)
        if not goes_up(part_of(module), part_of(target))
    ]
    assert not wrong, wrong


def test_neighbours_do_not_import_each_other() -> None:
    assert goes_up("losses", "losses")
    assert goes_up("losses", "trunks")
    assert not goes_up("losses", "metrics")
    assert not goes_up("metrics", "losses")
    assert not goes_up("evaluation", "training")


def test_what_models_share_is_in_no_file_of_a_model() -> None:
    made = {row.path.partition(":")[0] for row in models_table.MODELS.values()}
    wrong = {module: shared for module in made if (shared := imports_of(modules()[module]) & made - {module})}
    assert not wrong, wrong


def test_the_check_sees_a_wrong_import(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("from lfsrkit.training import train\nfrom lfsrkit import pairs\n")
    assert {part_of(name) for name in imports_of(path)} == {"training", "pairs"}


def test_files_and_names_stay_small() -> None:
    long = {module: lines for module, path in modules().items() if (lines := len(path.read_text().splitlines())) > 300}
    assert not long, f"over 300 lines: {long}"
    assert not {"utils", "misc", "helpers", "common"} & {name for module in modules() for name in module.split(".")}
