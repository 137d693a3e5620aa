"""What single mask strategies promise: exact shares, frequencies, the parts of the face, patterns."""

import math
from collections.abc import Sequence

import pytest
import torch

from lfsrkit import MASKS
from lfsrkit.calls import parse_call
from lfsrkit.errors import UsageError
from lfsrkit.masks import Grid, Hints, MaskStrategy
from lfsrkit.regions import region_union, template_regions
from lfsrkit.types import Masks
from tests.mask_cases import SIZES, draw, hints, seeded, strategy_of, within_five_errors

UNIFORM = [("random", 1), ("patch", 16), ("patch", 8), ("simmim", 8)]


@pytest.mark.parametrize("ratio", [0.0, 0.1, 1 / 3, 0.5, 0.75, 1.0])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_random_selects_an_exact_number_of_pixels(ratio: float, height: int, width: int) -> None:
    mask = MASKS.create("random", ratio=ratio).sample(5, height, width, seeded())
    assert mask.sum(dim=(1, 2, 3)).tolist() == [round(ratio * height * width)] * 5


@pytest.mark.parametrize("name", ["patch", "face_biased", "block", "dark", "hard"])
@pytest.mark.parametrize("ratio", [0.0, 0.1, 1 / 3, 0.5, 0.75, 1.0])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_an_exact_number_of_patches_is_selected(name: str, ratio: float, height: int, width: int) -> None:
    size = 8
    mask = draw(MASKS.create(name, ratio=ratio, size=size), 5, height, width, seeded())
    rows, columns = math.ceil(height / size), math.ceil(width / size)
    corners = mask[:, 0, ::size, ::size]
    assert corners.shape == (5, rows, columns)
    assert corners.sum(dim=(1, 2)).tolist() == [round(ratio * rows * columns)] * 5
    whole = corners.repeat_interleave(size, 1).repeat_interleave(size, 2)[:, :height, :width]
    assert torch.equal(mask[:, 0], whole)


@pytest.mark.parametrize(("name", "size"), UNIFORM)
def test_uniform_masks_select_every_place_equally_often(name: str, size: int) -> None:
    params = {} if name == "random" else {"size": size}
    trials, ratio, (height, width) = 2000, 0.3, (40, 24)
    mask = MASKS.create(name, ratio=ratio, **params).sample(trials, height, width, seeded())
    cells = Grid(height, width, size).cells
    count = math.ceil(ratio * cells) if name == "simmim" else round(ratio * cells)
    assert within_five_errors(mask.mean(dim=(0, 1)), count / cells, trials)


@pytest.mark.parametrize(("name", "size"), UNIFORM)
def test_uniform_masks_select_pairs_as_without_replacement(name: str, size: int) -> None:
    params = {} if name == "random" else {"size": size}
    trials, side = 3000, 4 * size
    mask = MASKS.create(name, ratio=0.5, **params).sample(trials, side, side, seeded())
    cells = mask[:, 0, ::size, ::size].flatten(1)
    together = (cells[:, :1] * cells[:, 1:]).mean(dim=0)
    assert within_five_errors(together, 8 / 16 * 7 / 15, trials)


def test_face_biased_selects_by_weight() -> None:
    # One of 64 patches is drawn, so its chance is its weight over the sum of weights.
    trials, kappa = 4000, 8.0
    regions = template_regions(64)[None].expand(trials, -1, -1, -1)
    mask = MASKS.create("face_biased", ratio=1 / 64, size=8, kappa=kappa).sample(
        trials, 64, 64, seeded(), regions=regions
    )
    coverage = region_union(regions[:1])[0, 0].unfold(0, 8, 8).unfold(1, 8, 8).mean(dim=(2, 3))
    weight = 1 + kappa * coverage
    assert within_five_errors(mask[:, 0, ::8, ::8].mean(dim=0), weight / weight.sum(), trials)


def test_face_biased_selects_components_more_often() -> None:
    n = 500
    regions = template_regions(128)[None].expand(n, -1, -1, -1)
    inside = region_union(regions[:1])[0, 0] > 0.9
    outside = region_union(regions[:1])[0, 0] < 0.01
    for kappa, least in ((0.0, 0.0), (8.0, 0.25)):
        frequency = MASKS.create("face_biased", kappa=kappa).sample(n, 128, 128, seeded(), regions=regions).mean((0, 1))
        excess = float(frequency[inside].mean() - frequency[outside].mean())
        assert excess > least if kappa else abs(excess) < 5 * 0.5 / math.sqrt(n)


