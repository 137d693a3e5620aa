"""Metrics that compare the features of a trained network."""

from pathlib import Path
from typing import Any

from torch.nn import functional

from lfsrkit.metrics.base import Metric, weighted_mean
from lfsrkit.sizes import check_side
from lfsrkit.trunks import Net, lpips_network, trunk_of
from lfsrkit.types import Images, Masks, PerImage


class Lpips(Metric):
    r"""Learned perceptual distance, LPIPS v0.1.

    $\sum_l \frac{1}{H_l W_l} \sum_{hw} w_l^\top (\hat y_l - \hat y_{0l})^2$ with features $\hat y_l$ of unit length,
    for pictures scaled to [-1, 1]. The heads $w_l$ come with the ``lpips`` package; the trunk is looked for as
    `lfsrkit.trunks.weights` says and is never random. A weight is averaged over the cells of each layer (our reading),
    so it is as blurred as the layer is coarse.

    Args:
        net: Trunk: ``"alex"``, which papers report, or ``"vgg"``.
        weights: File of the trunk, or a folder with it.

    Raises:
        MissingWeights: If the trunk is not on this machine and cannot be fetched.
        DamagedFile: If its file does not fit.

    References:
        Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018.
        https://arxiv.org/abs/1801.03924
    """

    def __init__(self, net: Net = "alex", weights: Path | None = None) -> None:
        self._least_side = trunk_of(net).least_side
        self._network = lpips_network(net, weights)

    def measure(self, restored: Images, clean: Images, weight: Masks | None) -> PerImage:
        """Compute the metric of each picture."""
        check_side(clean, self._least_side, "LPIPS")
        network = self._network.to(clean.device)
        return perceptual_distance(network, restored.float(), clean.float(), weight)


def perceptual_distance(network: Any, restored: Images, clean: Images, weight: Masks | None = None) -> PerImage:
    """Compute LPIPS with a network that is at hand.

    Args:
        network: What `lfsrkit.trunks.lpips_network` returned.
        restored: Pictures, 0 to 1.
        clean: Pictures to compare with, 0 to 1.
        weight: Weight of each pixel, or ``None`` for equal weights.
    """
    from lpips import normalize_tensor

    features = [network.net(network.scaling_layer(2 * pictures - 1)) for pictures in (restored, clean)]
    total = restored.new_zeros(len(restored))
    for head, ours, theirs in zip(network.lins, *features, strict=True):
        difference = head((normalize_tensor(ours) - normalize_tensor(theirs)).square())
        cells = None if weight is None else functional.adaptive_avg_pool2d(weight, difference.shape[-2:])
        total = total + weighted_mean(difference, cells)
    return total
