"""Rows that nobody trains: the floor below every method, and the oracle that knows what was done to each picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor
from torch.nn import functional

from lfsrkit.config import to_tables
from lfsrkit.degradations.base import stack
from lfsrkit.degradations.inverse import relit
from lfsrkit.errors import UsageError
from lfsrkit.evaluation import evaluate, measure, write_results
from lfsrkit.experiments.costs import measure_costs
from lfsrkit.experiments.entries import RUNS, Judges
from lfsrkit.experiments.scores import RESULTS, is_scored, sign_scores
from lfsrkit.images import to_float
from lfsrkit.models import restorer_for
from lfsrkit.pairs.batch import Batch, PairData

FLOOR, ORACLE = "bicubic", "oracle"


@dataclass(frozen=True)
class Floor:
    """A row that was judged without training, or that cannot be."""

    name: str
    folder: Path
    missing: str = ""
    """Why it cannot be."""


def judge_floors(out: str | Path, data: Judges, *, device: str = "auto") -> Iterator[Floor]:
    """Judge the floor and the oracle, or nothing where that was done.

    Args:
        out: Folder of the experiment.
        data: Pictures and metrics.
        device: Where to compute.
    """
    out = Path(out)
    key = {"evaluate": to_tables(data.metrics), "data": {"judged": data.judged.sha256, "n": len(data.judged)}}
    for name, judged in ((FLOOR, _judge_bicubic), (ORACLE, _judge_oracle)):
        folder = out / RUNS / name
        try:
            if not is_scored(folder, key, data.metrics):
                judged(folder, data, device)
                sign_scores(folder, key, data.metrics)
            yield Floor(name, folder)
        except UsageError as error:
            yield Floor(name, folder, str(error))


def oracle(batch: Batch, pairs: PairData) -> Tensor:
    """Undo exposure, light and colours of low pictures with their recorded parameters, then enlarge them.

    No method knows these parameters; what it shows is how much is lost by size, noise and rounding.

    Args:
        batch: Pictures and parameters.
        pairs: Where they come from.

    Raises:
        UsageError: If a stage of the chain has no inverse.
    """
    bright = relit(pairs.chain, to_float(batch.low), stack(batch.params))
    size = tuple(batch.clean.shape[-2:])
    return functional.interpolate(bright, size, mode="bicubic", antialias=True, align_corners=False)


def _judge_bicubic(folder: Path, data: Judges, device: str) -> None:
    write_results(folder / RESULTS, evaluate(FLOOR, data.judged, data.metrics, device=device))
    model = restorer_for(FLOOR, scale=data.judged.scale, target_mean=data.judged.clean_mean)
    measure_costs(folder, model, data.judged, device)


def _judge_oracle(folder: Path, data: Judges, device: str) -> None:
    del device  # it is an experiment of thought: nobody asks how fast it is
    write_results(folder / RESULTS, measure(lambda batch: oracle(batch, data.judged), data.judged, data.metrics))
