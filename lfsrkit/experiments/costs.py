"""What the model of a row costs: numbers to learn, multiplications and time of a picture, and on which device."""

from dataclasses import asdict, dataclass
from pathlib import Path

from lfsrkit.devices import choose_device, describe_device
from lfsrkit.files import read_record, write_json
from lfsrkit.models.base import Restorer
from lfsrkit.models.describe import milliseconds_per_picture
from lfsrkit.models.macs import count_macs, count_parameters
from lfsrkit.pairs.batch import PairData
from lfsrkit.versions import versions

COSTS_FILE = "costs.json"


@dataclass(frozen=True)
class Costs:
    """What a model costs, as ``costs.json`` records it."""

    parameters: int
    macs: int
    """Multiplications with addition, of one picture."""
    milliseconds: float
    """Of one picture at batch 1."""
    device: str
    """What was timed, and what the row was trained on."""
    versions: dict[str, str]


def measure_costs(folder: Path, model: Restorer, pairs: PairData, device: str) -> None:
    """Measure what a model costs and record it, unless that was done.

    Args:
        folder: Folder of the row.
        model: Its model; it ends on the meta device.
        pairs: Pictures of the size that counts.
        device: Where it is timed.
    """
    if read_costs(folder) is not None:
        return
    place = choose_device(device)
    side = pairs.batch([0]).low.shape[-1]
    parameters = count_parameters(model)
    milliseconds = milliseconds_per_picture(model.to(place).eval(), side)
    # Counting on the meta device takes no time.
    macs = count_macs(model.to("meta"), side, side)
    costs = Costs(parameters, macs, milliseconds, describe_device(place), versions())
    write_json(folder / COSTS_FILE, asdict(costs))


def read_costs(folder: Path) -> Costs | None:
    """Read what a model costs, if it was measured.

    Args:
        folder: Folder of the row.

    Raises:
        DamagedFile: If the record is damaged.
    """
    path = folder / COSTS_FILE
    return read_record(path, Costs) if path.is_file() else None
