"""What can be set about a comparison of several models."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from lfsrkit.config import Config
from lfsrkit.stages.components import Model, ModelName, Positive
from lfsrkit.stages.training import Share

Seed = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0)]


class BenchmarkConfig(Config):
    """A comparison: which rows, on which protocols, and how each row comes to its learning rate."""

    protocols: tuple[str, ...] = ()
    """Recipes of the protocols, each with a build of its name in the folder of pairs; none = that folder is a build."""
    rows: tuple[Model, ...] = ()
    """Models and cascades ``A+B``, in the order of the table."""
    reference: Model | None = None
    """Row that the others are compared with; by default ``lfsrnet`` where it takes part, else the first row."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0, 1, 2)
    """Seeds; each row is trained once with each of them."""
    rates: Annotated[tuple[Rate, ...], Field(min_length=1)] = (2e-4, 5e-4, 1e-3)
    """Learning rates that each row tries on the validation split; a single one is used without a trial."""
    trial: Share = 0.1
    """Length of such a trial, as a share of the row's steps."""
    accumulate: dict[ModelName, Positive] = Field(default_factory=dict[ModelName, Positive])
    """By row: parts that its batches are taken in, for rows that need too much memory; what is learned is the same."""
    published: dict[str, str] = Field(default_factory=dict[str, str])
    """By protocol: published numbers to print beside, such as ``table2/set 1``."""

    @model_validator(mode="after")
    def _all_differ(self) -> "BenchmarkConfig":
        for key in ("protocols", "rows", "seeds", "rates"):
            given = [str(value) for value in getattr(self, key)]
            twice = [value for value in dict.fromkeys(given) if given.count(value) > 1]
            if twice:
                raise ValueError(f"{key}: {', '.join(twice)} is there twice")
        return self

    def training_of(self, row: Model) -> dict[str, Any]:
        """Name the settings of training in which a row differs from the others.

        Args:
            row: One of `rows`.
        """
        parts = self.accumulate.get(str(row))
        return {"model": row} | ({} if parts is None else {"accumulate": parts})
