"""A story and a counter embedded in somebody else's page, in a real browser."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.shop import NUMBERS, line, order, send

pytestmark = pytest.mark.browser
STORY = "/stories/2026/a-professional-amount-of-boring/"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path):
    """A web site of somebody else's: writes its page, returns its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def _write(body: str) -> str:
        (tmp_path / "index.html").write_text(
            f"<!doctype html><title>Else</title><h1>Else</h1>{body}"
        )
        return f"http://localhost:{server.server_port}/"

    yield _write
    server.shutdown()
    server.server_close()


def embed(site, path):
    """What oEmbed says to put into a page, at the address this server has in the test."""
    page = urlopen(site.url + path).read().decode()
    known = page.partition('rel="canonical" href="')[2].partition('"')[0].removesuffix(path)
    told = json.load(urlopen(f"{site.url}/oembed?{urlencode({'url': known + path})}"))
    return told["html"].replace(known, site.url)


def test_a_story_and_a_counter_live_in_another_site_without_a_trace(site, page, elsewhere):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    address = elsewhere(embed(site, STORY) + embed(site, "/causes/meals/"))

    page.goto(address)
    story, counter = (page.frame_locator("iframe").nth(number) for number in (0, 1))
    expect(story.get_by_role("link", name="A professional amount of boring")).to_be_visible()
    figure = counter.locator("impact-counter")
    expect(figure).not_to_be_empty()
    before = int(figure.inner_text().replace(",", ""))
    send(site.url, order(next(NUMBERS), [line(1, 2, "3.00")]))
    expect(figure).to_have_text(f"{before + 4:,}")

    ours = [url for url in asked if not url.startswith(address)]
    assert ours
    assert all(url.startswith(site.url) for url in ours), ours
    assert page.context.cookies() == []
    assert [each for each in complaints if "404" not in each] == []


def test_the_data_in_a_page_is_no_script_to_the_browser(site, page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(site.url + STORY)
    kinds = page.evaluate(
        """JSON.parse(document.querySelector('script[type="application/ld+json"]').text)
        ["@graph"].map((part) => part["@type"])"""
    )

    assert kinds == ["NewsArticle", "BreadcrumbList"]
    assert complaints == []
