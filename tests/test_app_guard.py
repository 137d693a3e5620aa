"""What the server of the page gives away: the page, uploads of its own, and no file besides."""

import json
import socket
from collections.abc import Generator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from browser_cases import served
from pictures import picture

from lfsrkit.images import encode_png

pytest.importorskip("gradio", reason="the extra app is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site() -> Generator[str]:
    with served("bicubic", "--upload-megabytes", 1) as address:
        yield address


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture on the server that nobody has uploaded."""
    file = tmp_path_factory.mktemp("private") / "secret.png"
    file.write_bytes(encode_png(picture(7, 20)))
    return file


def ask(site: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    parts = urlsplit(site)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    result = answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return result


def upload(site: str, name: str, content: bytes) -> tuple[int, bytes]:
    body = (
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n--x--\r\n"
    )
    status, answer, _ = ask(site, "/gradio_api/upload", body, **{"Content-Type": "multipart/form-data; boundary=x"})
    return status, answer


def events(site: str, path: str, url: str | None = None) -> str:
    """What the server answers when a forged request names a file."""
    config = json.loads(ask(site, "/config")[1])
    number = next(item["id"] for item in config["dependencies"] if len(item["inputs"]) == 5)
    file = {"path": path, "url": url, "orig_name": "a.png", "meta": {"_type": "gradio.FileData"}}
    call = {"data": [file, "bicubic", 2, "auto", 0], "fn_index": number, "session_hash": "s"}
    status, answer, _ = ask(
        site, "/gradio_api/queue/join", json.dumps(call).encode(), **{"Content-Type": "application/json"}
    )
    assert status == 200, answer
    return ask(site, "/gradio_api/queue/data?session_hash=s")[1].decode()


PREFIXES = ["/gradio_api/file=", "/file=", "/file/", "/static/", "/assets/", "/gradio_api/file/", "/gradio_api/stream/"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_file_of_the_server_is_served(site: str, secret: Path, prefix: str) -> None:
    here = Path(__file__).resolve()
    for file in (Path("/etc/passwd"), secret, here, here.parents[1] / "pyproject.toml"):
        up = "../" * 12 + str(file).lstrip("/")
        for form in (str(file), quote(str(file), safe=""), up, quote(up, safe=""), up.replace("../", "..%2f")):
            status, body, _ = ask(site, prefix + form)
            assert status >= 400, (prefix, form)
            assert file.read_bytes()[:16] not in body


def test_a_forged_request_reaches_no_file(site: str, secret: Path) -> None:
    for path in (str(secret), "/etc/passwd", "../../../../etc/passwd"):
        answer = events(site, path)
        assert '"success":false' in answer.replace(" ", "")
        assert "20x20" not in answer


def test_a_forged_request_fetches_no_address(site: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(1)
        address = f"http://127.0.0.1:{trap.getsockname()[1]}/a.png"
        for forged in (events(site, address), events(site, address, address)):
            assert '"success":false' in forged.replace(" ", "")
        with pytest.raises(TimeoutError):
            trap.accept()


def test_an_upload_can_be_used(site: str) -> None:
    """The two tests above would pass for a page that restores nothing."""
    status, answer = upload(site, "a.png", encode_png(picture(7, 20)))
    assert status == 200
    assert "20x20 to 40x40" in events(site, json.loads(answer)[0])


def test_large_uploads_are_refused(site: str) -> None:
    assert upload(site, "a.png", b"\0" * (1 << 19))[0] == 200
    assert upload(site, "a.png", b"\0" * (2 << 20))[0] == 413


def test_a_body_that_does_not_say_how_long_it_is_is_refused(site: str) -> None:
    parts = urlsplit(site)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    connection.request("POST", "/gradio_api/upload", iter([b"--x"]), {"Content-Type": "multipart/form-data"})
    assert connection.getresponse().status == 411
    connection.close()


def test_pages_of_other_sites_are_kept_out(site: str) -> None:
    assert ask(site, "/", Host="evil.example")[0] == 400
    status, _, headers = ask(site, "/")
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_page_names_no_other_server_to_load_from(site: str) -> None:
    page = ask(site, "/")[1].decode()
    assert "fonts.googleapis" not in page
    assert "cdnjs" not in page
    config = json.loads(ask(site, "/config")[1])
    assert config["analytics_enabled"] is False
