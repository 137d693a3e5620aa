"""The folder of a run: who may write into it, and with which configuration and data it was begun."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfsrkit.config import difference, to_tables
from lfsrkit.errors import DamagedFile, OutputRefused
from lfsrkit.files import write_whole
from lfsrkit.models.weights import CONFIG_FILE
from lfsrkit.pairs.batch import PairData
from lfsrkit.stages import TrainConfig
from lfsrkit.toml import parse_toml, to_toml
from lfsrkit.training.budget import read_plan

_SHOWN = 8


def claim_run(out: Path, config: TrainConfig, data: Mapping[str, str], *, resume: bool, force: bool) -> None:
    """Begin a run in its folder, or accept the one that is to be resumed.

    Args:
        out: Folder of the run, held.
        config: The stage.
        data: From `data_identity`.
        resume: Whether to go on with the run in it, if there is one.
        force: Whether to go on although configuration or data have changed.

    Raises:
        OutputRefused: If the folder holds a run that is not to be resumed, or another run.
    """
    tables = {"train": to_tables(config)}
    recorded, plan = read_settings(out), read_plan(out)
    if recorded is not None and not resume:
        raise OutputRefused(f"{out} holds a run; --resume goes on with it; or name another folder")
    changed = difference(recorded, tables["train"]) if recorded is not None else []
    changed += difference(plan.data, data, "data.") if plan is not None else []
    if changed and not force:
        shown = "; ".join(changed[:_SHOWN]) + ("; ..." if len(changed) > _SHOWN else "")
        raise OutputRefused(
            f"{out} holds another run; it differs in {shown}; leave these out to go on with its own settings "
            f"({out / CONFIG_FILE} has them), or go on all the same with --force"
        )
    write_whole(out / CONFIG_FILE, to_toml(tables).lstrip().encode())


def refuse_stranger(out: Path) -> None:
    """Refuse a folder whose configuration is not that of a run, before anything is written into it.

    Args:
        out: Folder of the run.

    Raises:
        OutputRefused: If it holds something else.
        DamagedFile: If its configuration cannot be read.
    """
    read_settings(out)


def data_identity(train: PairData, validation: PairData | None) -> dict[str, str]:
    """Name the pictures of a run.

    Args:
        train: The training split.
        validation: The validation split, if there is one.
    """
    return {"train": train.sha256, **({} if validation is None else {"validation": validation.sha256})}


def read_settings(out: Path) -> dict[str, Any] | None:
    """Read with which settings a run was begun, as they were written; None if there is no run.

    Args:
        out: Folder of the run.

    Raises:
        OutputRefused: If it holds something else.
        DamagedFile: If its configuration cannot be read.
    """
    path = out / CONFIG_FILE
    if not path.is_file():
        return None
    try:
        tables = parse_toml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFile(f"{path} is damaged: {error}") from error
    if not isinstance(tables.get("train"), Mapping):
        raise OutputRefused(
            f"{out} holds something else (a {CONFIG_FILE} without [train]); name an empty or a new folder"
        )
    return dict(tables["train"])
