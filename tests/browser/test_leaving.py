"""Leaving a sensitive story at once, and that reading it left nothing behind.

The page /safety/ names this file: what it says to readers is what is tried here, in a real
browser and by its own record of the network (the DevTools protocol), not by ours.
"""

from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.browser

FRONT = "/"
STORY = "/stories/2026/the-list-on-the-fridge/"
OTHER = "/stories/2026/a-professional-amount-of-boring/"
HEADLINE = "The list on the fridge"
WEATHER = "https://www.bbc.co.uk/weather"


@pytest.fixture
def weather(reader):
    """Answers for the other site, which a test must not ask."""
    reader.context.route(
        WEATHER,
        lambda route: route.fulfill(content_type="text/html", body="<title>Weather</title>Rain."),
    )
    return WEATHER


class Network:
    """What Chromium itself says it sent and was answered, by the DevTools protocol."""

    def __init__(self, page):
        self.asked, self.sent, self.answers = [], [], []
        self.session = page.context.new_cdp_session(page)
        self.session.on("Network.requestWillBeSent", lambda said: self.asked.append(said))
        self.session.on(
            "Network.requestWillBeSentExtraInfo", lambda said: self.sent.append(said["headers"])
        )
        self.session.on(
            "Network.responseReceivedExtraInfo", lambda said: self.answers.append(said["headers"])
        )
        self.session.send("Network.enable")

    @property
    def hosts(self):
        parts = [urlsplit(said["request"]["url"]) for said in self.asked]
        return {each.netloc for each in parts if each.scheme != "data"}

    def kept(self, origin):
        """What the browser keeps for the site, in any of its stores."""
        usage = self.session.send("Storage.getUsageAndQuota", {"origin": origin})
        return {each["storageType"]: each["usage"] for each in usage["usageBreakdown"]}


def names(headers):
    return {name.lower() for name in headers}


def read_to_the_end(page):
    page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    page.wait_for_timeout(600)


def press_shift(page, times=1):
    for _ in range(times):
        page.keyboard.press("Shift")


def test_reading_a_sensitive_story_and_leaving_it_leaves_nothing_behind(site, reader, weather):
    reader.goto(FRONT)
    network = Network(reader)
    reader.goto(STORY)
    read_to_the_end(reader)

    assert network.hosts == {urlsplit(site.url).netloc}
    assert len(network.asked) > 3
    assert len(network.sent) > 3
    assert not any("referer" in names(headers) for headers in network.sent)
    assert not any("cookie" in names(headers) for headers in network.sent)
    assert not any("set-cookie" in names(headers) for headers in network.answers)
    assert reader.context.cookies() == []
    kept = reader.evaluate(
        """async () => [localStorage.length, sessionStorage.length,
        (await caches.keys()).length, (await indexedDB.databases()).length,
        (await navigator.serviceWorker.getRegistrations()).length]"""
    )
    assert kept == [0, 0, 0, 0, 0]
    assert not any(network.kept(site.url).values())

    before = len(network.sent)
    reader.locator(".leave-link").click()
    reader.wait_for_url(WEATHER)

    assert not any("referer" in names(headers) for headers in network.sent[before:])
    opened = [said["request"]["url"] for said in network.asked if said["type"] == "Document"]
    assert opened[-1] == WEATHER
    history = network.session.send("Page.getNavigationHistory")["entries"]
    assert not [each for each in history if STORY in each["url"] or HEADLINE in each["title"]]
    reader.go_back()
    assert urlsplit(reader.url).path == FRONT


def test_a_story_that_is_not_sensitive_has_no_way_out_and_may_be_kept(reader):
    answer = reader.goto(OTHER)
    assert reader.locator("leave-page").count() == 0
    assert "no-store" not in answer.headers["cache-control"]


@pytest.mark.parametrize("path", [STORY, "/safety/"])
def test_the_browser_is_told_to_keep_nothing_and_the_server_keeps_it_all_the_same(site, path):
    answers = [httpx.get(site.url + path, timeout=60) for _ in range(2)]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not [name for name in answer.headers if name.startswith("almoner-")]
    assert answers[0].headers["etag"] == answers[1].headers["etag"]  # only kept pages have one


def test_the_tab_and_everything_that_is_shared_say_nothing_of_the_story(reader):
    reader.goto(STORY)
    assert reader.title() == "A yellow wall"
    assert HEADLINE not in reader.evaluate("document.head.innerHTML")
    networks = reader.locator(".share a")
    assert networks.count() == 0
    assert reader.locator("[data-share]").get_attribute("data-title") == "A yellow wall"
    assert "?" not in reader.locator("[data-share]").get_attribute("data-url")


