"""Small builds for the tests of the builder, and all that a build leaves on the disk."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lfsrkit import pairs
from lfsrkit.stages import load_stage

SMALL: dict[str, Any] = {"clean_size": 32, "degrade": "fsr_gamma(scale=4) | jpeg", "shard_size": 8}


def plan_of(faces: Path, **values: Any) -> pairs.Plan:
    return pairs.make_plan(load_stage("pairs", values={"faces": str(faces), **SMALL, **values}))


def run(plan: pairs.Plan, out: Path, **options: Any) -> pairs.Progress:
    return list(pairs.build(plan, out, **options))[-1]


def contents(out: Path) -> dict[str, Any]:
    """Every file of a build by name; sidecars without their seconds, leftovers of killed writers not at all."""
    return dict(_contents(out))


def _contents(out: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if name.startswith(".lfsrkit/shards/") and path.suffix == ".json":
            yield name, {key: value for key, value in json.loads(path.read_text()).items() if key != "seconds"}
        elif path.is_file() and path.suffix != ".tmp":
            yield name, path.read_bytes()
