"""The page in a real browser: what is dropped is restored, what is moved moves, and nothing leaves the machine."""

import re
import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_cases import browser, is_local, served
from photograph_cases import dark_collage, drawn, needs_detector
from pictures import picture

from lfsrkit.images import decode, encode_png
from lfsrkit.stages import load_stage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Any, list[str]]]:
    with browser(tmp_path_factory.mktemp("profile")) as (tab, asked), served() as address:
        tab.goto(address)
        tab.wait_for_selector("#slider")
        yield tab, asked


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dark") / "night.png"
    file.write_bytes(encode_png(picture(3, 24) // 6))
    return file


def restore(tab: Any, file: Path) -> None:
    tab.get_by_role("tab", name="Restore").click()
    tab.locator("#dark input[type=file]").set_input_files(file)


def choose_model(tab: Any, label: str) -> None:
    tab.locator("#model input").click()
    tab.get_by_role("option", name=label).click()


def clear(tab: Any) -> None:
    tab.locator("#dark").get_by_label("Clear").click()
    tab.wait_for_selector("#dark input[type=file]", state="attached")


def test_a_dark_picture_is_restored_and_can_be_compared_and_downloaded(
    visit: tuple[Any, list[str]], low: Path, tmp_path: Path
) -> None:
    tab, _ = visit
    restore(tab, low)
    tab.wait_for_selector("#histogram svg")
    tab.get_by_text("24x24 to 192x192 pixels").wait_for()
    assert "lfsrnet_tiny_x8, x8" in tab.inner_text("#said")
    assert re.search(r"time\s+\d+\.\d\d s", tab.inner_text("#said"))

    tab.wait_for_function("document.querySelectorAll('#slider img').length == 2")
    handle = tab.locator("#slider [data-testid=slider] .inner")
    before = handle.bounding_box()
    tab.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(before["x"] + 120, before["y"] + before["height"] / 2, steps=8)
    tab.mouse.up()
    assert handle.bounding_box()["x"] > before["x"] + 60

    tab.wait_for_selector("#download:not([disabled])")
    with tab.expect_download() as download:
        tab.locator("#download").click()
    download.value.save_as(tmp_path / "restored.png")
    restored = decode((tmp_path / "restored.png").read_bytes())
    assert restored.shape == (192, 192, 3)
    assert restored.mean() > 2 * decode(low.read_bytes()).mean()

    choose_model(tab, "bicubic")
    tab.get_by_text("bicubic, x8").wait_for()
    tab.locator("#scale").get_by_text("4", exact=True).click()
    tab.get_by_text("24x24 to 96x96 pixels").wait_for()
    choose_model(tab, "lfsrnet_tiny_x8")
    tab.get_by_text("24x24 to 192x192 pixels").wait_for()
    clear(tab)
    tab.get_by_text("Drop a dark picture").wait_for()


@needs_detector
def test_the_faces_of_a_photograph_are_restored(visit: tuple[Any, list[str]], tmp_path: Path) -> None:
    tab, _ = visit
    dark, _ = dark_collage([drawn(number, 128) for number in range(2)], 60, 160, 240)
    (tmp_path / "night.png").write_bytes(encode_png(dark))
    # Chosen first: a download that is enabled then belongs to this result and to no earlier one.
    tab.locator("#enlarge").get_by_text("4", exact=True).click()
    restore(tab, tmp_path / "night.png")
    tab.get_by_text("2 faces of a photograph").wait_for()
    tab.get_by_text("240x160 to 960x640 pixels").wait_for()
    tab.wait_for_function("document.querySelectorAll('#slider img').length == 2")
    with tab.expect_download() as download:
        tab.locator("#download:not([disabled])").click()
    download.value.save_as(tmp_path / "restored.png")
    assert decode((tmp_path / "restored.png").read_bytes()).shape == (640, 960, 3)
    tab.locator("#enlarge").get_by_text("1", exact=True).click()
    tab.get_by_text("240x160 to 240x160 pixels").wait_for()
    tab.locator("#mode").get_by_text("whole picture").click()
    tab.get_by_text("the whole picture", exact=True).wait_for()
    tab.locator("#enlarge").get_by_text("usual").click()
    tab.locator("#mode").get_by_text("by size").click()
    tab.get_by_text("240x160 to 480x320 pixels").wait_for()
    clear(tab)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>no picture</html>", "not a picture of a known format"),
        (encode_png(np.zeros((4200, 4200, 3), np.uint8)), "at most 16777216 are decoded"),
        (encode_png(picture(1, 40))[:400], "damaged"),
    ],
    ids=["no picture", "too large", "cut off"],
)
def test_a_bad_file_gives_a_message(visit: tuple[Any, list[str]], tmp_path: Path, content: bytes, reason: str) -> None:
    tab, _ = visit
    (tmp_path / "bad.png").write_bytes(content)
    restore(tab, tmp_path / "bad.png")
    message = tab.locator("#said [role=alert]")
    message.wait_for()
    assert reason in message.inner_text()
    assert str(tmp_path.parent) not in message.inner_text()
    clear(tab)
    message.wait_for(state="detached")


def test_playing_changes_picture_and_recipe(visit: tuple[Any, list[str]]) -> None:
    tab, _ = visit
    tab.get_by_role("tab", name="Degradations and masks").click()
    tab.wait_for_selector("#pictures img")
    assert tab.locator("#pictures figcaption").all_inner_texts() == ["clean, 128x128", "low, 16x16", "mask, 128x128"]
    before = tab.inner_html("#pictures")

    tab.get_by_role("button", name="downsample", exact=False).last.click()
    scale = tab.get_by_label("number input for scale")
    scale.fill("4")
    scale.press("Enter")
    tab.get_by_text("low, 32x32").wait_for()
    tab.wait_for_function("text => document.querySelector('#pictures').innerHTML != text", arg=before)

    tab.locator("#recipe").get_by_label("Copy").click()
    tab.wait_for_function("navigator.clipboard.readText().then(text => text.includes('scale=4'))")
    recipe = tomllib.loads(tab.evaluate("navigator.clipboard.readText()"))
    config = load_stage("pairs", values=recipe["pairs"])
    assert str(config.degrade[0]) == "downsample(scale=4)"
    assert str(load_stage("train", values=recipe["train"]).mask) == "face_biased"

    scale.fill("3")
    scale.press("Enter")
    tab.locator("#pictures [role=alert]").wait_for()
    tab.locator("#pictures [role=alert]").get_by_text("128").wait_for()


def test_the_browser_asked_for_nothing_but_the_page(visit: tuple[Any, list[str]]) -> None:
    _, asked = visit
    assert len(asked) > 20
    assert [url for url in asked if not is_local(url)] == []
