"""Imports run one way: a module may import its own row and the rows above it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [
    {"errors", "calls", "signatures", "registry", "toml", "config"},
    {"registries", "stages", "types", "seeding", "dice", "files", "devices", "trust", "shipped"},
    {"images", "colour"},
    {"faces", "regions", "degradations", "masks", "losses", "metrics", "detectors"},
    {"models", "pairs"},
    {"seen", "training", "evaluation", "inference", "preview", "realism", "timings", "export"},
    {"report", "figures", "experiments"},
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


def test_no_import_goes_down() -> None:
    wrong = []
    for module, path in modules().items():
        if is_type_checking(module):
            continue
        for target in imports_of(path):
            if part_of(target) in ROW and ROW[part_of(target)] > ROW[part_of(module)]:
                wrong.append(f"{module} imports {target}")
    assert not wrong, wrong


def test_the_check_sees_a_wrong_import(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("from lfsrkit.training import train\nfrom lfsrkit import pairs\n")
    assert {part_of(name) for name in imports_of(path)} == {"training", "pairs"}


def test_files_and_names_stay_small() -> None:
    long = {module: lines for module, path in modules().items() if (lines := len(path.read_text().splitlines())) > 300}
    assert not long, f"over 300 lines: {long}"
    assert not {"utils", "misc", "helpers", "common"} & {name for module in modules() for name in module.split(".")}
