"""A real browser reads: time counts while the page is in view, and what it gave stays here.

A headless Chromium has no window that could be hidden, so the page is told that it is.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reading.library import FIREFOX, Library
from tests.server import Server
from tests.web.test_receipts import verify_receipt

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = pytest.mark.browser

NOTE = "/stories/2026/note/"
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
BLOCK_STORAGE = """
    Object.defineProperty(window, "localStorage", { get() { throw new DOMException("blocked"); } });
"""
LINE = "[data-reads-story]"


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, install: Callable[..., None]
) -> Iterator[Library]:
    """The one server of the module."""
    home = tmp_path_factory.mktemp("library")
    install(home)
    server = Server(home)
    opened = Library(server, home / "almoner.db")
    yield opened
    opened.http.close()
    server.stop()


@pytest.fixture
def context(browser: "Browser", library: Library) -> Iterator["BrowserContext"]:
    """A small telephone at an address of its own; Chromium's own name says that it is headless."""
    context = browser.new_context(
        base_url=library.server.url,
        user_agent=FIREFOX,
        viewport={"width": 390, "height": 500},
        extra_http_headers={"X-Forwarded-For": library.address()},
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    yield context
    context.close()


def troubles_of(page: "Page") -> list[str]:
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def to_the_end(page: "Page") -> None:
    page.locator(".story-body").evaluate("body => body.scrollIntoView({ block: 'end' })")


def begun(page: "Page", path: str) -> None:
    with page.expect_response("**/reads/begin"):
        page.goto(path)


def test_a_read_counts_time_in_view_and_its_line_stays_on_the_device(
    library: Library, context: "BrowserContext"
) -> None:
    before = library.counted()
    code = library.post(f"/share/{library.note}", {}).json()["code"]
    page = context.new_page()
    troubles = troubles_of(page)
    finishes: list[dict] = []
    page.on(
        "request",
        lambda request: (
            finishes.append(request.post_data_json) if "finish" in request.url else None
        ),
    )

    started = time.monotonic()
    begun(page, f"{NOTE}?s={code}")
    assert page.url.endswith(NOTE), "the code is taken off the address bar"
    assert page.locator(LINE).is_hidden()
    page.wait_for_timeout(1_500)
    page.evaluate(HIDE, True)
    page.wait_for_timeout(4_000)
    page.evaluate(HIDE, False)
    page.wait_for_timeout(9_500)
    assert finishes == [], "the end has not been in view"
    with page.expect_response("**/reads/finish") as finished:
        to_the_end(page)
    passed = 1_000 * (time.monotonic() - started)

    assert finished.value.json()["counted"]
    (said,) = finishes
    assert 10_000 <= said["dwell_ms"] <= passed - 4_000, "hidden time is not counted"
    assert said["depth"] >= 60
    assert said["share"] == code
    assert library.counted() - before == {"read": 1, "visit": 1}
    line = page.locator(LINE)
    assert "0.33 Meals Donated" in line.inner_text()

    page.reload()
    assert "0.33 Meals Donated" in line.inner_text()
    page.click(f"{LINE} summary")
    with page.expect_download() as download:
        page.locator(f"{LINE} .reads-receipt").click()
    receipt = Path(download.value.path())
    assert verify_receipt(library.server, receipt).returncode == 0
    page.click(f"{LINE} .reads-forget")
    assert line.is_hidden()
    assert page.evaluate("localStorage.length") == 0
    assert context.cookies() == []
    assert troubles == []


def test_a_shared_story_shows_its_sharer_the_way_to_what_it_did(
    library: Library, context: "BrowserContext"
) -> None:
    page = context.new_page()
    page.goto("/stories/2026/bread/")
    button = page.get_by_role("button", name="Copy link", exact=True)
    with page.expect_response(f"**/share/{library.story}"):
        button.click()
    page.get_by_role("status").get_by_text("Copied").wait_for(state="attached")
    page.wait_for_selector("[data-share-did]:not([hidden])")
    copied = page.evaluate("navigator.clipboard.readText()")
    code = copied.rpartition("?s=")[2]
    (kept,) = json.loads(page.evaluate("localStorage.getItem('almoner-reads')"))["shares"]
    assert (kept["code"], kept["did"]) == (code, f"/shared/{code}/")
    page.click("[data-share-did] a")
    assert "Nobody has read it to the end by your link yet" in page.inner_text("main")


def test_a_share_link_goes_out_with_a_code_that_the_device_knows(
    library: Library, context: "BrowserContext"
) -> None:
    page = context.new_page()
    page.goto("/stories/2026/bread/")
    sent: list[str] = []

    def stay(route: "Route") -> None:
        sent.append(route.fetch(max_redirects=0).headers["location"])
        route.fulfill(status=204)  # the answer that leaves a browser where it is

    page.route("**/facebook?s=*", stay)
    with page.expect_response("**/facebook?s=*"):
        page.click("[data-share-link]:has-text('Facebook')")
    (kept,) = json.loads(page.evaluate("localStorage.getItem('almoner-reads')"))["shares"]
    (away,) = sent
    assert away.startswith("https://www.facebook.com/sharer/")
    assert kept["code"] in away
    page.goto(f"/shared/{kept['code']}/")
    assert "bread" in page.inner_text("main")


def test_where_storage_is_blocked_reading_goes_on_and_counts(
    library: Library, context: "BrowserContext"
) -> None:
    context.add_init_script(BLOCK_STORAGE)
    page = context.new_page()
    troubles = troubles_of(page)
    before = library.counted()
    begun(page, NOTE)
    to_the_end(page)
    with page.expect_response("**/reads/finish") as finished:
        pass
    assert finished.value.json()["counted"]
    page.wait_for_timeout(200)
    assert page.locator(LINE).is_hidden()
    assert troubles == []
    assert library.counted() - before == {"read": 1}


def test_nothing_is_asked_without_script_or_of_a_sensitive_story(
    library: Library, browser: "Browser", context: "BrowserContext"
) -> None:
    asked: list[str] = []
    plain = browser.new_context(base_url=library.server.url, java_script_enabled=False)
    for window, path in ((plain, NOTE), (context, "/stories/2026/a-door/")):
        page = window.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path)
        page.wait_for_load_state("networkidle") if window is plain else page.wait_for_timeout(500)
    plain.close()
    assert asked
    assert [url for url in asked if "/reads/" in url or "/share" in url.rpartition("/")[0]] == []
