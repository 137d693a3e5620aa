"""Photographs the page for docs/app.md, with a drawn face in it: python docs/app_picture.py [MODEL].

Needs the extra `app`, playwright and a Chromium that is installed on the machine.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from lfsrkit.images import write_png
from lfsrkit.preview import Preview, preview
from lfsrkit.stages import load_stage

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1120, 860


def dark_face(file: Path) -> None:
    """Draw a face and degrade it as `celeba_x4` does."""
    found = next(preview(["synthetic:1"], load_stage("pairs", recipes=["celeba_x4"])))
    if not isinstance(found, Preview):
        raise SystemExit(found.reason)
    write_png(file, found.low)


def photograph(address: str, face: Path, profile: Path) -> None:
    """Take a picture of each tab."""
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        page = context.pages[0]
        page.set_default_timeout(120_000)
        page.goto(address)
        page.locator("#dark input[type=file]").set_input_files(face)
        page.wait_for_selector("#histogram svg")
        page.wait_for_function("document.querySelectorAll('#slider img').length == 2")
        page.wait_for_timeout(2000)
        page.screenshot(path=DOCS / "app_restore.png", full_page=True)
        page.get_by_role("tab", name="Degradations and masks").click()
        page.wait_for_selector("#pictures img")
        page.get_by_role("button", name="shot_read_noise").last.click()
        page.wait_for_timeout(2000)
        page.screenshot(path=DOCS / "app_play.png", full_page=True)
        context.close()


def main() -> None:
    """Serve, photograph, stop."""
    with TemporaryDirectory() as folder:
        face = Path(folder) / "night.png"
        dark_face(face)
        command = [sys.executable, "-m", "lfsrkit_cli", "app", "--port", "0", *sys.argv[1:]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None:
                raise SystemExit("the page does not say where it is")
            try:
                photograph(process.stdout.readline().strip(), face, Path(folder) / "profile")
            finally:
                process.terminate()


if __name__ == "__main__":
    main()
