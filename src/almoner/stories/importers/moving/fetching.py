"""Fetches pictures from the site that is being moved, for those who ask for it.

Guarantee: only http and https, only to public addresses unless that is allowed; every address
that a redirect leads to is judged anew, and the connection goes to the address that was judged.
No answer takes more than `SECONDS` or holds more than a picture may; what is no picture by its
content is refused. Source: OWASP, "Server Side Request Forgery Prevention".
"""

import http.client
import socket
import ssl
import time
from urllib.parse import quote, urljoin, urlsplit

from almoner.notices.posting import is_public
from almoner.stories.importers.moving.pictures import MAX_BYTES, PictureError, PictureFile, checked

SECONDS = 30.0  # for a whole answer; 20 MB in that time are 5 Mbit/s
MOST_REDIRECTS = 3
_AS_IT_IS = "%/:?#[]@!$&'()*+,;=~"


class Fetch:
    """Finds a picture at its own address."""

    def __init__(self, base: str, *, private: bool) -> None:
        self._base = base
        self._private = private

    def __call__(self, address: str) -> PictureFile:
        """The picture; `PictureError` says why it cannot be had."""
        url = urljoin(f"{self._base}/", address)
        until = time.monotonic() + SECONDS
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer, content = self._get(url, until)
            except PictureError:
                raise
            except (OSError, http.client.HTTPException, ValueError, UnicodeError) as error:
                raise PictureError(f"{url} was not fetched: {_reason(error)}") from None
            if answer.status in (301, 302, 303, 307, 308):
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status != 200:
                raise PictureError(f"{url} was not fetched: {answer.status} {answer.reason}")
            return checked(url, content)
        raise PictureError(f"{url} was not fetched: it leads from one address to the next")

    def _get(self, url: str, until: float) -> tuple[http.client.HTTPResponse, bytes]:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            raise PictureError(f"{url} was not fetched: only http and https addresses are")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        connection.sock = self._connected(host, port, url, until)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            named = parts.netloc.encode("idna").decode()
            connection.request("GET", quote(target, safe=_AS_IT_IS), headers={"Host": named})
            answer = connection.getresponse()
            return answer, _whole(answer, connection, until, url)
        finally:
            connection.close()

    def _connected(self, host: str, port: int, url: str, until: float) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not self._private and not all(map(is_public, addresses)):
            raise PictureError(
                f"{url} was not fetched: {host} is inside a private network "
                "(--fetch-private allows that)"
            )
        return socket.create_connection((addresses[0], port), max(0.1, until - time.monotonic()))


def _whole(
    answer: http.client.HTTPResponse,
    connection: http.client.HTTPConnection,
    until: float,
    url: str,
) -> bytes:
    """The body, read until its end, its bound, or its time is over."""
    content = bytearray()
    while chunk := answer.read1(64 * 1024):
        content += chunk
        if len(content) > MAX_BYTES:
            raise PictureError(f"{url} has more than {MAX_BYTES // 1024**2} MB")
        left = until - time.monotonic()
        if left <= 0:
            raise PictureError(f"{url} was not fetched: it took more than {SECONDS:.0f} seconds")
        if connection.sock is not None:
            connection.sock.settimeout(left)
    return bytes(content)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:.0f} seconds"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
