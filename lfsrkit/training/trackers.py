"""Where records go besides ``metrics.jsonl``: TensorBoard, or any other tracker that Accelerate knows by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.training.record import TrainRecord

EXTRAS = {"tensorboard": "lfsrkit[tensorboard]"}
"""What to install for a tracker, where it is not the package of its name."""


def check_trackers(names: Sequence[str]) -> None:
    """Refuse trackers that are unknown or not installed.

    Args:
        names: As Accelerate has them.

    Raises:
        UsageError: With what is known, or what to install.
    """
    if not names:
        return
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    known = [str(name) for name in LOGGER_TYPE_TO_CLASS]
    here = {str(name) for name in get_available_trackers()} | (set(known) - _shipped())
    for name in names:
        if name not in known:
            raise UsageError(f"no tracker is called {name!r}{did_you_mean(name, known)}; known: {', '.join(known)}")
        if name not in here:
            raise UsageError(f"tracker {name!r} is not installed: pip install '{EXTRAS.get(name, name)}'")


@final
class Trackers:
    """The trackers of a run; with none of them nothing is imported.

    Args:
        names: Checked before.
        out: Folder of the run; trackers that write files write them here.
        config: Plain values of the stage, told once, at step 0.
        step: Steps done before.
    """

    def __init__(self, names: Sequence[str], out: Path, config: Mapping[str, Any], step: int) -> None:
        self._trackers = [_started(name, out, step) for name in names]
        if step == 0:
            for tracker in self._trackers:
                tracker.store_init_configuration(flattened(config))

    def tell(self, record: TrainRecord) -> None:
        """Pass a record on.

        Args:
            record: Its numbers, by name.
        """
        for tracker in self._trackers:
            tracker.log(_numbers(record), step=record.step)

    def close(self) -> None:
        """Let the trackers write what they hold."""
        for tracker in self._trackers:
            tracker.finish()


def flattened(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write nested tables as one, because trackers take numbers and texts only.

    Args:
        tables: Plain values.
        prefix: Name of the table that they belong to.

    Example:
        >>> flattened({"steps": 3, "optim": {"betas": [0.9, 0.99]}})
        {'steps': 3, 'optim.betas': '[0.9, 0.99]'}
    """
    flat: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value if isinstance(value, bool | int | float | str) else str(value)
    return flat


def _numbers(record: TrainRecord) -> dict[str, float]:
    own = {name: getattr(record, name) for name in ("loss", "lr", "images_per_second", "data_wait")}
    groups = {"terms": record.terms, "validation": record.validation or {}}
    return own | {f"{group}/{name}": value for group, values in groups.items() for name, value in values.items()}


def _started(name: str, out: Path, step: int) -> Any:
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    kind: Any = LOGGER_TYPE_TO_CLASS[name]
    # What TensorBoard was told after the checkpoint that the run goes on from did not happen.
    more = {"purge_step": step + 1} if name == "tensorboard" and step else {}
    tracker = kind(name, logging_dir=out, **more) if kind.requires_logging_directory else kind(out.name)
    tracker.start()
    return tracker


def _shipped() -> set[str]:
    from accelerate.utils import LoggerType

    return {str(name) for name in LoggerType}
