"""The rows of Table 3: the floor, the enlargement, and whatever is compared."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lfsrkit.degradations.coding import Jpeg
from lfsrkit.errors import UsageError
from lfsrkit.evaluation.folders import measure_folder
from lfsrkit.evaluation.pairs import evaluate, measure
from lfsrkit.evaluation.scores import ImageScores
from lfsrkit.images import to_float
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.pairs.batch import PairData
from lfsrkit.registries import LANDMARKERS
from lfsrkit.stages import EvaluateConfig
from lfsrkit.types import Images

FLOOR_QUALITY = 90
"""JPEG quality of the row that shows what the detector's own unrest is."""
FLOOR = f"clean re-encoded (JPEG {FLOOR_QUALITY})"
ENLARGED = "bicubic"

AlignmentRow = tuple[str, Iterator[ImageScores]]
"""Name of a row, and its scores; they are measured as they are asked for."""


def align_models(
    models: Mapping[str, str | Path | Restorer],
    pairs: PairData,
    config: EvaluateConfig,
    *,
    device: str = "auto",
    allow_code: bool = False,
) -> Iterator[AlignmentRow]:
    """Measure the face alignment of models: first the clean pictures re-encoded, then ``bicubic``, then the models.

    Args:
        models: By name in the table.
        pairs: The split.
        config: Detector, metrics to add, and batch size.
        device: Where to compute.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        MissingWeights: If the detector is not on this machine.
        UsageError: Before anything is measured, if one of the models cannot be used for these pairs, or has the name of
            a row that is added.
    """
    if models.get(ENLARGED, ENLARGED) != ENLARGED:
        raise UsageError(f"a row {ENLARGED!r} is there already, the plain enlargement; name yours otherwise")
    wanted = config.model_copy(update={"alignment": True})
    made = {
        name: restorer_for(model, scale=pairs.scale, target_mean=pairs.clean_mean, allow_code=allow_code)
        for name, model in {ENLARGED: ENLARGED, **models}.items()
    }
    yield FLOOR, measure(lambda batch: _re_encoded(to_float(batch.clean)), pairs, wanted)
    # Each is let go once it has been measured, so that the device holds one.
    for name in list(made):
        yield name, evaluate(made.pop(name), pairs, wanted, device=device)


def align_folders(restored: Sequence[str | Path], clean: str | Path, config: EvaluateConfig) -> Iterator[AlignmentRow]:
    """Measure the face alignment of pictures in folders: first the clean ones re-encoded, then each folder.

    Args:
        restored: Folders; their names are those of the rows.
        clean: The originals, under the same names.
        config: Detector, metrics to add, and batch size.

    Raises:
        MissingWeights: If the detector is not on this machine.
        UsageError: Before anything is measured, if a folder does not hold the pictures of `clean`; later, if sizes do
            not match.
    """
    clean = Path(clean)
    wanted = config.model_copy(update={"alignment": True})
    floor = FLOOR, measure_folder(clean, clean, wanted, change=_re_encoded)
    folders = map(Path, restored)
    yield from [floor, *((folder.resolve().name, measure_folder(folder, clean, wanted)) for folder in folders)]


def detector_facts(config: EvaluateConfig) -> dict[str, str]:
    """Say what a table of alignment rests on: the detector, its weights, its crop, and when it has failed.

    Args:
        config: Names the detector.

    Raises:
        MissingWeights: If the detector is not on this machine.
    """
    landmarker = LANDMARKERS.build(config.landmarker)
    return {
        **landmarker.facts(),
        "reference": "what the detector finds on the clean picture",
        "failure": f"score below {landmarker.least_score:g}: infinite error in the AUC, left out of the mean NME",
        "normalised by": "the distance of the outer eye corners on the clean picture",
    }


def _re_encoded(clean: Images) -> Images:
    codec = Jpeg(quality=FLOOR_QUALITY)
    return codec.apply(clean, {"quality": [FLOOR_QUALITY] * len(clean)})
