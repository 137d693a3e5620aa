"""Listening for a browser: on this machine only unless told otherwise, from a folder that is gone afterwards."""

import os
import socket
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from lfsrkit.app.guard import Guard
from lfsrkit.app.limits import Limits
from lfsrkit.app.offers import offers
from lfsrkit.errors import UsageError

LOCAL = "127.0.0.1"
_SETTINGS = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_SSR_MODE": "False", "GRADIO_RUN_HISTORY": "False"}


@dataclass(frozen=True)
class Site:
    """A page whose address is known and that can be served."""

    url: str
    server: Any
    listener: socket.socket

    def run(self) -> None:
        """Serve until the process is told to stop."""
        self.server.run(sockets=[self.listener])


@contextmanager
def opened(
    models: Sequence[str] = (),
    *,
    host: str = LOCAL,
    port: int = 0,
    limits: Limits | None = None,
    device: str = "auto",
    allow_code: bool = False,
) -> Generator[Site]:
    """Make the page and take a port.

    Args:
        models: Run folders, ``.safetensors`` files, or names that need no training; ``bicubic`` is always there.
        host: Address to listen on; others than 127.0.0.1 let other machines in.
        port: Number of the port; 0 takes a free one.
        limits: What is refused.
        device: Where the models compute.
        allow_code: Whether names in the file of a model may import plug-ins and ``prefix:`` components.

    Raises:
        UsageError: If Gradio is not installed, a model does not exist, or the address cannot be had.
    """
    limits = limits or Limits()
    with TemporaryDirectory(prefix="lfsrkit-app-") as folder, _settings({**_SETTINGS, "GRADIO_TEMP_DIR": folder}):
        try:
            import gradio  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError:
            raise UsageError("the page needs Gradio; pip install 'lfsrkit[app]'") from None
        chosen = offers(models, device=device, allow_code=allow_code)
        with closing(_listener(host, port)) as listener:
            number = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            yield Site(f"http://{shown}:{number}/", _server(chosen, limits, host), listener)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None


def _server(models: Any, limits: Limits, host: str) -> Any:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from lfsrkit.app.page import STYLE, build, theme

    page = build(models, limits)
    bare = FastAPI(openapi_url=None)
    mounted = gr.mount_gradio_app(
        bare,
        page,
        path="/",
        show_error=False,
        max_file_size=limits.upload_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        footer_links=[],
        theme=theme(),
        css_paths=STYLE,
    )
    # Without it Gradio takes the page for one that is still being built, and checks no path.
    page.has_launched = True
    guarded = Guard(mounted, limits.upload_bytes)
    if host in (LOCAL, "localhost", "::1"):
        # A page of another site that has had its name point here must not reach this one.
        guarded = TrustedHostMiddleware(guarded, allowed_hosts=[LOCAL, "localhost", "[::1]"])
    return uvicorn.Server(uvicorn.Config(guarded, log_level="critical", timeout_graceful_shutdown=1))


@contextmanager
def _settings(values: dict[str, str]) -> Generator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
