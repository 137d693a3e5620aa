"""The whole pipeline on one page: what can be set at each stage; torch-free, so the command line can print it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from lfsrkit import registries
from lfsrkit.calls import Call, parse_call, parse_chain
from lfsrkit.config import Config, load
from lfsrkit.errors import UsageError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

_CALL_SCHEMA = {
    "description": "name(key=value, ...), or a table with a name and the parameters",
    "oneOf": [{"type": "string"}, {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}],
}


def _to_call(value: Any) -> Call:
    if isinstance(value, Call):
        return value
    if isinstance(value, str):
        return parse_call(value)
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        return Call(value["name"], {key: _nested(item) for key, item in value.items() if key != "name"})
    raise ValueError("write name(key=value, ...), or a table with a name and the parameters")


def _nested(value: Any) -> Any:
    return _to_call(value) if isinstance(value, Mapping) and "name" in value else value


def _checked(call: Call, kind: str, **given: Any) -> Call:
    registry = registries.REGISTRIES[kind]
    faults = registry.faults(Call(call.name, {**given, **call.params}))
    if faults:
        raise ValueError("; ".join(faults))
    return call


def _component(kind: str, value: Any, **given: Any) -> Call:
    try:
        return _checked(_to_call(value), kind, **given)
    except UsageError as error:
        raise ValueError(str(error)) from None


def _chain(value: Any) -> tuple[Call, ...]:
    try:
        calls: Sequence[Any] = parse_chain(value) if isinstance(value, str) else value
    except UsageError as error:
        raise ValueError(str(error)) from None
    return tuple(_component("degradations", item) for item in calls)


Model = Annotated[
    Call, PlainValidator(lambda value: _component("models", value, scale=8)), WithJsonSchema(_CALL_SCHEMA)
]
Mask = Annotated[Call, PlainValidator(lambda value: _component("masks", value)), WithJsonSchema(_CALL_SCHEMA)]
Loss = Annotated[Call, PlainValidator(lambda value: _component("losses", value)), WithJsonSchema(_CALL_SCHEMA)]
Metric = Annotated[Call, PlainValidator(lambda value: _component("metrics", value)), WithJsonSchema(_CALL_SCHEMA)]
Degrade = Annotated[
    tuple[Call, ...],
    PlainValidator(_chain),
    WithJsonSchema({"oneOf": [{"type": "string"}, {"type": "array", "items": _CALL_SCHEMA}]}),
]
Positive = Annotated[int, Field(ge=1)]


def _default_splits() -> dict[Split, int | float]:
    return {"train": 0.9, "validation": 0.05, "test": 0.05}


class PairsConfig(Config):
    """Stage 1 and 2: which faces, how they are framed, how they are degraded, how they are split."""

    faces: str = "synthetic:1000"
    """Where the faces come from: a folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``."""
    framing: Literal["auto", "celeba", "centre", "whole"] = "auto"
    """Which square is used: ``celeba`` = rows 20 to 197 of aligned 178x218 pictures, ``centre`` = the largest centred
    square, ``whole`` = squares only; ``auto`` = celeba for 178x218 pictures, else centre."""
    clean_size: Annotated[int, Field(ge=16, le=2048)] = 128
    """Side of the clean picture in pixels."""
    min_side: Positive | None = None
    """Smallest crop that is accepted, in source pixels; by default the clean size, so that nothing is enlarged."""
    degrade: Degrade = (Call("fsr_gamma", {"scale": 8}),)
    """The degradation: ``name(key=value) | name | ...`` or a list of tables."""
    splits: dict[Split, int | float] = Field(default_factory=_default_splits)
    """Sizes of the splits: all whole numbers (counts) or all fractions."""
    identities: Path | None = None
    """Text file with a file name and a person's number a line; a person then stays in one split."""
    seed: int = 0
    """Seed of every draw of the degradation."""
    shard_size: Positive = 256
    """Pairs in one Parquet file: the unit of work and of resuming."""

    @model_validator(mode="after")
    def _splits_agree(self) -> "PairsConfig":
        sizes = list(self.splits.values())
        counts = all(isinstance(size, int) for size in sizes)
        fractions = all(isinstance(size, float) and 0 <= size <= 1 for size in sizes) and sum(sizes) <= 1 + 1e-9
        if not (counts or fractions) or min(sizes, default=0) < 0 or sum(sizes) <= 0:
            raise ValueError("splits: give counts such as 700, or fractions between 0 and 1 that sum to at most 1")
        return self


class OptimConfig(Config):
    """AdamW with a linear warm-up and a cosine decay to zero."""

    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Highest learning rate."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Decoupled weight decay."""
    betas: tuple[float, float] = (0.9, 0.99)
    """Decay of the first and the second moment."""
    warmup_steps: Annotated[int, Field(ge=0)] = 50
    """Steps of linear warm-up."""
    clip_norm: Annotated[float, Field(gt=0)] = 0.5
    """Largest norm of the gradient of all parameters together."""


class LossTerm(Config):
    """One term of the training loss."""

    term: Loss
    """The loss function."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Factor before it."""

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "name" in value:
            params = {key: item for key, item in value.items() if key != "weight"}
            return {"term": params, **({"weight": value["weight"]} if "weight" in value else {})}
        return {"term": value} if isinstance(value, str | Call) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | Call | Mapping) else value


class TrainConfig(Config):
    """Stage 3: which model, trained with what, for how long."""

    model: Model = Call("lfsrnet_tiny")
    """The model; its scale is that of the pairs."""
    steps: Positive = 2000
    """Optimiser steps."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Length in minutes instead: turned into steps once, by timing some steps on this machine, and then recorded."""
    batch_size: Positive = 16
    """Pairs in one step."""
    low: Literal["stored", "fresh"] = "stored"
    """Low pictures as built, or degraded anew in every epoch with the same chain (epoch 0 equals the built ones)."""
    flip: bool = True
    """Mirror half of the pairs, low and clean together."""
    optim: OptimConfig = OptimConfig()
    """Optimiser and schedule."""
    loss: Annotated[tuple[LossTerm, ...], BeforeValidator(_as_list)] = (
        LossTerm.model_construct(term=Call("charbonnier"), weight=1.0),
    )
    """Terms of the loss; a table has a name, a weight and the parameters."""
    mask: Mask | None = None
    """Mask strategy for the losses that use one; ``face_biased`` when such a loss is named without it."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of the averaged weights, warmed up; 0 turns averaging off. They are what is saved for use."""
    validate_every: Positive = 500
    """Steps between validations."""
    checkpoint_every: Positive = 500
    """Steps between checkpoints."""
    log_every: Positive = 10
    """Steps between lines of ``metrics.jsonl``."""
    keep: Positive = 2
    """Checkpoints kept besides the best one."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Number format of the forward pass."""
    seed: int = 0
    """Seed of initial weights, order, flips and masks."""


class EvaluateConfig(Config):
    """Stage 4: what is measured."""

    split: Split = "test"
    """Which split of the pairs."""
    metrics: tuple[Metric, ...] = tuple(Call(name) for name in ("psnr", "ssim", "lpips", "psnr_y", "ssim_y"))
    """Metrics, in the order of the table."""
    batch_size: Positive = 16
    """Pictures at a time."""


class EnhanceConfig(Config):
    """Stage 5: how pictures are enhanced."""

    batch_size: Positive = 8
    """Pictures of one size at a time."""
    max_side: Positive = 512
    """Largest side of an input in pixels; a larger one is refused with a reason."""


STAGES: dict[str, type[Config]] = {
    "pairs": PairsConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "enhance": EnhanceConfig,
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