def test_face_biased_without_a_face_is_uniform() -> None:
    trials = 2000
    mask = MASKS.create("face_biased", size=8).sample(trials, 32, 32, seeded(), regions=torch.zeros(trials, 7, 32, 32))
    assert within_five_errors(mask.mean(dim=(0, 1)), 0.5, trials)


def test_facial_region_selects_the_named_parts() -> None:
    regions = template_regions(64)[None]
    mask = MASKS.create("facial_region", parts=["eyes", "mouth"]).sample(1, 64, 64, seeded(), regions=regions)
    assert torch.equal(mask[0, 0].bool(), (regions[0, [0, 1, 5]] >= 0.5).any(dim=0))
    everything = MASKS.create("facial_region").sample(1, 64, 64, seeded(), regions=regions)
    assert torch.equal(everything[0, 0].bool(), (regions[0, :6] >= 0.5).any(dim=0))


def test_facial_region_of_no_face_is_empty() -> None:
    assert MASKS.create("facial_region").sample(2, 16, 16, seeded(), regions=torch.zeros(2, 7, 16, 16)).sum() == 0


def test_blocks_are_large_and_nearly_everywhere() -> None:
    trials = 500
    mask = MASKS.create("block", ratio=0.25, size=8, least=16).sample(trials, 128, 128, seeded())
    cells = mask[:, 0, ::8, ::8]
    neighbours = (cells[:, :, 1:] * cells[:, :, :-1]).sum((1, 2)) / cells.sum((1, 2))
    assert neighbours.mean() > 0.7, "patches without order have a selected neighbour in a quarter of cases"
    assert (cells.mean(0) > 0).all()


@pytest.mark.parametrize(("area", "aspect"), [((0.25, 0.25), (1.0, 1.0)), ((0.1, 0.2), (0.5, 2.0))])
def test_a_box_is_one_rectangle_of_the_drawn_area(area: tuple[float, float], aspect: tuple[float, float]) -> None:
    for mask in MASKS.create("box", area=area, aspect=aspect).sample(50, 64, 96, seeded())[:, 0]:
        rows, columns = mask.amax(1), mask.amax(0)
        assert torch.equal(mask, rows[:, None] * columns[None])
        assert rows.diff().abs().sum() <= 2
        assert columns.diff().abs().sum() <= 2
        assert area[0] - 0.02 <= mask.mean() <= area[1] + 0.02


@pytest.mark.parametrize("name", ["grid", "stripes", "checkerboard"])
def test_patterns_repeat(name: str) -> None:
    mask = strategy_of(name).sample(20, 64, 48, seeded())
    assert torch.equal(mask[..., 16:, :], mask[..., :-16, :])
    assert torch.equal(mask[..., 16:], mask[..., :-16])
    assert ((mask.mean((1, 2, 3)) - 0.5).abs() < 0.04).all()


def test_stripes_lie_in_the_named_direction() -> None:
    rows = MASKS.create("stripes", along="rows").sample(4, 32, 48, seeded())
    assert torch.equal(rows, rows[..., :1].expand_as(rows))
    columns = MASKS.create("stripes", along="columns").sample(4, 32, 48, seeded())
    assert torch.equal(columns, columns[..., :1, :].expand_as(columns))


def test_strokes_are_connected_lines_of_the_given_width() -> None:
    from skimage.measure import label
    from skimage.morphology import disk, opening

    masks = MASKS.create("strokes", count=(1, 1), width=(0.1, 0.1)).sample(20, 128, 128, seeded())[:, 0].numpy()
    assert all(label(mask, connectivity=2).max() == 1 for mask in masks)
    assert all((opening(mask, disk(4)) == mask).mean() > 0.99 for mask in masks), "nowhere thinner than drawn"
    assert 0.02 < masks.mean() < 0.6


def test_strokes_may_be_many() -> None:
    few, many = (MASKS.create("strokes", count=(n, n)).sample(8, 64, 64, seeded()) for n in (1, 30))
    assert (many.mean((1, 2, 3)) > few.mean((1, 2, 3))).all()


