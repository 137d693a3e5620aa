"""Print the lowest version that pyproject.toml allows of every package, as constraints for pip: `make lowest`."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def constraints(texts: list[str]) -> list[str]:
    """Give a line for each package that has a lower bound.

    Args:
        texts: Requirements, such as ``rich>=13.9``.
    """
    bounds = {
        need.name: one.version for need in map(Requirement, texts) for one in need.specifier if one.operator == ">="
    }
    return [f"{name}=={version}" for name, version in sorted(bounds.items())]


def requirements() -> list[str]:
    """Read everything that the core and the extras ask for."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]


if __name__ == "__main__":
    print("\n".join(constraints(requirements())))
