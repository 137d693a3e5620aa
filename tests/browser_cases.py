"""A page served by a process of its own, and a browser without a window that is allowed to reach nothing else."""

import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.command_cases import command, environment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 120_000
"""Milliseconds; the machine may be busy with other tests."""
_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(*arguments: object) -> Generator[str]:
    """Run ``lfsrkit app`` on a free port and give its address."""
    process = subprocess.Popen(
        command("app", "--port", 0, *arguments), env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), f"no address but {address!r}"
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        finally:
            process.kill()
            process.communicate()


@contextmanager
def browser(profile: Path) -> Generator[tuple[Any, list[str]]]:
    """Give a tab of a browser, and the addresses that it asks for."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    asked: list[str] = []
    with playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=_SWITCHES,
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
            viewport={"width": 1200, "height": 900},
            timeout=PATIENCE,
            env={**os.environ, "HOME": str(profile)},
        )
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: asked.append(request.url))
        context.route("**/*", _local_only)
        try:
            yield context.pages[0], asked
        finally:
            context.close()


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:", "about:"))


def _local_only(route: Any) -> None:
    if is_local(route.request.url):
        route.continue_()
    else:
        route.abort()
