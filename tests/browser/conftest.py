"""A reader at the shared demonstration, and numbers no other test's orders have."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import override_settings

from tests.browser.published import Published, Site
from tests.server import Server
from tests.shop import NUMBERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


PAGES = {
    "front": "/",
    "stories": "/stories/",
    "year": "/stories/2026/",
    "story": "/stories/2026/a-professional-amount-of-boring/",
    "month": "/stories/2026/11/",
    "topics": "/topics/",
    "topic": "/topics/dogs/",
    "all series": "/series/",
    "series": "/series/nine-legs/",
    "authors": "/authors/",
    "author": "/authors/mara-lindqvist/",
    "search": "/search/",
    "found": "/search/?q=blankts",
    "sensitive": "/stories/2026/the-list-on-the-fridge/",
    "safety": "/safety/",
    "newsletter": "/newsletter/",
    "causes": "/causes/",
    "cause": "/causes/meals/",
    "money": "/causes/service-dogs/",
    "campaign": "/campaigns/holiday-bowls/",
    "promise": "/campaigns/holiday-bowls/promise/",
    "promises": "/promises/",
    "mastodon": "/share/mastodon?text=A+story&url=http%3A%2F%2F127.0.0.1%2F",
    "check": "/check/",
    "front in Arabic": "/ar/",
    "story in Arabic": "/ar/stories/2026/number-fourteen/",
    "cause in Arabic": "/ar/causes/meals/",
    "missing": "/nowhere/",
}
WITHIN_A_SECOND = 1_000  # milliseconds; what the issue promises


@pytest.fixture
def number() -> int:
    """An order number of the test's own."""
    return next(NUMBERS)


@pytest.fixture
def reader(browser: "Browser", site: Server) -> Iterator["Page"]:
    """A new window that shows figures at once, without running through the numbers between."""
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def shown(page: "Page", cause: str) -> int:
    """The figure that the banner shows for a cause, in its smallest unit."""
    text = page.locator(f'impact-counter[cause="{cause}"]').first.inner_text()
    return int(re.sub(r"\D", "", text))


def whole(page: "Page", cause: str) -> str:
    """The figure as readers see it."""
    return page.locator(f'impact-counter[cause="{cause}"]').first.inner_text()


def wait_for(page: "Page", cause: str, text: str, milliseconds: int = WITHIN_A_SECOND) -> None:
    """Wait until the banner shows exactly `text` for a cause."""
    page.wait_for_function(
        "([cause, text]) => document.querySelector(`impact-counter[cause='${cause}']`)"
        ".textContent.trim() === text",
        arg=[cause, text],
        timeout=milliseconds,
        polling=20,
    )


@pytest.fixture(scope="module")
def _uncollected_static_files() -> Iterator[None]:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture
def serve_log(_uncollected_static_files: None) -> Iterator[Callable[[Published], Site]]:
    """Serves a log with the pages that check it."""
    started: list[Site] = []

    def _serve(log: Published) -> Site:
        started.append(Site(log))
        return started[-1]

    yield _serve
    for each in started:
        each.close()
