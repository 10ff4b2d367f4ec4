"""Promises and disclosures as readers see them, here and on other people's pages."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.server import Server
from tests.shop import NUMBERS, order, send

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CAMPAIGN = "/campaigns/holiday-bowls"


class Foreign(BaseHTTPRequestHandler):
    """Somebody else's page, with as strict a policy as it can have."""

    def __init__(self, site: str, *arguments: object) -> None:
        self.site = site
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = (
            '<!doctype html><html lang="en"><title>A shop</title><main><h1>A shop</h1>'
            '<p data-almoner-disclosure="holiday-bowls">As it was pasted.</p>'
            f'<iframe src="{self.site}{CAMPAIGN}/disclosure.html" title="What is given" '
            'width="600" height="300"></iframe></main>'
            f'<script type="module" src="{self.site}{CAMPAIGN}/disclosure.js"></script></html>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        policy = f"script-src {self.site}; connect-src {self.site}; frame-src {self.site}"
        self.send_header("Content-Security-Policy", f"default-src 'none'; {policy}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def shop_page(site: Server) -> Iterator[str]:
    """The address of a page on another origin that shows a disclosure."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Foreign, site.url))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def buy(site: Server) -> Callable[[], None]:
    """Buys something at the demonstration's shop: two meals for every item."""

    def _buy() -> None:
        assert send(site.url, order(next(NUMBERS))).is_success

    return _buy


def opened(browser: "Browser", **options: object) -> tuple["Page", list[str]]:
    """A window, and what its console complains of."""
    page = browser.new_context(reduced_motion="reduce", **options).new_page()  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def test_a_disclosure_works_on_a_foreign_page_and_follows_the_ledger(
    browser: "Browser", shop_page: str, buy: Callable[[], None]
) -> None:
    buy()
    page, complaints = opened(browser)
    page.goto(shop_page)
    place = page.locator("[data-almoner-disclosure]")
    expect(place).to_contain_text("So far")
    text = place.inner_text()
    before = _so_far(text)
    framed = page.frame_locator("iframe").locator("main").inner_text()
    assert f"So far {before:,} meals" in framed
    buy()
    page.wait_for_timeout(300)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(place).not_to_contain_text(f"So far {before:,} meals")
    assert _so_far(place.inner_text()) > before
    assert complaints == []
    page.context.close()


def test_a_frame_without_script_still_tells(browser: "Browser", shop_page: str) -> None:
    page, _ = opened(browser, java_script_enabled=False)
    page.goto(shop_page)
    assert page.locator("[data-almoner-disclosure]").inner_text() == "As it was pasted."
    assert "Harbor Table" in page.frame_locator("iframe").locator("main").inner_text()
    page.context.close()


def test_promises_are_charted_from_their_table_and_nothing_is_refused(
    browser: "Browser", site: Server, buy: Callable[[], None]
) -> None:
    buy()
    page, complaints = opened(browser, base_url=site.url)
    page.goto("/promises/")
    canvas = page.locator("#meals canvas")
    canvas.wait_for()
    assert canvas.bounding_box()["height"] > 40  # type: ignore[index]
    drawn = page.evaluate(
        "() => Chart.getChart(document.querySelector('#meals canvas')).data.datasets"
        ".reduce((sum, each) => sum + each.data[0], 0)"
    )
    table = page.locator("#meals tbody td[data-label='Promised']").first.inner_text()
    assert drawn == int(re.sub(r"\D", "", table))
    assert "promised" in (canvas.get_attribute("aria-label") or "")
    assert complaints == []
    page.context.close()


def test_without_script_the_table_says_it_all(browser: "Browser", site: Server) -> None:
    page, _ = opened(browser, base_url=site.url, java_script_enabled=False)
    page.goto("/promises/")
    assert not page.locator("#meals figure").is_visible()
    assert page.locator("#meals table").is_visible()
    page.context.close()


def test_from_every_figure_of_the_banner_it_is_one_step_to_its_promises(
    browser: "Browser", site: Server
) -> None:
    page, _ = opened(browser, base_url=site.url)
    page.goto("/")
    causes = page.locator(".banner-cause").evaluate_all("all => all.map(each => each.href)")
    page.locator(".banner a[href='/promises/']").click()
    for address in causes:
        slug = address.rstrip("/").rpartition("/")[2]
        assert page.locator(f"section#{slug}").count() == 1, slug
    page.context.close()


def _so_far(text: str) -> int:
    found = re.search(r"So far ([0-9,]+) meals", text)
    assert found, text
    return int(found[1].replace(",", ""))
