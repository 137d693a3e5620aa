"""Losses that compare what a trained network sees."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from lfsrkit.errors import UsageError, did_you_mean
from lfsrkit.losses.base import Extras, Loss, Pyramid
from lfsrkit.sizes import check_side
from lfsrkit.trunks import Net, directions, lpips_network, placed, trunk_of, vgg16_network
from lfsrkit.trunks.embedding import Embed, cosine_distance, embedding
from lfsrkit.types import Images, PerImage

Layer = Literal["relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"]
VGG_LAYERS: dict[str, int] = {"relu1_2": 3, "relu2_2": 8, "relu3_3": 15, "relu4_3": 22, "relu5_3": 29}
"""Published names of layers, and their places in torchvision's VGG-16."""

_IMAGENET_MEAN, _IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Lpips(Loss):
    r"""Learned perceptual distance, LPIPS v0.1, to be minimised.

    The metric ``lpips``, of the pictures as they are: neither clamped nor rounded. $\sum_l \frac{1}{H_l W_l}
    \sum_{hw} w_l^\top (\hat x_l - \hat y_l)^2$ with features of unit length, for pictures scaled to [-1, 1]. Who trains
    with it should not report it as the only perceptual number. Its weights are looked for as for the metric.

    Args:
        net: Trunk: ``"alex"``, the measured one, or ``"vgg"``, which its authors advise for training.
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

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        check_side(clean, self._least_side, "LPIPS")
        network = placed(self._network, clean)
        ours, theirs = (network.net(network.scaling_layer(2 * pictures - 1)) for pictures in (restored, clean))
        cells = zip(network.lins, ours, theirs, strict=True)
        distances = [head((directions(a) - directions(b)).square()).mean(dim=(1, 2, 3)) for head, a, b in cells]
        return torch.stack(distances).sum(dim=0)


class Vgg(Loss):
    r"""Absolute error of the features of VGG-16.

    $L = \frac{1}{K} \sum_k \langle |\phi_k(x) - \phi_k(y)| \rangle$ with $\phi_k$ the outputs of K layers after their
    ReLU, of pictures scaled as for ImageNet, and $\langle \rangle$ the mean over channels and places. The published
    losses take squares of one layer; absolute values and equal weights are ours. Weights are looked for as
    `lfsrkit.trunks.weights` says and are never random.

    Args:
        layers: ``"relu1_2"``, ``"relu2_2"``, ``"relu3_3"``, ``"relu4_3"`` or ``"relu5_3"``; at least one.
        weights: File of the trunk, or a folder with it.

    Raises:
        UsageError: If a layer is unknown, none is named, or a picture is smaller than 16 pixels.
        MissingWeights: If the weights are not on this machine and cannot be fetched.
        DamagedFile: If their file does not fit.

    References:
        Johnson, Alahi, Fei-Fei, Perceptual Losses for Real-Time Style Transfer and Super-Resolution, ECCV 2016.
        https://arxiv.org/abs/1603.08155

        Simonyan, Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015.
        https://arxiv.org/abs/1409.1556
    """

    def __init__(
        self, layers: tuple[Layer, ...] = ("relu1_2", "relu2_2", "relu3_3", "relu4_3"), weights: Path | None = None
    ) -> None:
        self._places = _places(layers)
        self._network = vgg16_network(weights)[: max(self._places) + 1]

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        check_side(clean, trunk_of("vgg").least_side, "VGG-16")
        placed(self._network, clean)
        pairs = zip(self._features(restored), self._features(clean), strict=True)
        errors = [(ours - theirs).abs().mean(dim=(1, 2, 3)) for ours, theirs in pairs]
        return torch.stack(errors).mean(dim=0)

    def _features(self, pictures: Images) -> Pyramid:
        mean, spread = (pictures.new_tensor(each)[:, None, None] for each in (_IMAGENET_MEAN, _IMAGENET_SPREAD))
        maps: Tensor = (pictures - mean) / spread
        found: Pyramid = []
        for place, layer in enumerate(self._network):
            maps = layer(maps)
            if place in self._places:
                found.append(maps)
        return found


class Identity(Loss):
    r"""Cosine distance of faces in a network that tells people apart.

    $L = 1 - \cos(e(x), e(y)) = \frac{1}{2} |\hat e(x) - \hat e(y)|^2$, 0 to 2, with $\hat e$ the embedding scaled to
    unit length. The kit ships no such network: name one of yours.

    The network is a function, or better a module, that takes a batch of pictures (n, 3, h, w), RGB, sRGB, 0 to 1 and a
    little outside, float, on the device of training, and returns vectors (n, d), differentiably and each picture on its
    own. Cropping, resizing, scaling and the order of the channels are its business. A module is put into evaluation
    mode, frozen, and moved to where the pictures are. Weights without a program cannot be given: they do not say what
    is to be computed.

    Args:
        network: The network itself, or, as text, ``'learned:module:function'`` with quotes: ``module`` is imported and
            ``function()`` returns it.

    Raises:
        UsageError: If the text is not written so, or what it names is no network, or vectors of another shape come out.

    References:
        Deng et al., ArcFace: Additive Angular Margin Loss for Deep Face Recognition, CVPR 2019.
        https://arxiv.org/abs/1801.07698

    Example:
        >>> means = Identity(network=lambda pictures: pictures.mean(dim=(2, 3)))
        >>> red, green = torch.eye(3)[:2, None, :, None, None].expand(2, 1, 3, 4, 4)
        >>> means(red, green)
        tensor([1.])
    """

    def __init__(self, network: str | Embed) -> None:
        self._network = embedding(network)

    def compare(self, restored: Images, clean: Images, extras: Extras) -> PerImage:
        """Compute the loss of each picture."""
        return cosine_distance(self._network, restored, clean)


def _places(layers: Sequence[str]) -> list[int]:
    for layer in layers:
        if layer not in VGG_LAYERS:
            known = ", ".join(VGG_LAYERS)
            raise UsageError(f"VGG-16 has no layer {layer!r} here; known: {known}{did_you_mean(layer, VGG_LAYERS)}")
    if not layers:
        raise UsageError(f"no layer of VGG-16 is named; known: {', '.join(VGG_LAYERS)}")
    return [VGG_LAYERS[layer] for layer in layers]
