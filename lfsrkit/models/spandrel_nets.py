"""Networks that spandrel keeps, behind the kit's own face: SwinIR and Omni-SR by name, all others by adapter."""

import importlib
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from lfsrkit.errors import UnknownComponent, UsageError, did_you_mean
from lfsrkit.models.base import ModelInfo, Restorer, check_scale
from lfsrkit.models.borrowed import with_timm_norms
from lfsrkit.models.upscaling import SCALES
from lfsrkit.types import Images

_SWINIR = "Liang et al., SwinIR: Image Restoration Using Swin Transformer, ICCVW 2021, https://arxiv.org/abs/2108.10257"
_OMNISR = (
    "Wang et al., Omni Aggregation Networks for Lightweight Image Super-Resolution, CVPR 2023, "
    "https://arxiv.org/abs/2304.10244"
)
_WINDOW = 8
_TYPICAL_CLEAN = 128
_SCALE_NAMES = ("upscale", "scale", "up_scale", "upscale_factor", "upscaling_factor")

Call = Callable[[nn.Module, Tensor], Tensor]


class SpandrelNet(Restorer):
    """A network of another package, with the range of values and the size that it wants.

    Args:
        net: The network.
        info: Facts about it.
        scale: Factor of enlargement.
        bottom: What the network takes and gives for black; white is 1.
        call: How the network is called, where calling it with a picture is not enough.
    """

    def __init__(
        self, net: nn.Module, info: ModelInfo, scale: int, *, bottom: float = 0.0, call: Call | None = None
    ) -> None:
        super().__init__(info, scale)
        self.net = net
        self.bottom = bottom
        self._call: Call = call or _plainly

    def _stages(self, low: Images) -> dict[str, Tensor]:
        # The product is a new tensor: some of these networks write into what they are given.
        restored = self._call(self.net, low * (1 - self.bottom) + self.bottom)
        return {"restored": (restored - self.bottom) / (1 - self.bottom)}


def swinir_s(scale: int = 8) -> SpandrelNet:
    """SwinIR, lightweight: 4 groups of 6 Swin layers, 60 channels.

    Stochastic depth, which the authors switch on in training, is left out: it would draw from torch's global stream.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16; the authors have up to 4.

    References:
        Liang et al., SwinIR: Image Restoration Using Swin Transformer, ICCVW 2021. https://arxiv.org/abs/2108.10257
    """
    return _swinir(scale, groups=4, channels=60, upsampler="pixelshuffledirect")


def swinir_m(scale: int = 8) -> SpandrelNet:
    """SwinIR, classical: 6 groups of 6 Swin layers, 180 channels.

    Stochastic depth, which the authors switch on in training, is left out: it would draw from torch's global stream.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16; the authors have up to 8.

    References:
        Liang et al., SwinIR: Image Restoration Using Swin Transformer, ICCVW 2021. https://arxiv.org/abs/2108.10257
    """
    return _swinir(scale, groups=6, channels=180, upsampler="pixelshuffle")


def omnisr(scale: int = 8) -> SpandrelNet:
    """Omni-SR with 5 groups of omni self-attention, 64 channels.

    Args:
        scale: Factor of enlargement: 2, 4, 8 or 16; the authors have up to 4.

    References:
        Wang et al., Omni Aggregation Networks for Lightweight Image Super-Resolution, CVPR 2023.
        https://arxiv.org/abs/2304.10244
    """
    from spandrel.architectures.OmniSR import OmniSR

    # The network fills sides up to a multiple of 8 with zeros; below 16 its spatial attention has nothing to pool.
    info = ModelInfo("super_resolve", SCALES, min_size=_WINDOW + 1, licence="Apache-2.0", paper=_OMNISR)
    check_scale(info, scale)
    return SpandrelNet(_quietly(OmniSR, res_num=5, up_scale=scale), info, scale, bottom=-1.0)


