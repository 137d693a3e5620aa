"""Stage 4, evaluation: models on pairs, folders against folders or alone, picture by picture, in constant memory."""

from lfsrkit.evaluation.alignment import AUC_LIMIT, alignment_auc, alignment_error
from lfsrkit.evaluation.alignment_rows import (
    FLOOR,
    align_folders,
    align_models,
    detector_facts,
)
from lfsrkit.evaluation.folders import compare_folders, judge_folder
from lfsrkit.evaluation.pairs import evaluate, measure
from lfsrkit.evaluation.results import Summary, summarise, write_results
from lfsrkit.evaluation.scores import SHOWN, ImageScores

__all__ = [
    "AUC_LIMIT",
    "FLOOR",
    "SHOWN",
    "ImageScores",
    "Summary",
    "align_folders",
    "align_models",
    "alignment_auc",
    "alignment_error",
    "compare_folders",
    "detector_facts",
    "evaluate",
    "judge_folder",
    "measure",
    "summarise",
    "write_results",
]
