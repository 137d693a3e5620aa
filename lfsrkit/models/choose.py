"""From what a user names to a model that is ready for use."""

from pathlib import Path
from typing import Any

from lfsrkit.calls import Call, parse_call
from lfsrkit.errors import UnknownComponent, UsageError, did_you_mean
from lfsrkit.files import is_there
from lfsrkit.models.base import Restorer
from lfsrkit.models.macs import count_parameters
from lfsrkit.models.weights import load
from lfsrkit.registries import MODELS
from lfsrkit.shipped import names_that_ship, shipped_file, shipped_names
from lfsrkit.tensors import SUFFIX


def restorer_for(
    model: str | Path | Restorer,
    *,
    scale: int | None = None,
    target_mean: float | None = None,
    allow_code: bool = False,
) -> Restorer:
    """Give the model that is meant.

    Args:
        model: A run folder, a ``.safetensors`` file, the name of weights that ship such as ``lfsrnet_tiny_x8``, a name
            that needs no training such as ``bicubic(scale=4)``, or a model, which is given back.
        scale: Scale that is needed, if one is.
        target_mean: Brightness for models that take one.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If there is no such model, it has not been trained, or its scale is another.
    """
    made = model if isinstance(model, Restorer) else _made(model, scale, target_mean, allow_code)
    if scale is not None and made.scale != scale:
        raise UsageError(f"{model} enlarges {made.scale} times, but the pairs are {scale} times larger")
    return made


def name_of(model: str) -> str:
    """Give what a table or a page calls a model: the last part of its path; a name with parameters stays as it is.

    Args:
        model: A run folder, a ``.safetensors`` file, or a name.

    Example:
        >>> name_of("runs/lr1.5"), name_of("weights/mine.safetensors"), name_of("bicubic(scale=4)")
        ('lr1.5', 'mine', 'bicubic(scale=4)')
    """
    path = Path(model)
    return path.absolute().name.removesuffix(SUFFIX) if "(" not in model or is_there(path) else model


def _made(model: str | Path, scale: int | None, target_mean: float | None, allow_code: bool) -> Restorer:
    if is_there(Path(model)) or Path(model).suffix == SUFFIX or shipped_file(str(model)):
        return load(model, allow_code=allow_code)
    try:
        call = parse_call(str(model))
        entry = MODELS[call.name]
    except UnknownComponent as error:
        near = did_you_mean(str(model), shipped_names())
        raise UsageError(f"{model}: no such run folder or file{near}; {error} ({names_that_ship()})") from None
    except UsageError as error:
        # Of a path it would say no more than that it is no call.
        reason = f"; {error}" if "(" in str(model) else ""
        raise UsageError(f"{model}: no such run folder, file or model{reason} ({names_that_ship()})") from None
    taken = {parameter.name for parameter in entry.parameters()}
    given: dict[str, Any] = {"scale": scale, "target_mean": target_mean}
    defaults = {key: value for key, value in given.items() if value is not None and key in taken}
    made = MODELS.build(Call(call.name, {**defaults, **call.params}))
    if count_parameters(made):
        raise UsageError(
            f"{call.name} has to be trained first; name a run folder or a .safetensors file ({names_that_ship()})"
        )
    return made
