"""Degradations that live elsewhere: augmentations of kornia, and functions of your own."""

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import torch
from torch import Tensor

from lfsrkit.degradations.base import Degradation, Params, settled
from lfsrkit.degradations.draws import Draws, draw_seeds
from lfsrkit.degradations.maybe import maybe
from lfsrkit.errors import BadParameters, UnknownComponent, UsageError, did_you_mean
from lfsrkit.learned import function_at
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Restyle = Callable[[Images, torch.Generator], Any]
"""What `learned` takes besides a degradation: a picture and its random stream in, a picture of that size out."""

_BATCH_ONLY = ("same_on_batch", "keepdim", "p_batch")
"""Arguments of kornia that say how pictures of a batch share; here every picture is on its own."""

_UNNAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

_FETCHING = ("RandomDissolving",)
"""It downloads the diffusion model of a name that is given; `learned` is the place for networks."""


def kornia(name: str) -> Callable[..., Degradation]:
    """Any intensity augmentation of kornia, such as kornia:RandomGamma.

    ``kornia:RandomGamma(gamma=(1.5, 3), p=0.5)`` takes the keyword arguments of the class. A picture's parameters are
    drawn by the class itself, on the CPU, from a recorded seed and without touching the global random state; whether it
    is applied at all, with probability ``p``, is recorded too. The result is clipped to 0..1. A seed means the same
    draws as long as kornia stays the same, so builds record its version. In a chain it counts as colour and works on
    the CPU, a picture at a time.

    Args:
        name: Name of a class of ``kornia.augmentation`` that changes values and moves nothing.

    Raises:
        UnknownComponent: If there is no such class.
        UsageError: If the class moves or mixes pixels, so that low and clean would no longer show the same.

    References:
        Riba, Mishkin, Ponsa, Rublee, Bradski, Kornia: an Open Source Differentiable Computer Vision Library for
        PyTorch, WACV 2020. https://arxiv.org/abs/1910.02190

    Example:
        >>> import torch
        >>> from lfsrkit.degradations import chain_from_text
        >>> chain = chain_from_text("kornia:RandomGamma(gamma=(1.5, 3))")
        >>> list(chain.sample(1, torch.Generator())["0_kornia_RandomGamma"])
        ['applied', 'seed']
    """
    own = _intensity_class(name)
    taken = [item.replace(annotation=_writable(item.annotation)) for item in _keywords(own)]
    shown = [item for item in taken if item.name not in _BATCH_ONLY]

    def factory(**arguments: Any) -> Degradation:
        whole = _with_defaults(shown, arguments)
        chance = whole.pop("p")
        with _explained(name):
            own(**whole)
        return maybe(of=_Kornia(name, whole), chance=chance)

    return _presented(factory, own, shown)


def learned(place: str) -> Callable[..., Degradation]:
    """A function of your own, such as a trained generator, as learned:module:function.

    ``learned:module:function(key=value)`` imports ``module`` and calls ``function(key=value)``, which returns one of

    - a `Degradation`, which is used as it is, or
    - a function ``restyle(image, generator)``: it gets one picture, (1, 3, h, w), float32, sRGB, 0 to 1, on the device
      of the batch, and a CPU generator seeded with a recorded number, its only source of randomness; it returns a
      picture of the same size, which is clipped to 0..1.

    In a chain it counts as exposure. What the module does is up to its author, so a name that comes from a file is
    refused unless you allow it.

    Args:
        place: ``module:function``.

    Raises:
        UsageError: If it is not written so, or the function returns anything else.
    """
    make = function_at(place)
    taken = _keywords(make)

    def factory(**arguments: Any) -> Degradation:
        made: Any = make(**arguments)
        if isinstance(made, Degradation):
            return made
        if not callable(made):
            raise UsageError(
                f"learned:{place} returned {type(made).__name__}: return a Degradation or restyle(image, generator)"
            )
        return _Learned(place, _with_defaults(taken, arguments), cast(Restyle, made))

    return _presented(factory, make, taken)