def architecture(name: str) -> Callable[..., SpandrelNet]:
    """Give what makes a network of spandrel from its class and the parameters of that class.

    Args:
        name: Name of the class: ``RetinexFormer``, ``HAT``, ``NAFNet``, ``RCAN``, ...

    Raises:
        UnknownComponent: If spandrel has no such class.

    Example:
        >>> model = architecture("NAFNet")(scale=1, width=8, enc_blk_nums=[1], dec_blk_nums=[1])
        >>> model.info.purpose, model.info.multiple
        ('enhance', 1)
    """
    classes = _classes()
    if name not in classes:
        near = did_you_mean(name, classes) or f"; it has {', '.join(sorted(classes))}"
        raise UnknownComponent(f"spandrel has no {name!r}{near}")
    net_class, loader = classes[name]
    taken = inspect.signature(net_class).parameters
    own_name = next((known for known in _SCALE_NAMES if _is_number(taken.get(known))), None)
    usual: int = taken[own_name].default if own_name else 1

    def make(scale: int = usual, **params: Any) -> SpandrelNet:
        net = _built(name, net_class, params | ({own_name: scale} if own_name else {}))
        return _described(name, net, loader, scale)

    scale_first = [inspect.Parameter("scale", inspect.Parameter.KEYWORD_ONLY, default=usual, annotation=int)]
    others = [one.replace(annotation=Any) for key, one in taken.items() if key != own_name]
    vars(make)["__signature__"] = inspect.Signature(scale_first + others)
    make.__doc__ = f"{name}, as spandrel builds it.\n\nArgs:\n    scale: Factor of enlargement.\n"
    return make


def _swinir(scale: int, *, groups: int, channels: int, upsampler: str) -> SpandrelNet:
    from spandrel.architectures.SwinIR import SwinIR

    # The network mirrors sides up to a multiple of 8, which needs more pixels than it adds.
    info = ModelInfo("super_resolve", SCALES, min_size=_WINDOW // 2 + 1, licence="Apache-2.0", paper=_SWINIR)
    check_scale(info, scale)
    net = _quietly(
        SwinIR,
        # Only the size whose masks are kept ready; at other sizes they are computed on the way.
        img_size=max(2 * _WINDOW, _TYPICAL_CLEAN // scale),
        embed_dim=channels,
        depths=[6] * groups,
        num_heads=[6] * groups,
        window_size=_WINDOW,
        mlp_ratio=2.0,
        drop_path_rate=0.0,
        upscale=scale,
        upsampler=upsampler,
    )
    return SpandrelNet(net, info, scale)


def _classes() -> Mapping[str, tuple[type[nn.Module], Any]]:
    """Every network class of spandrel by its name, each with spandrel's loader of it."""
    from spandrel import MAIN_REGISTRY

    found: dict[str, tuple[type[nn.Module], Any]] = {}
    for support in MAIN_REGISTRY.architectures():
        module = importlib.import_module(type(support.architecture).__module__)
        names = [name for name in module.__all__ if not name.endswith("Arch")]
        found |= {name: (getattr(module, name), support.architecture) for name in names}
    return found


def _quietly(net_class: type[nn.Module], **params: Any) -> nn.Module:
    """Build without the warnings of old code about torch, and with layer norms that can be compiled."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.meshgrid")
        return with_timm_norms(net_class(**params))


def _built(name: str, net_class: type[nn.Module], params: Mapping[str, Any]) -> nn.Module:
    try:
        return _quietly(net_class, **params)
    except Exception as error:
        given = ", ".join(f"{key}={value!r}" for key, value in params.items())
        raise UsageError(f"spandrel:{name} cannot be built from {given}: {type(error).__name__}: {error}") from error


def _described(name: str, net: nn.Module, loader: Any, scale: int) -> SpandrelNet:
    """Wrap a network with what spandrel finds out about it from its weights."""
    try:
        facts = loader.load(dict(net.state_dict()))
    except Exception as error:
        raise UsageError(f"spandrel:{name}: spandrel cannot read these parameters back: {error}") from error
    needs = facts.size_requirements
    if (facts.input_channels, facts.output_channels) != (3, 3) or needs.square:
        raise UsageError(f"spandrel:{name} does not turn RGB pictures of any size into RGB pictures")
    if facts.scale != scale:
        raise UsageError(f"spandrel:{name} with these parameters enlarges {facts.scale} times, not {scale}")
    info = ModelInfo(
        "enhance" if scale == 1 else "super_resolve",
        (scale,),
        min_size=max(needs.minimum, 1),
        multiple=needs.multiple_of,
        licence="see the architecture in spandrel",
    )
    # How spandrel calls it: some networks want another range, or give more than a picture.
    return SpandrelNet(net, info, scale, call=vars(facts).get("_call_fn"))


def _is_number(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and isinstance(parameter.default, int)


def _plainly(net: nn.Module, low: Tensor) -> Tensor:
    return net(low)
