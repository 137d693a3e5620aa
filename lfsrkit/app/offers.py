"""Which models the page offers, and at which scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lfsrkit.devices import choose_device
from lfsrkit.models import Restorer, restorer_for
from lfsrkit.models.choose import name_of
from lfsrkit.shipped import shipped_names

FLOOR = "bicubic"
"""Always there, since it needs no training."""


@dataclass(frozen=True)
class Offer:
    """A model that can be chosen."""

    label: str
    """What the page calls it."""
    source: str
    """A run folder, a ``.safetensors`` file, or a name that needs no training."""
    scales: tuple[int, ...]
    """How many times it can enlarge; a trained model knows one."""
    device: str = "auto"
    allow_code: bool = False

    def load(self, scale: int) -> Restorer:
        """Give the model, ready for use; it is made once.

        Args:
            scale: One of `scales`.

        Raises:
            UsageError: If the model does not enlarge that many times.
        """
        return _loaded(self, scale)


def offers(models: Sequence[str], *, device: str = "auto", allow_code: bool = False) -> dict[str, Offer]:
    """Look at models without keeping them: those named, those that ship, and the floor.

    Args:
        models: Run folders, ``.safetensors`` files, or names that need no training.
        device: Where they will compute.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Returns:
        Offers by label.

    Raises:
        UsageError: If a model does not exist or has to be trained first.
    """
    found: dict[str, Offer] = {}
    # Those that ship from behind: the largest enlargement is what a page is tried with.
    for source in dict.fromkeys([*models, *reversed(shipped_names()), FLOOR]):
        model = restorer_for(source, allow_code=allow_code)
        scales = tuple(model.info.scales) if source == FLOOR else (model.scale,)
        label = name_of(source)
        while label in found:
            label += "'"
        found[label] = Offer(label, source, scales, device, allow_code)
    return found


@cache
def _loaded(offer: Offer, scale: int) -> Restorer:
    model = restorer_for(offer.source, scale=scale, allow_code=offer.allow_code)
    return model.to(choose_device(offer.device)).eval()
