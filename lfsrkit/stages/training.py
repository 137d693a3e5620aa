"""What can be set about training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lfsrkit.calls import Call
from lfsrkit.config import Config
from lfsrkit.stages.components import Loss, Mask, Model, Positive, one_or_more

Schedule = Literal["cosine", "multistep", "constant"]
Precision = Literal["fp32", "bf16", "fp16"]
Share = Annotated[float, Field(gt=0, le=1)]


class OptimConfig(Config):
    """The optimiser, and its rate after a linear warm-up: by default AdamW with a cosine decay to zero."""

    name: str = "adamw"
    """``adamw``, ``adam``, or another one that ``timm.optim`` knows by name, such as ``lion`` or ``sgd``."""
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Highest learning rate."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Weight decay, decoupled where the optimiser decouples it."""
    betas: tuple[float, float] = (0.9, 0.99)
    """Decay of the first and the second moment, where the optimiser has these two."""
    options: dict[str, Any] = Field(default_factory=dict[str, Any])
    """More keyword arguments of the optimiser, such as ``{ momentum = 0.9 }``."""
    warmup_steps: Annotated[int, Field(ge=0)] = 50
    """Steps of linear warm-up."""
    schedule: Schedule = "cosine"
    """What follows: ``cosine`` to zero, ``multistep`` = times gamma at every milestone, or ``constant``."""
    milestones: tuple[Share, ...] = (0.5, 0.75, 0.9)
    """Where ``multistep`` lowers the rate, as shares of the run."""
    gamma: Share = 0.5
    """Factor by which ``multistep`` lowers it."""
    clip_norm: Annotated[float, Field(gt=0)] = 0.5
    """Largest norm of the gradient of all parameters together."""


class Crop(Config):
    """Training on crops in the first part of a run."""

    side: Positive
    """Side of the crop in pixels of the low picture; at least that of the picture means the whole picture."""
    until: Share
    """Share of the run at which the crop ends."""


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


class TrainConfig(Config):
    """Stage 3: which model, trained with what, for how long."""

    ALTERNATIVES = (("steps", "minutes"),)

    model: Model = Call("lfsrnet_tiny")
    """The model; its scale is that of the pairs."""
    steps: Positive = 2000
    """Optimiser steps."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Length in minutes instead of steps: turned into steps once, by timing some on this machine, and then recorded."""
    init: Path | None = None
    """Weights to begin with: a run, a checkpoint, a .safetensors or .pth file; ``init.json`` says what fitted."""
    batch_size: Positive = 16
    """Pairs in one step, over all processes and accumulated parts together."""
    accumulate: Positive = 1
    """Parts in which each process computes its share of the batch, one after the other, to save memory."""
    low: Literal["stored", "fresh"] = "stored"
    """Low pictures as built, or degraded anew in every epoch with the same chain (epoch 0 equals the built ones)."""
    degrade_on: Literal["cpu", "device"] = "cpu"
    """Where fresh pictures are made: on the CPU with the bytes of a build, or on the training device, to rounding."""
    cache: Literal["auto", "memory", "none"] = "auto"
    """Keep decoded pairs in memory, or decode them each time; ``auto`` keeps up to 4 GiB, in each process."""
    workers: Annotated[int, Field(ge=0)] = 1
    """Threads that make batches ahead; 0 = each is made when it is needed. The batches are the same."""
    flip: bool = True
    """Mirror half of the pairs, low and clean together."""
    rotate: bool = False
    """Turn the pairs by 0 to 3 quarter turns, low and clean together; for square pictures."""
    jitter: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Largest change of gain per channel and of saturation, the same for low and clean; 0.1 = 0.9 to 1.1 times."""
    reframe: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Largest zoom, turn (radians) and shift (sides) of a clean face before it is degraded afresh."""
    crops: tuple[Crop, ...] = ()
    """Random crops of growing side, such as ``[{ side = 8, until = 0.5 }]``; whole pictures after the last."""
    optim: OptimConfig = OptimConfig()
    """Optimiser and schedule."""
    loss: Annotated[tuple[LossTerm, ...], BeforeValidator(one_or_more), Field(min_length=1)] = (
        LossTerm.model_construct(term=Call("charbonnier"), weight=1.0),
    )
    """Terms of the loss, at least one; a table has a name, a weight and the parameters."""
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
    """Newest checkpoints kept besides the best one."""
    trackers: Annotated[tuple[str, ...], BeforeValidator(one_or_more)] = ()
    """Where else records go: ``tensorboard`` or another tracker of Accelerate, such as ``wandb``."""
    precision: Precision = "fp32"
    """Number format of the forward pass; ``fp16`` needs an accelerator."""
    compile: bool = False
    """Compile the model with ``torch.compile``: a slow first step, then faster ones."""
    channels_last: bool = False
    """Keep the weights of convolutions with their channels last, too; the pictures are so anyway."""
    recompute: bool = False
    """Recompute the blocks of a deep model in the backward pass: less memory, about a third more time."""
    seed: int = 0
    """Seed of initial weights, order, flips and masks."""

    @model_validator(mode="after")
    def _reframes_what_is_fresh(self) -> "TrainConfig":
        if self.reframe and self.low != "fresh":
            raise ValueError("reframe: a stored low picture shows the face as it was framed; add low = 'fresh'")
        return self
