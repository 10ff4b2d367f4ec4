"""A story page from the cache, against nginx and against stock Wagtail."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

from bench import wrk
from bench.measure import Row, compare
from bench.nginx import Nginx
from bench.site import Site

# As every browser asks for it, and as it is.
ENCODINGS = ("br", "identity")

_STORY = re.compile(rb'href="(/stories/(?:\d+/)?[a-z0-9-]{6,}/)"')


def rows(home: Path) -> Iterator[Row]:
    """Measure with a demonstration in `home`."""
    site, stock = Site(home, "sqlite"), Site(home, "sqlite")
    site.stage([])
    site.start()
    site.rest()
    stock.start("-m", "bench.apps", "stock")
    try:
        path = _story(site.url)
        for encoding in ENCODINGS:
            asked = Request(site.url + path, headers={"Accept-Encoding": encoding})
            with urlopen(asked) as answer:
                page = answer.read()
            yield _beside_nginx(home / f"nginx-{encoding}", site.url + path, page, encoding)
        yield compare(
            "cached story page",
            "stock Wagtail, the same page",
            "pages/s",
            lambda _: wrk.rate(site.url + path),
            lambda _: wrk.rate(stock.url + path, connections=4),
            goal=100,
            rounds=3,
        )
    finally:
        stock.stop()
        site.stop()


def _beside_nginx(home: Path, url: str, page: bytes, encoding: str) -> Row:
    with Nginx(home, page, encoding) as nginx:
        return compare(
            f"cached story page, {encoding}, {len(page) / 1000:.0f} kB",
            "nginx, the same bytes as a file",
            "pages/s",
            lambda _: wrk.rate(url, encoding=encoding),
            lambda _: wrk.rate(nginx.url, encoding=encoding),
            goal=0.5,
        )


def _story(url: str) -> str:
    with urlopen(f"{url}/") as answer:
        found = _STORY.search(answer.read())
    assert found is not None, "the front page of the demonstration links to no story"
    return found.group(1).decode()
