"""What a degradation is: it draws plain numbers, then applies them to pictures."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, float64

from lfsrkit.colour import linear_to_srgb, srgb_to_linear
from lfsrkit.errors import UsageError
from lfsrkit.seeding import Streams
from lfsrkit.types import Images, Resized

Params = dict[str, Any]
"""What was drawn for ``n`` pictures: per parameter, of which there is at least one, a list of ``n`` plain JSON values.

A value is never a dict: dicts are for chains, which nest one per stage.
"""

Light = Literal["srgb", "linear"]
"""What a degradation that can do both works on: encoded values, or light."""


class Degradation(ABC):
    """Something that makes pictures worse, in two steps: `sample` draws, `apply` computes.

    A component is a frozen dataclass whose fields are its keyword arguments. What it computes depends on nothing random
    but the recorded parameters, so a recorded row replays the same picture.
    """

    scale: int = 1
    """How many times smaller the result is than its source; a component that shrinks says so here."""
    makes_raw: bool = False
    """Whether the result is raw values of a camera: proportional to light, so that in a chain those that degrade light
    act on them as they are until they are taken."""
    takes_raw: bool = False
    """Whether raw values are turned into sRGB."""

    @abstractmethod
    def sample(self, n: int, generator: Streams) -> Params:
        """Draw the parameters of ``n`` pictures on the CPU, those of a picture from its own stream only.

        A fixed argument consumes as many draws as a range, so that fixing one leaves the other draws as they were.

        Args:
            n: Number of pictures.
            generator: One generator per picture, or one that seeds a child for each.
        """

    @abstractmethod
    def apply(self, images: Images, params: Params) -> Resized:
        """Degrade pictures with given parameters; keeps dtype and device and leaves its input alone.

        Args:
            images: (n, 3, h, w), sRGB, 0 to 1.
            params: What `sample` drew, one value per picture.
        """

    @abstractmethod
    def neutral(self, n: int) -> Params | None:
        """Give the parameters under which `apply` is the identity, or None where there are none.

        Args:
            n: Number of pictures.
        """

    def tags(self, listed: frozenset[str]) -> frozenset[str]:
        """Give the tags of this one; a component whose abilities depend on its arguments says so here.

        Args:
            listed: Those of the registry.
        """
        return listed

    @final
    def out_size(self, height: int, width: int) -> tuple[int, int]:
        """Tell the size of the result.

        Args:
            height: Height of the source in pixels.
            width: Width of the source in pixels.

        Raises:
            UsageError: If the sides are not multiples of `scale`.
        """
        if height % self.scale or width % self.scale:
            near = (max(1, round(side / self.scale)) * self.scale for side in (height, width))
            raise UsageError(
                f"pictures of {height}x{width} pixels cannot shrink {self.scale} times: "
                f"both sides must be multiples of {self.scale}; the nearest size is {'x'.join(map(str, near))}"
            )
        return height // self.scale, width // self.scale


class LinearDegradation(Degradation):
    """A degradation of light itself: lenses, lamps and sensors add and multiply light, not encoded values.

    In a chain, neighbours of this kind hand on linear light without encoding it in between, so that what is brighter
    than white stays so until the picture is encoded (a blurred lamp keeps its streak) or a sensor clips it.
    """

    @abstractmethod
    def apply_light(self, light: Images, params: Params) -> Resized:
        """Degrade linear light with given parameters; keeps dtype and device and leaves its input alone.

        Args:
            light: (n, 3, h, w), linear, white = 1, values above 1 allowed.
            params: What `sample` drew, one value per picture.

        Returns:
            The result; ``light`` itself where nothing changes.
        """

    @final
    def apply(self, images: Images, params: Params) -> Resized:
        """Decode sRGB, degrade the light, clip at black and white, encode again."""
        return encoded(self.apply_light(srgb_to_linear(images), params))


def encoded(light: Images) -> Images:
    """Encode linear light in sRGB, clipped at black and white.

    Args:
        light: Linear, white = 1, any values.
    """
    return linear_to_srgb(light.clamp_min(0)).clamp_max(1)


def split(params: Params, n: int) -> list[Params]:
    """Turn the parameters of a batch into one JSON row per picture.

    Args:
        params: What `Degradation.sample` drew.
        n: Number of pictures.

    Example:
        >>> split({"0_jpeg": {"quality": [60, 90]}}, 2)
        [{'0_jpeg': {'quality': 60}}, {'0_jpeg': {'quality': 90}}]
    """
    return [_row(params, index) for index in range(n)]


def stack(rows: Sequence[Params]) -> Params:
    """Turn rows of recorded parameters into the parameters of a batch, the inverse of `split`.

    Args:
        rows: One per picture, all with the same keys; at least one.

    Raises:
        UsageError: If there is no row, or rows come from different chains.

    Example:
        >>> stack([{"0_jpeg": {"quality": 60}}, {"0_jpeg": {"quality": 90}}])
        {'0_jpeg': {'quality': [60, 90]}}
    """
    if not rows:
        raise UsageError("no recorded parameters were given; a batch needs at least one row")
    first = rows[0]
    odd = next((row for row in rows if row.keys() != first.keys()), None)
    if odd is not None:
        raise UsageError(f"recorded parameters of different chains do not mix: {sorted(first)} and {sorted(odd)}")
    columns = {key: [row[key] for row in rows] for key in first}
    return {key: stack(column) if isinstance(first[key], dict) else column for key, column in columns.items()}


def portion(params: Params, start: int, stop: int) -> Params:
    """Take the parameters of neighbouring pictures out of those of a batch.

    Args:
        params: What `Degradation.sample` drew.
        start: Position of the first.
        stop: Position behind the last.

    Example:
        >>> portion({"0_jpeg": {"quality": [60, 75, 90]}}, 1, 3)
        {'0_jpeg': {'quality': [75, 90]}}
    """
    return {
        key: portion(value, start, stop) if type(value) is dict else value[start:stop] for key, value in params.items()
    }


def per_image(values: Sequence[int | float], images: Images) -> Tensor:
    """Shape one number per picture so that it broadcasts over a batch, with its dtype and device.

    Args:
        values: One per picture.
        images: The batch.

    Raises:
        ValueError: If the counts differ.
    """
    if len(values) != len(images):
        raise ValueError(f"{len(values)} recorded values were given for {len(images)} pictures")
    return tensor_like(values, images).view(len(images), 1, 1, 1)


def tensor_like(values: ArrayLike, images: Tensor) -> Tensor:
    """Give numbers the dtype and the device of a batch.

    Args:
        values: What NumPy takes for an array.
        images: The batch.
    """
    return torch.from_numpy(np.asarray(values, np.float64)).to(images)


def straight_through(values: Tensor, forward: Tensor) -> Tensor:
    """Return ``forward`` exactly, with the gradient of the identity towards ``values``.

    Args:
        values: What the gradient flows to.
        forward: The result, such as rounded values.

    References:
        Bengio, Léonard, Courville, Estimating or Propagating Gradients Through Stochastic Neurons, 2013.
        https://arxiv.org/abs/1308.3432
    """
    if not values.requires_grad:
        return forward
    return forward.detach() + (values - values.detach())


def settled(sums: Tensor) -> Tensor:
    """Forget the last bits of sums in float64, which may depend on batch size and thread count.

    Sums over 8-bit values often lie exactly half-way between two levels, where the last bit decides the rounding. On a
    grid of 2^-36 (8-bit half-way points are at least 2^-36 / 510 away from where this rounding changes) all agree.
    float32 has no bits to spare and stays as it is.

    Args:
        sums: Results of a matrix product, a convolution or a mean, about 0 to 1.
    """
    if sums.dtype != float64:
        return sums
    return straight_through(sums, (sums * 2.0**36).round_().mul_(2.0**-36))


def _row(params: Params, index: int) -> Params:
    return {key: _row(value, index) if isinstance(value, dict) else value[index] for key, value in params.items()}
