"""From the configuration to a model with seeded weights, before anything is written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from lfsrkit.errors import UsageError
from lfsrkit.models.base import Restorer
from lfsrkit.registries import MODELS
from lfsrkit.seeding import key_seed
from lfsrkit.stages import TrainConfig
from lfsrkit.training.recompute import recompute_blocks


@dataclass(frozen=True)
class NamedModel:
    """A model and what makes it again."""

    model: Restorer
    name: str
    params: Mapping[str, Any]


def initial_model(config: TrainConfig, scale: int) -> NamedModel:
    """Make the model of a run; its first weights depend on the seed alone, and no global random state changes.

    Args:
        config: Model and seed.
        scale: Scale of the pairs.

    Raises:
        UsageError: If it cannot be made, has another scale, needs no training, or could not be saved.
    """
    name, params = config.model.name, {"scale": scale, **config.model.params}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(key_seed(config.seed, "weights"))
        model = MODELS.create(name, **params)
    if config.recompute:
        recompute_blocks(model)
    if model.scale != scale:
        raise UsageError(f"{config.model} enlarges {model.scale} times, but the pairs are {scale} times larger")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise UsageError(f"{name} needs no training: it has nothing to learn; `lfsrkit evaluate {name}` measures it")
    try:
        json.dumps(params, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the parameters of {name!r} cannot be recorded as JSON: {error}") from error
    return NamedModel(model, name, params)
