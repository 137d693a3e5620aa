"""``doctor``: what is installed, what works, and what to do about the rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import typer

from lfsrkit_cli.command import FAILED
from lfsrkit_cli.options import Json
from lfsrkit_cli.output import print_json, say

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from lfsrkit.registry import Registry

NOT_FOR_USERS = frozenset({"all", "dev", "docs"})
State = Literal["ok", "absent", "fault"]
_COLOURS: dict[State, str] = {"ok": "32", "absent": "33", "fault": "1;31"}


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
    looks = {"landmarks": _landmarks, "fonts": _fonts, "device": _device, "lpips": _lpips}
    for topic, look in looks.items():
        try:
            yield from look()
        except Exception as error:  # a package that is absent or broken is what this command is for
            yield Finding(topic, "fault", f"{type(error).__name__}: {error}")


def _print(finding: Finding) -> None:
    state = finding.state
    say(f"{state:8}{finding.topic:11}{finding.detail}", indent=19, lead=(state, _COLOURS[state]))


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
        versions = {name: _version(name) for name in _required(extra)}
        missing = [name for name, version in versions.items() if version is None]
        if missing:
            yield Finding("extra", "absent", f"{extra}: pip install 'lfsrkit[{extra}]' (for {', '.join(missing)})")
        else:
            yield Finding("extra", "ok", f"{extra}: {', '.join(f'{name} {found}' for name, found in versions.items())}")


def _plugins() -> Iterator[Finding]:
    from importlib.metadata import entry_points

    from lfsrkit.registries import REGISTRIES

    for registry in REGISTRIES.values():
        for point in entry_points(group=registry.group):
            owner = point.dist.name if point.dist is not None else "an unnamed distribution"
            fault = _fault(registry, point, owner)
            what = f"{registry.kind} {point.name} from {owner}"
            yield Finding("plug-in", "fault" if fault else "ok", f"{what}: {fault}" if fault else what)


def _fault(registry: "Registry[Any]", point: "EntryPoint", owner: str) -> str | None:
    """Say why a plug-in of another package cannot be used, or None; imports its module."""
    if not point.name.isidentifier():
        return "no text can name it; use letters, digits and underscores"
    if registry[point.name].origin != owner:
        return f"the name is taken by {registry[point.name].origin}; not used"
    try:
        factory = point.load()
    except (Exception, SystemExit) as error:  # a plug-in fails in whatever way it likes
        return f"{type(error).__name__}: {error}"
    return None if callable(factory) else f"{point.value} is no class or function"


def _landmarks() -> Iterator[Finding]:
    from lfsrkit.errors import MissingWeights
    from lfsrkit.regions.mesh import FaceMesh, find_model

    try:
        FaceMesh()
    except MissingWeights as error:
        yield Finding("landmarks", "absent", str(error))
    else:
        yield Finding("landmarks", "ok", f"face mesh: {find_model()}")


def _fonts() -> Iterator[Finding]:
    from PIL import features

    if features.check("freetype2"):
        yield Finding("fonts", "ok", "titles of contact sheets can be drawn (FreeType)")
    else:
        yield Finding(
            "fonts", "absent", "Pillow is built without FreeType; titles of contact sheets are drawn coarsely"
        )


def _device() -> Iterator[Finding]:
    import torch

    from lfsrkit.devices import choose_device

    device = choose_device("auto")
    if device.type == "cpu":
        yield Finding("device", "ok", f"cpu, threads: {torch.get_num_threads()}; no accelerator")
        return
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    yield Finding("device", "ok", f"{device} {name}".strip())


def _lpips() -> Iterator[Finding]:
    from lfsrkit.metrics import lpips_status

    for net in ("alex", "vgg"):
        status = lpips_status(net)
        yield Finding("lpips", "ok" if status.startswith("available") else "absent", f"{net}: {status}")


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
