"""Whether the person is still the same, as a network of the user sees it."""

from typing import final

from lfsrkit.metrics.base import Metric, refuse_weight
from lfsrkit.trunks.embedding import Embed, cosine_distance, embedding
from lfsrkit.types import Images, Masks, PerImage


@final
class IdentitySimilarity(Metric):
    r"""Cosine similarity of faces in a network that tells people apart.

    $\cos(e(x), e(y))$, -1 to 1, with the embedding e of the loss ``identity``; the kit ships no such network. Say with
    the number which network it was, and that cropping is its business.

    Args:
        network: The network itself, or, as text, ``'learned:module:function'`` with quotes: ``module`` is imported and
            ``function()`` returns it.

    Raises:
        UsageError: If the text is not written so, or what it names is no network, or vectors of another shape come out.

    References:
        Deng et al., ArcFace: Additive Angular Margin Loss for Deep Face Recognition, CVPR 2019.
        https://arxiv.org/abs/1801.07698

    Example:
        >>> import torch
        >>> means = IdentitySimilarity(network=lambda pictures: pictures.mean(dim=(2, 3)))
        >>> red, green = torch.eye(3)[:2, None, :, None, None].expand(2, 1, 3, 4, 4)
        >>> means(red, green), means(red, red)
        (tensor([0.], dtype=torch.float64), tensor([1.], dtype=torch.float64))
    """

    def __init__(self, network: str | Embed) -> None:
        self._network = embedding(network)

    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture."""
        refuse_weight(weight, "identity")
        return 1 - cosine_distance(self._network, restored, clean)
