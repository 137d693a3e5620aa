"""Tensor types of the whole kit: a wrong shape is an error under pytest and costs nothing in production.

Letters: ``n`` pictures of a batch, ``h`` and ``w`` height and width, ``h2`` and ``w2`` a second size in the same call
(a degraded or restored picture beside its source). Pictures are float, sRGB, 0 to 1, channels first.
"""

from jaxtyping import Bool, Float, UInt8
from torch import Tensor

Image = Float[Tensor, "3 h w"]
"""One picture."""

Images = Float[Tensor, "n 3 h w"]
"""A batch of pictures of one size."""

Resized = Float[Tensor, "n 3 h2 w2"]
"""The same batch at another size."""

Bytes = UInt8[Tensor, "n 3 h w"]
"""A batch of pictures in 8 bits, 0 to 255."""

ResizedImage = Float[Tensor, "3 h2 w2"]
"""The same picture at another size."""

ResizedBytes = UInt8[Tensor, "n 3 h2 w2"]
"""The same batch in 8 bits, at another size."""

Masks = Float[Tensor, "n 1 h w"]
"""One mask a picture; 1 = selected."""

Regions = Float[Tensor, "n 7 h w"]
"""Facial regions in the order of `lfsrkit.regions.REGIONS`, soft, 0 to 1."""

Features = Float[Tensor, "n c h w"]
"""Feature maps inside a network."""

PerImage = Float[Tensor, " n"]
"""One number a picture."""

Flags = Bool[Tensor, " n"]
"""One yes or no a picture."""
