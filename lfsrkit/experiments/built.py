"""Whether pairs were built as recipes say, so that a table headed by a protocol holds numbers of it."""

from collections.abc import Sequence
from pathlib import Path

from lfsrkit import pairs
from lfsrkit.config import difference, read_recipe
from lfsrkit.degradations.chain import chain_from_calls
from lfsrkit.errors import UsageError
from lfsrkit.stages import PairsConfig, load_stage

DEFINING = ("clean_size", "degrade", "framing")
"""Settings of pairs that make a protocol."""


def check_build(build: Path, recipes: Sequence[str | Path]) -> dict[str, str]:
    """Refuse pairs that were built otherwise than recipes say; recipes that say nothing of pairs fit any.

    Args:
        build: Folder of the build.
        recipes: Shipped names or paths.

    Returns:
        What is to be printed under the table: other faces are allowed, but another seed and other numbers are told.

    Raises:
        UsageError: If a recipe or the build does not exist, or a setting differs that makes the protocol.
    """
    wanted: PairsConfig = load_stage("pairs", recipes=recipes)
    named = ", ".join(Path(recipe).stem for recipe in recipes if read_recipe(recipe).get("pairs", {}).keys() & DEFINING)
    if not named:
        return {}
    built = _opened(build, named)
    asked = {**{key: getattr(wanted, key) for key in DEFINING}, "degrade": str(chain_from_calls(wanted.degrade))}
    if changed := difference(asked, {key: built.settings[key] for key in DEFINING}):
        raise UsageError(
            f"{build} was not built by {named}: {'; '.join(changed)}; name another build, or a recipe without [pairs]"
        )
    counts = {key: size for key, size in wanted.splits.items() if isinstance(size, int)}
    have = {key: built.splits.get(key, 0) for key in counts} | {"seed": built.settings["seed"]}
    others = difference({**counts, "seed": wanted.seed}, have)
    return {"other than the protocol": "; ".join(others)} if others else {}


def _opened(build: Path, protocol: str) -> pairs.Manifest:
    try:
        return pairs.read_manifest(build)
    except UsageError as error:
        raise UsageError(
            f"{error}; make them with `lfsrkit pairs build -c {protocol} --faces SRC --out {build}`"
        ) from error
