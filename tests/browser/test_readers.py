"""What every reader gets: nothing from elsewhere, no cookie, no barrier, on any screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PAGES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_public_page(site, browser, scheme):
    context = browser.new_context(
        base_url=site.url, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    found = {}
    for name, path in PAGES.items():
        page.goto(path)
        result = Axe().run(page)
        if result.violations_count:
            found[name] = result.generate_report()
    context.close()
    assert not found, "\n".join(found.values())


def test_no_request_leaves_the_site_and_no_cookie_is_set(site, reader):
    asked, failed = [], []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("response", lambda answer: failed.append(answer.url) if answer.status > 399 else 0)
    troubles = []
    reader.on("console", lambda message: troubles.append(message.text))
    reader.on("pageerror", lambda error: troubles.append(str(error)))
    for path in PAGES.values():
        if path != PAGES["missing"]:
            reader.goto(path)
            reader.wait_for_load_state("load")
    away = [url for url in asked if not url.startswith((site.url, "data:"))]
    assert away == []
    assert failed == []
    assert troubles == []  # a breach of the Content-Security-Policy is told here
    assert reader.context.cookies() == []
    assert len(asked) > len(PAGES)


@pytest.mark.parametrize("width", [320, 768])
def test_no_page_scrolls_sideways(site, browser, width):
    context = browser.new_context(base_url=site.url, viewport={"width": width, "height": 640})
    page = context.new_page()
    wide = {}
    for name, path in PAGES.items():
        page.goto(path)
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if over > 0:
            wide[name] = over
    context.close()
    assert wide == {}


def test_the_keyboard_reaches_the_content_and_every_way_to_share(site, reader):
    reader.goto(PAGES["story"])
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.getAttribute('href')") == "#main"
    reached = []
    for _ in range(80):
        reader.keyboard.press("Tab")
        reached.append(
            reader.evaluate(
                "(document.activeElement.getAttribute('href') || "
                "document.activeElement.textContent || '').trim()"
            )
        )
    for way in ("mailto:", "facebook", "whatsapp", "wa.me", "bluesky", "pinterest", "threads"):
        if way not in ("whatsapp", "wa.me"):
            assert any(way in each for each in reached), f"{way} is not among {reached}"
    assert any("wa.me" in each or "whatsapp" in each for each in reached)
    assert any("astodon" in each for each in reached)
    assert any("opy" in each for each in reached)


@pytest.mark.parametrize(("name", "floats"), [("story", "left"), ("story in Arabic", "none")])
def test_a_large_first_letter_tears_no_joined_word(site, reader, name, floats):
    reader.goto(PAGES[name])
    first = ".story-body > p:first-child"
    float_of = "e => getComputedStyle(e, '::first-letter').float.replace('inline-start', 'left')"
    assert reader.locator(first).evaluate(float_of) == floats


def test_where_the_keyboard_is_can_be_seen(site, reader):
    reader.goto(PAGES["story"])
    for _ in range(6):
        reader.keyboard.press("Tab")
        outline = reader.evaluate(
            "(({outlineStyle, outlineWidth, boxShadow}) => "
            "[outlineStyle, outlineWidth, boxShadow])(getComputedStyle(document.activeElement))"
        )
        assert outline[0] != "none" or outline[2] != "none", outline


# Everything that the Tab key should reach, as the document has it (HTML, 6.6.3).
REACHABLE = """[...document.querySelectorAll(
  'a[href], button:not([disabled]), input:not([type=hidden]), select, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('[inert]'))"""


@pytest.mark.parametrize("name", ["front", "cause", "check", "front in Arabic"])
def test_the_keyboard_alone_reaches_everything_in_order_and_leaves_again(site, reader, name):
    reader.goto(PAGES[name])
    count = reader.evaluate(f"(window.all = {REACHABLE}).length")
    walked = []
    for _ in range(count):
        reader.keyboard.press("Tab")
        walked.append(reader.evaluate("all.indexOf(document.activeElement)"))
    assert walked == list(range(count))
    reader.keyboard.press("Tab")
    assert reader.evaluate("[document.body, all[0]].includes(document.activeElement)")
