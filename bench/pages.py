"""A story page from the cache, against nginx and against stock Wagtail."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from bench import wrk
from bench.measure import Row, compare
from bench.nginx import Nginx
from bench.site import Site

_STORY = re.compile(rb'href="(/stories/(?:\d+/)?[a-z0-9-]{6,}/)"')


def rows(home: Path) -> Iterator[Row]:
    """Measure with a demonstration in `home`."""
    site, stock = Site(home, "sqlite"), Site(home, "sqlite")
    site.stage([])
    site.start()
    stock.start("-m", "bench.apps", "stock")
    try:
        path = _story(site.url)
        with urlopen(site.url + path) as answer:
            page = answer.read()
        with Nginx(home / "nginx", page) as nginx:
            yield compare(
                f"cached story page, {len(page) / 1000:.0f} kB",
                "nginx, the same bytes as a file",
                "pages/s",
                lambda _: wrk.rate(site.url + path),
                lambda _: wrk.rate(nginx.url),
                goal=0.5,
            )
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


def _story(url: str) -> str:
    with urlopen(f"{url}/") as answer:
        found = _STORY.search(answer.read())
    assert found is not None, "the front page of the demonstration links to no story"
    return found.group(1).decode()