def test_shift_three_times_leaves_and_says_how_far_it_is(reader, weather):
    reader.goto(STORY)
    status = reader.locator("leave-page [role=status]")
    press_shift(reader)
    assert status.inner_text() == "Shift pressed once. Twice more to leave."
    press_shift(reader)
    assert status.inner_text() == "Shift pressed twice. Once more to leave."
    press_shift(reader)
    reader.wait_for_url(WEATHER)


def test_typing_is_not_leaving(reader, weather):
    reader.goto(STORY)
    press_shift(reader, 2)
    reader.keyboard.press("a")
    press_shift(reader, 2)
    reader.keyboard.press("Shift+B")
    reader.keyboard.press("Shift+C")
    reader.keyboard.press("Shift+D")
    press_shift(reader, 2)
    reader.wait_for_timeout(200)
    assert urlsplit(reader.url).path == STORY


def test_what_was_pressed_is_forgotten_after_five_seconds(reader):
    reader.clock.install()
    reader.goto(STORY)
    press_shift(reader, 2)
    reader.clock.fast_forward(3_000)
    assert reader.locator("leave-page").get_attribute("data-pressed") == "2"
    reader.clock.fast_forward(2_500)
    assert reader.locator("leave-page").get_attribute("data-pressed") is None
    assert "Not leaving" in reader.locator("leave-page [role=status]").inner_text()


def test_escape_does_nothing(reader):
    reader.goto(STORY)
    for _ in range(3):
        reader.keyboard.press("Escape")
    reader.wait_for_timeout(200)
    assert urlsplit(reader.url).path == STORY


def test_the_page_is_white_and_nameless_before_anything_is_asked_of_the_other_site(reader, weather):
    reader.goto(STORY)
    # In one task of the browser: nothing of the network has happened when it ends.
    title, article, on_top, colour, again, covers = reader.evaluate(
        """() => {
          document.querySelector('.leave-link').click();
          const cover = document.querySelector('.leave-cover');
          const seen = [document.title,
            getComputedStyle(document.querySelector('article')).visibility,
            document.elementFromPoint(innerWidth / 2, innerHeight / 2) === cover,
            getComputedStyle(cover).backgroundColor];
          // Should the browser show this page again after all, it is whole.
          dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
          return [...seen, document.title, document.querySelectorAll('.leave-cover').length];
        }"""
    )
    assert (title, article, on_top, colour) == ("Weather", "hidden", True, "rgb(255, 255, 255)")
    assert (again, covers) == ("A yellow wall", 0)
    reader.wait_for_url(WEATHER)


def test_without_script_it_is_a_plain_link(site, browser):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.route(WEATHER, lambda route: route.fulfill(content_type="text/html", body="Rain."))
    page.goto(STORY)
    skip, link = page.locator("a[data-leave]").all()
    for each in (skip, link):
        assert each.get_attribute("href") == WEATHER
        assert each.get_attribute("rel") == "nofollow noreferrer"
    assert page.get_by_text("Or press Shift three times.").is_hidden()
    link.click()
    page.wait_for_url(WEATHER)
    context.close()


def test_by_keyboard_it_comes_second_and_never_covers_what_has_the_focus(reader):
    reader.set_viewport_size({"width": 375, "height": 667})
    reader.goto(STORY)
    reader.keyboard.press("Tab")
    assert "Skip to the content" in reader.evaluate("document.activeElement.textContent")
    reader.keyboard.press("Tab")
    assert "Leave this page" in reader.evaluate("document.activeElement.textContent")
    reader.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    hidden = []
    for _ in range(40):
        reader.keyboard.press("Shift+Tab")
        found = reader.evaluate(
            """() => { const one = document.activeElement, box = one.getBoundingClientRect();
            const bar = document.querySelector('.leave').getBoundingClientRect();
            return one.closest('.leave, .skip, body > :not(main)') || one === document.body ? ''
              : box.top < bar.bottom - 1 ? one.outerHTML.slice(0, 80) : '' }"""
        )
        hidden.append(found)
    assert not any(hidden)


def test_help_lines_are_a_list_that_the_reader_picks_from(reader):
    reader.goto(STORY)
    assert reader.locator("#help").get_attribute("open") is None
    reader.get_by_text("Someone to talk to").click()
    countries = reader.locator(".help-country summary").all_inner_texts()
    assert countries == sorted(countries)
    assert len(countries) > 3
    reader.locator(".help-country summary", has_text="Ireland").click()
    line = reader.locator(".help-country[open] a").first
    assert line.get_attribute("href") == "tel:1800341900"
