"""The figure of realism: every measure of every set is there, and lies where its numbers say."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from lfsrkit.figures import realism_figure
from lfsrkit.figures.axes import LogAxis, RootAxis, density
from lfsrkit.realism import BANDS, Profile, profile_pictures

SVG = "{http://www.w3.org/2000/svg}"
TITLES = ("mean luma", "red / green", "blue / green", "p99 / median", "noise", "at 0", "at 255", "share of pixels")


def profile(*levels: int, side: int = 64) -> Profile:
    return profile_pictures([np.full((side, side, 3), level, np.uint8) for level in levels])


def words(drawn: str) -> list[str]:
    return [item.text or "" for item in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def strokes(drawn: str, colour: str, tag: str = "stroke") -> list[str]:
    paths = ElementTree.fromstring(drawn).iter(f"{SVG}path")
    return [item.attrib["d"] for item in paths if item.attrib.get(tag) == colour]


def test_every_measure_and_every_band_has_its_place() -> None:
    found = words(realism_figure({"train": profile(20, 30), "dark/": profile(9)}).svg())
    for title in TITLES:
        assert sum(title in word for word in found) == 1, title
    for band in BANDS:
        assert found.count(f"{band.name} ({band.count})") == 3  # beside each of three rows
    assert found.count("no published values") == 2
    assert found.count("2 pictures") == found.count("1 picture") == 3


def test_medians_are_written_and_stand_over_their_value() -> None:
    drawn = realism_figure({"train": profile(20, 30, 31)}).svg()
    root = ElementTree.fromstring(drawn)
    (label,) = [item for item in root.iter(f"{SVG}text") if item.text == "30"]
    strong = [item for item in root.iter(f"{SVG}path") if item.attrib.get("stroke-width") == "3"]
    assert len(strong) == 7
    assert float(label.attrib["x"]) == float(strong[0].attrib["d"][1:].split()[0])


def test_few_pictures_get_a_tick_each_and_many_a_curve() -> None:
    few, many = realism_figure({"a": profile(20, 30, 40)}).svg(), realism_figure({"a": profile(*range(20, 40))}).svg()
    colour, area = "#c96a1b", "#f3dcc6"
    assert len(strokes(few, colour)) == 7 * (3 + 1) + 1  # ticks and a median in each panel, and the histogram
    assert not strokes(few, area, "fill")
    assert len(strokes(many, area, "fill")) == 7


def test_a_set_whose_noise_is_unknown_is_drawn_without_it() -> None:
    small = profile(20, 30, side=32)
    assert small.noise is None
    assert "too small to tell noise from texture" in words(realism_figure({"small": small}).svg())


def test_names_are_escaped_and_cut() -> None:
    found = words(realism_figure({"a < b & a very long name": profile(9)}).svg())
    assert "a < b & a very..." in found


def test_extreme_sets_can_be_drawn() -> None:
    black, white = profile(0), profile(255)
    wild = replace(black, luma=(0.0, 255.0) * 8, highlight=(1.0, 510.0) * 8, red_to_green=(0.002, 500.0) * 8)
    for sets in ({"black": black}, {"white": white}, {"black": black, "white": white, "wild": wild, "again": wild}):
        sheet = realism_figure(sets).pixels()
        assert sheet.shape[1] > 2400  # 300 dots an inch over the width of a page
        assert "nan" not in realism_figure(sets).svg()


def test_places_follow_root_and_logarithm_and_stop_at_the_ends() -> None:
    root, log = RootAxis(0.0, 100.0, 10, 200), LogAxis(0.25, 4.0, 10, 200)
    assert [root.place(value) for value in (-1, 0, 25, 100, 400)] == [10, 10, 110, 210, 210]
    assert [log.place(value) for value in (0.1, 0.25, 1, 4, 9)] == pytest.approx([10, 10, 110, 210, 210])


@pytest.mark.parametrize(
    "axis",
    [RootAxis(0.0, 255.0, 0, 240), RootAxis(0.0, 0.3, 0, 240), LogAxis(0.7, 3.6, 0, 240), LogAxis(1, 500, 0, 240)],
)
def test_numbers_below_an_axis_do_not_crowd(axis: RootAxis | LogAxis) -> None:
    ticks = axis.ticks()
    places = [axis.place(value) for value in ticks]
    assert len(ticks) >= 4
    assert ticks == sorted(ticks)
    assert min(np.diff(places)) >= 30
    assert (axis.low == 0) == (ticks[0] == 0)


def test_the_density_of_equal_halves_has_two_equal_peaks() -> None:
    curve = density([25.0] * 20 + [81.0] * 20, RootAxis(0.0, 100.0, 0, 200))
    heights = [height for _, height in curve]
    at = {round(x / 200 * 95): height for x, height in curve}
    assert max(heights) == 1
    assert at[48] > 0.9  # place of 25: the middle of the axis
    assert at[86] > 0.9
    assert at[67] < at[48]
    assert at[5] < 0.1
