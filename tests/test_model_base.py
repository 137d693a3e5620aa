"""What every model does with pictures before and after its layers."""

import pytest
import torch

from lfsrkit.models import ModelInfo, Restorer


class Recorder(Restorer):
    """Enlarges by repeating pixels and remembers what it was given."""

    def __init__(self, min_size: int, multiple: int) -> None:
        super().__init__(ModelInfo("joint", (2,), min_size, multiple), 2)
        self.seen = torch.empty(0)

    def _stages(self, low: torch.Tensor) -> dict[str, torch.Tensor]:
        self.seen = low
        large = low.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
        return {"half": low[..., :, :], "restored": large}


@pytest.mark.parametrize(
    ("size", "min_size", "multiple", "padded"),
    [
        ((5, 7), 1, 1, (5, 7)),
        ((5, 7), 1, 4, (8, 8)),
        ((8, 16), 1, 8, (8, 16)),
        ((1, 1), 15, 8, (16, 16)),
        ((17, 3), 15, 8, (24, 16)),
        ((1, 300), 15, 1, (15, 300)),
    ],
)
def test_pictures_are_padded_with_their_border_and_cropped_back(
    size: tuple[int, int], min_size: int, multiple: int, padded: tuple[int, int]
) -> None:
    model = Recorder(min_size, multiple)
    low = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    stages = model.stages(low)
    rows, columns = (torch.arange(new).clamp_max(old - 1) for new, old in zip(padded, size, strict=True))
    assert torch.equal(model.seen, low[:, :, rows][..., columns])
    assert torch.equal(stages["half"], low)
    assert torch.equal(stages["restored"], low.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2))
