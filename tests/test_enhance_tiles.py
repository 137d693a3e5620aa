"""Whole pictures in tiles: the same as at once, or without a seam that one sees."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from lfsrkit.inference.restoring import Restoring
from lfsrkit.inference.tiles import Tiling, is_local, restore_tiled
from lfsrkit.models import Restorer
from lfsrkit.models.edsr import Edsr
from tests.photograph_cases import CPU, Marked, as_batch, seeded
from tests.pictures import picture


def joined(model: Restorer, low: torch.Tensor, tiling: Tiling, *, local: bool) -> torch.Tensor:
    return torch.cat(list(restore_tiled(Restoring(model, CPU), low, tiling, local=local)), dim=-2)


class TestTiles:
    @pytest.mark.parametrize("length", range(1, 200))
    def test_tiles_cover_a_side_and_no_three_meet(self, length: int) -> None:
        spans = Tiling(32, 8).spans(length)
        covered = np.zeros(length, int)
        for start, end in spans:
            assert 0 <= start < end <= length
            assert end - start <= 32
            covered[start:end] += 1
        assert covered.min() >= 1
        assert covered.max() <= 2
        assert all(first[1] - second[0] >= 8 for first, second in pairwise(spans))

    def test_a_local_model_gives_the_same_in_tiles(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = Edsr(2, channels=8, blocks=1).eval()
        low = as_batch(picture(0, 90, 131))
        assert is_local(Restoring(model, CPU))
        with torch.inference_mode():
            whole = model(low).clamp(0, 1)
        # Four convolutions of 3 x 3 in front of the shuffle and one after it see 5 pixels; 16 are shared.
        tiled = joined(model, low, Tiling(64, 16), local=True)
        away = (tiled - whole).abs()
        assert tiled.shape == whole.shape
        assert away.mean() < 1e-3
        assert away.max() < 0.05

    def test_constant_pictures_stay_constant(self) -> None:
        tiled = joined(Marked(2), torch.rand(1, 3, 70, 150), Tiling(32, 8), local=True)
        assert torch.allclose(tiled[:, 1], torch.ones(1), atol=1e-6)
        assert tiled[:, 0].abs().max() == 0

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["bicubic", "lfsrnet_tiny"])
    def test_seams_of_a_model_that_is_not_local_cannot_be_seen(self, name: str) -> None:
        model, tiling = seeded(name, scale=2), Tiling(64, 16)
        if name == "lfsrnet_tiny":
            with torch.no_grad():
                # As trained networks do, it shall look at the brightness of the whole picture.
                model.curve.predict[-1].weight.mul_(20)
        assert not is_local(Restoring(model, CPU))
        # Black on the left, bright on the right: alone, each tile would be lifted in its own way.
        low = torch.linspace(0, 1, 200).expand(1, 3, 100, 200) ** 2
        with torch.inference_mode():
            guide = model(functional.interpolate(low, (32, 64), mode="bicubic", antialias=True)).clamp(0, 1)
        wanted = functional.adaptive_avg_pool2d(guide, (5, 10))
        plain, level = (
            (functional.adaptive_avg_pool2d(joined(model, low, tiling, local=local), (5, 10)) - wanted).abs()
            for local in (True, False)
        )
        assert level.max() < 0.35 * plain.max()
        assert level.mean() < 0.02

    def test_the_network_never_sees_more_than_a_tile(self) -> None:
        model = Marked(2)
        joined(model, torch.rand(1, 3, 300, 40), Tiling(48, 12), local=False)
        assert max(max(size) for size in model.sizes) <= 48
