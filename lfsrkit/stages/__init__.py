"""The whole pipeline in tables: what can be set at each stage; torch-free, so the command line can print it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lfsrkit.config import Config, load
from lfsrkit.stages.benchmark import BenchmarkConfig
from lfsrkit.stages.components import SPLITS, Split
from lfsrkit.stages.pairs import PairsConfig
from lfsrkit.stages.training import Crop, LossTerm, OptimConfig, Precision, Schedule, TrainConfig
from lfsrkit.stages.using import EnhanceConfig, EnhanceMode, EvaluateConfig

__all__ = [
    "SPLITS",
    "STAGES",
    "BenchmarkConfig",
    "Crop",
    "EnhanceConfig",
    "EnhanceMode",
    "EvaluateConfig",
    "LossTerm",
    "OptimConfig",
    "PairsConfig",
    "Precision",
    "Schedule",
    "Split",
    "TrainConfig",
    "load_stage",
]

STAGES: dict[str, type[Config]] = {
    "pairs": PairsConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "enhance": EnhanceConfig,
    "benchmark": BenchmarkConfig,
}
"""Every stage by the name of its table in a recipe."""


def load_stage(
    stage: str,
    *,
    recipes: Sequence[str | Path] = (),
    overrides: Sequence[str] = (),
    values: Mapping[str, Any] | None = None,
) -> Any:
    """Make the configuration of a stage from recipes, overrides and flags.

    Args:
        stage: Key of `STAGES`.
        recipes: Shipped names or paths of TOML files.
        overrides: ``key=value``.
        values: Strongest values, by key.

    Raises:
        ConfigError: With every fault at once.

    Example:
        >>> load_stage("pairs", overrides=["clean_size=64", "degrade=fsr_gamma(scale=4)"]).clean_size
        64
    """
    return load(
        STAGES[stage], stage=stage, stages=[*STAGES, "about"], recipes=recipes, overrides=overrides, values=values
    )
