"""Photographs the page for docs/app.md, with drawn faces and the weights that ship: python docs/app_picture.py.

Needs the extras `app` and `landmarks`, playwright and a Chromium that is installed on the machine.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from playwright.sync_api import sync_playwright

from lfsrkit.faces.synthetic import draw_face, sample_face
from lfsrkit.images import resize, write_png
from lfsrkit.preview import Preview, preview
from lfsrkit.stages import load_stage

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1120, 860


def dark_face(file: Path) -> None:
    """Draw a face and degrade it as `celeba_x8` does."""
    found = next(preview(["synthetic:1"], load_stage("pairs", recipes=["celeba_x8"])))
    if not isinstance(found, Preview):
        raise SystemExit(found.reason)
    write_png(file, found.low)


def dark_photograph(file: Path) -> None:
    """Print three drawn portraits in a row, in the dark."""
    sheet = np.full((140, 400, 3), 200.0)
    for number in range(3):
        face = draw_face(sample_face(torch.Generator().manual_seed(number)), 128).image
        left = 10 + 130 * number
        sheet[10:130, left : left + 120] = resize(face, 120, 120)
    noise = np.random.default_rng(0).normal(0, 0.01, sheet.shape)
    dark = ((sheet / 255) ** 2.5 * 0.7 + noise).clip(0, 1)
    write_png(file, (255 * dark).round().astype(np.uint8))


PICTURES = (("restore", "lfsrnet_tiny_x8", dark_face), ("photograph", "lfsrnet_tiny_x4", dark_photograph))
"""Name, model and what it is given."""


def photograph(address: str, folder: Path) -> None:
    """Take a picture of each tab, and one for a face and for a photograph."""
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        page = context.pages[0]
        page.set_default_timeout(300_000)
        page.goto(address)
        for name, model, draw in PICTURES:
            draw(folder / f"{name}.png")
            page.get_by_label("Model", exact=True).click()
            page.get_by_role("option", name=model).click()
            restored(page, folder / f"{name}.png")
            page.screenshot(path=DOCS / f"app_{name}.png", full_page=True)
            page.locator("#dark").get_by_label("Clear").click()
            page.wait_for_selector("#dark input[type=file]", state="attached")
        page.get_by_role("tab", name="Degradations and masks").click()
        page.wait_for_selector("#pictures img")
        page.get_by_role("button", name="shot_read_noise").last.click()
        page.wait_for_timeout(2000)
        page.screenshot(path=DOCS / "app_play.png", full_page=True)
        context.close()


def restored(page: Any, file: Path) -> None:
    """Drop a picture and wait until it is restored."""
    page.locator("#dark input[type=file]").set_input_files(file)
    page.wait_for_selector("#histogram svg")
    page.wait_for_function("document.querySelectorAll('#slider img').length == 2")
    page.wait_for_timeout(2000)


def main() -> None:
    """Serve, photograph, stop."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lfsrkit_cli", "app", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None:
                raise SystemExit("the page does not say where it is")
            try:
                photograph(process.stdout.readline().strip(), Path(folder))
            finally:
                process.terminate()


if __name__ == "__main__":
    main()
