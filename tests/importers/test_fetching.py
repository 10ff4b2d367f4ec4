"""Pictures of the old site are fetched for those who ask, and nothing else is."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from almoner.stories.importers.moving.fetching import Fetch
from almoner.stories.importers.moving.pictures import MAX_BYTES, PictureError

PICTURE = (
    Path(__file__).parents[2] / "docs/examples/wordpress/uploads/2024/05/street.png"
).read_bytes()


class OldSite(BaseHTTPRequestHandler):
    """Pictures, and what else an address can lead to."""

    def do_GET(self) -> None:
        moved = {
            "/moved.png": "/a.png",
            "/file": "file:///etc/passwd",
            "/round": "/round",
            "/inside": "http://127.0.0.1:1/x.png",
        }
        if self.path in moved:
            self.send_response(302)
            self.send_header("Location", moved[self.path])
            self.end_headers()
            return
        known = {"/a.png": PICTURE, "/words.png": b"<html>", "/large.png": b"\x89PNG" * MAX_BYTES}
        content = known.get(self.path)
        self.send_response(200 if content else 404)
        self.end_headers()
        if content:
            try:
                self.wfile.write(content)
            except OSError:  # the other side has seen enough
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def old_site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OldSite)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/a.png", "/moved.png", "a.png"])
def test_a_picture_is_fetched_from_its_address(path: str, old_site: str) -> None:
    assert Fetch(old_site, private=True)(path).content == PICTURE


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/words.png", "no picture"),
        ("/none.png", "404"),
        ("/large.png", "more than 20 MB"),
        ("/file", "only http and https"),
        ("/round", "from one address to the next"),
        ("file:///etc/passwd", "only http and https"),
        ("http://user:word@127.0.0.1/a.png", "only http and https"),
    ],
)
def test_anything_else_is_refused_with_its_reason(path: str, why: str, old_site: str) -> None:
    with pytest.raises(PictureError, match=why):
        Fetch(old_site, private=True)(path)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "http://localhost/a.png",
        "http://169.254.169.254/latest",
        "http://[::ffff:10.0.0.1]/a.png",
        "https://192.168.1.1/a.png",
    ],
)
def test_a_private_network_is_asked_nothing_unless_that_is_allowed(address: str) -> None:
    with pytest.raises(PictureError, match="inside a private network"):
        Fetch("https://old.example", private=False)(address)