@dataclass(frozen=True)
class _Kornia(Degradation):
    name: str
    arguments: Mapping[str, Any]

    def sample(self, n: int, generator: Streams) -> Params:
        return {"seed": draw_seeds(Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        pairs = zip(images.cpu().split(1), params["seed"], strict=True)
        with _explained(self.name):
            augmentation = _intensity_class(self.name)(**self.arguments, p=1.0)
            augmented = [_seeded(augmentation, image, seed) for image, seed in pairs]
        return _joined(augmented, images)

    def neutral(self, n: int) -> Params | None:
        return None


@dataclass(frozen=True)
class _Learned(Degradation):
    place: str
    arguments: Mapping[str, Any]
    restyle: Restyle = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # A network may not pickle; another process makes it again, from the same place.
        return _learned_again, (self.place, self.arguments)

    def sample(self, n: int, generator: Streams) -> Params:
        return {"seed": draw_seeds(Draws.of(n, generator))}

    def apply(self, images: Images, params: Params) -> Resized:
        pairs = zip(images.float().split(1), params["seed"], strict=True)
        restyled = [self.restyle(image.clone(), torch.Generator().manual_seed(seed)) for image, seed in pairs]
        shape = images[:1].shape
        odd = [item for item in restyled if not (isinstance(item, Tensor) and item.shape == shape)]
        if odd:
            raise UsageError(
                f"learned:{self.place} turned a picture {tuple(shape)} into {getattr(odd[0], 'shape', type(odd[0]))}: "
                "keep the size, or return a Degradation that states its scale"
            )
        return _joined(restyled, images)

    def neutral(self, n: int) -> Params | None:
        return None


def _learned_again(place: str, arguments: Mapping[str, Any]) -> Degradation:
    return learned(place)(**arguments)


def _joined(pictures: Sequence[Tensor], like: Images) -> Images:
    return settled(torch.cat(list(pictures)).to(like)).clamp(0, 1)


def _seeded(augmentation: Any, image: Images, seed: int) -> Images:
    """Let kornia draw from the global generator of the CPU, its only source, and put that back as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return augmentation(image)


@contextmanager
def _explained(name: str) -> Generator[None]:
    """Say which augmentation kornia complains about, in whatever way it does."""
    try:
        yield
    except Exception as error:
        raise BadParameters(f"degradation 'kornia:{name}'", [str(error)]) from error


def _intensity_class(name: str) -> Any:
    from kornia import augmentation

    base = augmentation.IntensityAugmentationBase2D
    known = {key: item for key, item in vars(augmentation).items() if inspect.isclass(item)}
    usable = [
        key for key, item in known.items() if issubclass(item, base) and item is not base and key not in _FETCHING
    ]
    if name in usable:
        return known[name]
    if name in known:
        raise UsageError(
            f"kornia:{name} cannot be used: low and clean stay paired only under augmentations that change values, and "
            f"move, mix and download nothing; such as {', '.join(sorted(usable)[:3])}"
        )
    raise UnknownComponent(f"kornia has no augmentation {name!r}{did_you_mean(name, usable)}")


def _writable(hint: Any) -> Any:
    """Leave what can be written as text: no tensors, and tuples in place of lists, so that it reads back as it was."""
    if get_origin(hint) is list:
        return tuple[(*get_args(hint), ...)]
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(_writable(item) for item in get_args(hint) if item is not Tensor)]  # noqa: UP007 - computed
    return hint


def _keywords(own: Callable[..., Any]) -> list[inspect.Parameter]:
    """List the named arguments of a class or function, with their types resolved where it was written."""
    hints = get_type_hints(own.__init__ if inspect.isclass(own) else own)
    named = [item for item in inspect.signature(own).parameters.values() if item.kind not in _UNNAMED]
    return [item.replace(kind=item.KEYWORD_ONLY, annotation=hints.get(item.name, Any)) for item in named]


def _with_defaults(taken: Sequence[inspect.Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Write every argument, so that components are equal that do the same."""
    usual = {item.name: item.default for item in taken if item.default is not item.empty}
    return {**usual, **given}


def _presented(
    factory: Callable[..., Degradation], own: Callable[..., Any], taken: Sequence[inspect.Parameter]
) -> Callable[..., Degradation]:
    """Give a factory the signature and the words of what it stands for, for checks and help."""
    shown: Any = factory
    shown.__doc__ = inspect.getdoc(own)
    shown.__signature__ = inspect.Signature(taken)
    shown.__annotations__ = {item.name: item.annotation for item in taken}
    return factory
