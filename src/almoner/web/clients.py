"""Who asks, as far as a request tells: an address, a browser or a program, our own page or not.

Nothing of it is kept or logged. An address in `X-Forwarded-For` is believed only as far as
trusted proxies have written it: read from the right, it is the first that is none of theirs.
Several lines of it are one list (RFC 9110, 5.3): some proxies add theirs, and do not join it.
Programs are known by what they say of themselves (`crawlerdetect`, a list of some thousand
kept since 2014); one that lies is caught by nothing here.
"""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from itertools import pairwise

from crawlerdetect import CrawlerDetect
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from almoner.intake.http import Scope, header
from almoner.reading.reads import Visitor

Proxies = tuple[IPv4Network | IPv6Network, ...]

# Browsers inside apps have names of up to 400 characters. What looks through a name takes time
# by the square of its length: 60 ms for this one, fourteen seconds for 8,000.
MAX_AGENT = 512

_crawlers = CrawlerDetect()


def visitor(scope: Scope, proxies: Proxies) -> Visitor:
    """Where the request is from, and by which user agent."""
    return Visitor(_address(scope, proxies), header(scope, b"user-agent"))


def is_program(scope: Scope) -> bool:
    """Whether the user agent says that it is a crawler, a preview or a script."""
    agent = header(scope, b"user-agent")
    return len(agent) > MAX_AGENT or _is_program(agent)


def is_ahead_of_reader(scope: Scope) -> bool:
    """Whether a browser fetches this for a page that nobody looks at yet (Fetch, Sec-Purpose)."""
    said = (header(scope, name) for name in (b"sec-purpose", b"purpose", b"x-moz"))
    return any("prefetch" in each or "preview" in each for each in said)


def is_own_page(scope: Scope) -> bool:
    """Whether a page of this site sent it, and not another site through its reader's browser."""
    site = header(scope, b"sec-fetch-site")
    origin, host = header(scope, b"origin"), header(scope, b"host")
    if site and site != "same-origin":
        return False
    # Whoever has their own name lead here has pages at it too, with an origin to match.
    return is_ours(host.encode("latin-1")) and origin.partition("://")[2] == host


@lru_cache(maxsize=256)
def is_ours(host: bytes) -> bool:
    """Whether Django would answer for this host; what it refuses, it refuses itself."""
    name, _ = split_domain_port(host.decode("latin-1"))
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def _address(scope: Scope, proxies: Proxies) -> str:
    client = scope.get("client")
    hops = [client[0]] if client else [""]
    said = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    hops += [_bare(hop) for hop in reversed(said.decode("latin-1").split(","))]
    for hop, before in pairwise(hops):
        if not before or not _is_trusted(hop, proxies):
            return hop
    return hops[-1]


def _bare(hop: str) -> str:
    """An address without the port that some proxies write: `192.0.2.7:80`, `[2001:db8::1]:80`."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_trusted(address: str, proxies: Proxies) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)


@lru_cache(maxsize=1024)
def _is_program(agent: str) -> bool:
    return not agent or bool(_crawlers.isCrawler(agent))