def test_dark_and_hard_select_the_extremes_and_break_ties_by_the_stream() -> None:
    scores = torch.rand(3, 1, 8, 8, generator=seeded()).repeat_interleave(8, 2).repeat_interleave(8, 3)
    hard = MASKS.create("hard", ratio=0.25, size=8).sample(3, 64, 64, seeded(), error=scores)
    assert (scores[hard == 1].reshape(3, -1).amin(1) > scores[hard == 0].reshape(3, -1).amax(1)).all()
    dark = MASKS.create("dark", ratio=0.25, size=8).sample(3, 64, 64, seeded(), low=scores.expand(-1, 3, -1, -1))
    assert (scores[dark == 1].reshape(3, -1).amax(1) < scores[dark == 0].reshape(3, -1).amin(1)).all()
    trials = 2000
    flat = MASKS.create("hard", ratio=0.25, size=8).sample(
        trials, 32, 32, seeded(), error=torch.ones(trials, 1, 32, 32)
    )
    assert within_five_errors(flat.mean((0, 1)), 0.25, trials)


def test_a_union_selects_either_and_an_inverse_the_rest() -> None:
    given = hints(4, 32, 32)
    either = strategy_of("union").sample(4, 32, 32, seeded(), regions=given["regions"])
    mouth = (given["regions"][:, 5:6] >= 0.5).float()
    patches = MASKS.create("patch", ratio=0.25).sample(4, 32, 32, seeded())
    assert torch.equal(either, torch.maximum(patches, mouth))
    assert torch.equal(strategy_of("invert").sample(4, 32, 32, seeded()), 1 - patches)


def test_a_schedule_moves_the_ratio_or_goes_over_to_another_strategy() -> None:
    moves = MASKS.build(parse_call("schedule(of=random(), ratio=(0.25, 0.75), begin=0.5, end=0.75)"))
    shares = [moves.sample(1, 64, 64, seeded(), progress=t).mean().item() for t in (0.0, 0.5, 0.625, 0.75, 1.0)]
    assert shares == [0.25, 0.25, 0.5, 0.75, 0.75]
    trials = 2000
    goes = MASKS.build(parse_call("schedule(of=random(ratio=0.0), to=random(ratio=1.0))"))
    for progress in (0.0, 0.3, 1.0):
        masks = goes.sample(trials, 4, 4, seeded(), progress=progress)
        assert set(masks.mean((1, 2, 3)).tolist()) <= {0.0, 1.0}
        assert within_five_errors(masks.mean(), progress, trials)


def test_what_a_strategy_declares_is_asked_for_before_it_draws() -> None:
    class Careless(MaskStrategy):
        @property
        def needs(self) -> frozenset[str]:
            return frozenset({"low", "progress"})

        def draw(self, height: int, width: int, generators: Sequence[torch.Generator], hints: Hints) -> Masks:
            return torch.full((len(generators), 1, height, width), hints.progress)

    with pytest.raises(UsageError, match="needs low"):
        Careless().sample(1, 8, 8, seeded())
    assert (Careless().sample(1, 8, 8, seeded(), low=torch.zeros(1, 3, 8, 8), progress=0.25) == 0.25).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("random(ratio=1.5)", "0 to 1; 1.5 was given"),
        ("patch(ratio=-0.1)", "0 to 1; -0.1 was given"),
        ("patch(size=0)", "size is a length in pixels, from 1; 0 was given"),
        ("grid(period=0)", "period is a length in pixels, from 1; 0 was given"),
        ("stripes(period=-4)", "period is a length in pixels, from 1; -4 was given"),
        ("face_biased(kappa=-1)", "from 0; -1.0 was given"),
        ("facial_region(parts=['mouht'])", "did you mean 'mouth'"),
        ("patch(sise=8)", "did you mean 'size'"),
        ("block(aspect=0)", "aspect a ratio above 0"),
        ("box(area=(0.5, 0.1))", "area is a range"),
        ("strokes(count=(0, 2))", "count is a range from 1"),
        ("stripes(along='diagonals')", "'rows'"),
        ("schedule(of=patch())", "either ratio=.* or to="),
        ("schedule(of=box(), ratio=(0, 1))", "has no ratio"),
        ("schedule(of=patch(), ratio=(0, 2))", "0 to 1; 2.0 was given"),
        ("schedule(of=patch(), to=box(), begin=0.5, end=0.2)", "begin <= end"),
    ],
)
def test_wrong_parameters_are_refused(call: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MASKS.build(parse_call(call))
