"""What stands between browser and page: a limit for every request, and a promise that nothing else is loaded."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Gradio writes scripts and styles into its page; everything has to come from this server all the same.
POLICY = "; ".join((
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_ROOM = 2**16
"""Bytes that a form adds to the file inside it."""


class Guard:
    """Pass requests on to an application, up to a length, and add headers to its answers.

    Args:
        application: What answers.
        upload_bytes: Largest file that may be sent.
    """

    def __init__(self, application: Application, upload_bytes: int) -> None:
        self._application = application
        self._most = upload_bytes + _ROOM

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._application(scope, receive, send)
        headers = dict(scope["headers"])
        if b"transfer-encoding" in headers:
            return await _refuse(send, 411, b"say how long it is")
        stated = headers.get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > self._most:
            return await _refuse(send, 413, b"too large")
        return await self._application(scope, receive, _with_headers(send))


async def _refuse(send: Send, status: int, reason: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": reason})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
        await send(message)

    return sending
