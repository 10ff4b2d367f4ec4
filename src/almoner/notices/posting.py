"""One HTTP request to an address that somebody else chose.

Guarantee: it goes to no address of our own network unless that is allowed: the name is looked
up once, every address it has must be public, and the connection is made to the address that
was checked (so a name that changes its mind finds nobody). It follows no redirect, takes no
longer than `TIMEOUT` seconds once it is connected, and reads at most `MAX_ANSWER` bytes.
Source: OWASP, "Server Side Request Forgery Prevention". Limit: the look-up itself takes as
long as the system's resolver allows.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import quote, urlsplit

TIMEOUT = 15.0  # seconds; Standard Webhooks recommends 15 to 30
MAX_ANSWER = 4_096  # bytes; only a failure's are looked at
MAX_RETRY_AFTER = 86_400  # seconds that a busy receiver may put us off
# HTTP writes an address in ASCII; what is escaped in it already stays so.
_AS_IT_IS = "%/:?#[]@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or None and the reason why there is none."""

    status: int | None
    error: str
    seconds: float
    retry_after: int = 0

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


class AddressError(ValueError):
    """An address that nothing is sent to; the message is one sentence that says why."""


def check(url: str, *, private: bool) -> None:
    """Refuse an address by its form alone, or because of where it leads just now."""
    host, port, _ = _parts(url, private=private)
    _find(host, port, private=private)


def post(url: str, headers: dict[str, str], body: bytes, *, private: bool) -> Answer:
    """Send one request. Whatever goes wrong is in the answer."""
    started = time.monotonic()
    try:
        answer = _post(url, headers, body, private=private)
        status, error, retry_after = answer
    except AddressError as refused:
        status, error, retry_after = None, str(refused), 0
    except TimeoutError:
        status, error, retry_after = None, f"No answer within {TIMEOUT:.0f} seconds.", 0
    except ssl.SSLError as failed:
        status, error, retry_after = None, f"No safe connection: {failed.reason}.", 0
    except http.client.HTTPException:
        status, error, retry_after = None, "What came back is no answer of HTTP.", 0
    except ValueError:  # one bad address must not hold up everybody's messages
        status, error, retry_after = None, f"{url} is no web address.", 0
    except OSError as failed:
        status, error, retry_after = None, f"No connection: {failed.strerror or failed}.", 0
    seconds = time.monotonic() - started
    if status is None and seconds >= TIMEOUT:
        error = f"No answer within {TIMEOUT:.0f} seconds."
    return Answer(status, error, seconds, retry_after)


def _post(url: str, headers: dict[str, str], body: bytes, *, private: bool) -> tuple[int, str, int]:
    host, port, safe = _parts(url, private=private)
    connection = _Connection(host, port, _find(host, port, private=private), safe=safe)
    alarm = Timer(TIMEOUT, connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = parts.netloc.encode("idna").decode()
        connection.request("POST", quote(target, safe=_AS_IT_IS), body, {"Host": named, **headers})
        response = connection.getresponse()
        said = response.read(MAX_ANSWER).decode("utf-8", "replace")
        if connection.was_cut:
            raise TimeoutError  # what came until then looks like an answer that is whole
    finally:
        alarm.cancel()
        connection.close()
    if 200 <= response.status < 300:
        return response.status, "", 0
    if 300 <= response.status < 400:
        return response.status, "It leads elsewhere, and redirects are not followed.", 0
    wait = response.headers.get("Retry-After", "")
    retry_after = min(int(wait), MAX_RETRY_AFTER) if wait.isdecimal() and len(wait) < 9 else 0
    return response.status, " ".join(said.split())[:200] or response.reason, retry_after


class _Connection(http.client.HTTPConnection):
    """A connection to one address, whatever its name leads to by now."""

    def __init__(self, host: str, port: int, address: str, *, safe: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self.was_cut = False
        self._address = address
        self._context = ssl.create_default_context() if safe else None

    def connect(self) -> None:
        """Connect, and be sure who answers."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """Cut it off, from another thread."""
        self.was_cut = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def _parts(url: str, *, private: bool) -> tuple[str, int, bool]:
    """Host, port, and whether it is https."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressError(f"{url} is no web address.") from None
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not host or any(ord(each) < 33 for each in url):
        raise AddressError("Use an address that begins with https://.")
    if "@" in parts.netloc:
        raise AddressError("Leave the name and password out of the address: messages are signed.")
    safe = parts.scheme == "https"
    return host, port or (443 if safe else 80), safe


def _find(host: str, port: int, *, private: bool) -> str:
    """An address of the host, once all that it has are known to be allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressError(f"There is no host {host}.") from None
    addresses = [str(each[4][0]) for each in found]
    if not private and not all(map(is_public, addresses)):
        raise AddressError(
            f"{host} is inside a private network. Where that is meant, set webhooks_private."
        )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, and nobody's own network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # An address of version four may be dressed as one of six in three ways.
        inner = found.ipv4_mapped or found.sixtofour
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        found = inner or found
    return found.is_global and not found.is_multicast
