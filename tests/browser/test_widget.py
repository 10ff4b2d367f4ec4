"""The figures on somebody else's page: live, whatever the page does, and never in its way."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from almoner.giving.demo import ARABIC
from tests.browser.elsewhere import HOSTILE, Elsewhere
from tests.shop import line, order, send

pytestmark = pytest.mark.browser


BANNER = '<impact-banner causes="meals,toys"><a href="/fallback">What we gave</a></impact-banner>'
COUNTER = '<impact-counter cause="meals"><a href="/fallback">Meals we gave</a></impact-counter>'


@pytest.fixture
def elsewhere(site):
    page = Elsewhere(site.url)
    yield page
    page.close()


@pytest.fixture
def visitor(browser):
    """A window on pages elsewhere, and what its console complains of."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def figure(page, element="impact-counter"):
    return page.locator(f"{element} [part=figure]").first


def number_in(text):
    return int(re.sub(r"\D", "", text))


def give(site, number):
    """An order worth two meals."""
    assert send(site.url, order(number, [line(1, 1, "15.00")])).is_success


def test_under_hostile_styles_and_a_strict_policy_every_figure_is_seen_and_live(
    site, elsewhere, visitor, number
):
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto(elsewhere.write(BANNER + COUNTER + COUNTER, styles=HOSTILE))
    expect(figure(visitor)).to_be_visible()
    expect(figure(visitor, "impact-banner")).to_be_visible()
    before = number_in(figure(visitor).inner_text())

    give(site, number)

    expect(figure(visitor)).to_have_text(f"{before + 2:,}", timeout=1_000)
    expect(figure(visitor, "impact-banner")).to_have_text(f"{before + 2:,}")
    drawn = figure(visitor).evaluate(
        "e => [parseFloat(getComputedStyle(e).fontSize), e.getBoundingClientRect().height, "
        "e.checkVisibility({opacityProperty: true, visibilityProperty: true})]"
    )
    assert min(drawn[:2]) >= 12
    assert drawn[2]
    assert not visitor.locator("a[href='/fallback']").first.is_visible()
    # One script and one stream, however many figures the page shows.
    ours = sorted(url.removeprefix(site.url) for url in asked if url.startswith(site.url))
    assert ours == ["/counters/stream", "/widget.js"]
    assert visitor.complaints == []
    assert visitor.context.cookies() == []
    kept = "[localStorage.length, sessionStorage.length]"
    assert visitor.evaluate(kept) == [0, 0]


def test_each_figure_leads_to_its_proof(site, elsewhere, visitor):
    visitor.goto(elsewhere.write(BANNER + COUNTER))
    figure(visitor).wait_for()
    links = visitor.locator("a[part]").evaluate_all("all => all.map(a => a.href)")
    assert links == [
        f"{site.url}/causes/meals/",
        f"{site.url}/causes/toys/",
        f"{site.url}/check/",
        f"{site.url}/causes/meals/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_from_left_to_right_and_from_right_to_left(browser, elsewhere, scheme):
    context = browser.new_context(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    main = f"<main><h1>A shop</h1>{BANNER}<p>So far: {COUNTER}</p></main>"
    for lang, dir in (("en", "ltr"), ("ar", "rtl")):
        page.goto(elsewhere.write(main, lang=lang, dir=dir))
        figure(page).wait_for()
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()
    context.close()


def test_it_speaks_the_language_of_the_place_it_stands_in(elsewhere, visitor):
    money = '<impact-counter cause="service-dogs" lang="de"></impact-counter>'
    visitor.goto(elsewhere.write(BANNER + money, lang="ar-EG", dir="rtl"))
    figure(visitor).wait_for()
    banner = visitor.locator("impact-banner")
    shown = number_in(
        visitor.evaluate(
            "fetch(document.querySelector('script').src.replace('widget.js', "
            "'counters')).then(r => r.json()).then(d => d.counters[0].shown.value)"
        )
    )
    arabic = visitor.evaluate("n => new Intl.NumberFormat('ar-EG').format(n)", shown)
    assert figure(visitor, "impact-banner").inner_text() == arabic
    assert banner.locator("[part=proof]").inner_text() == "تحقق من هذه الأرقام"
    label = banner.locator("[part=label]").first
    expect(label).to_have_text(ARABIC["meals"])
    assert label.get_attribute("lang") == "ar"
    box, whole = banner.locator("[part=link]").first.bounding_box(), banner.bounding_box()
    assert box["x"] + box["width"] > whole["x"] + whole["width"] / 2  # it begins on the right
    assert re.fullmatch(r"[\d.,]+\s\$", figure(visitor).inner_text())  # as German has dollars


def test_a_page_themes_it_by_properties_parts_and_attributes(elsewhere, visitor):
    visitor.goto(
        elsewhere.write(
            BANNER.replace("<impact-banner", '<impact-banner accent="#00ff00"') + COUNTER,
            styles="impact-banner { --impact-background: rgb(1, 2, 3) }"
            "impact-counter::part(label) { color: rgb(4, 5, 6) }",
        )
    )
    figure(visitor).wait_for()
    css = "(e, name) => getComputedStyle(e)[name]"
    frame = visitor.locator("impact-banner .frame")
    assert frame.evaluate(css, "backgroundColor") == "rgb(1, 2, 3)"
    assert figure(visitor, "impact-banner").evaluate(css, "color") == "rgb(0, 255, 0)"
    label = visitor.locator("impact-counter [part=label]")
    assert label.evaluate(css, "color") == "rgb(4, 5, 6)"
    assert visitor.complaints == []


def test_a_banner_takes_the_width_it_has_and_a_counter_stays_in_its_line(elsewhere, visitor):
    visitor.set_viewport_size({"width": 800, "height": 600})
    visitor.goto(elsewhere.write(BANNER + f"<p>So far {COUNTER}</p>"))
    figures = visitor.locator("impact-banner [part=figure]")
    expect(figures).to_have_count(2)

    meals, toys = (figures.nth(place).bounding_box() for place in (0, 1))
    assert meals["y"] == toys["y"]
    assert visitor.locator("impact-banner").bounding_box()["width"] > 700
    assert visitor.locator("impact-counter").bounding_box()["width"] < 300


def test_screen_readers_hear_a_figure_when_they_reach_it_and_are_never_interrupted(
    elsewhere, visitor
):
    visitor.goto(elsewhere.write(BANNER + COUNTER))
    figure(visitor).wait_for()
    name = rf"^{re.escape(figure(visitor).inner_text())} "
    expect(
        visitor.locator("impact-counter").get_by_role("link", name=re.compile(name))
    ).to_be_visible()
    expect(visitor.get_by_role("list", name="What was given")).to_be_visible()
    assert visitor.locator("[aria-live], [role=status], [role=alert], output").count() == 0


@pytest.mark.parametrize("missing", ["/widget.js", "/counters"])
def test_when_we_are_down_the_page_shows_its_own_words(elsewhere, visitor, missing):
    visitor.route(re.compile(missing), lambda route: route.abort())
    visitor.goto(elsewhere.write(f"{BANNER} {COUNTER}"))
    visitor.wait_for_timeout(300)
    assert visitor.get_by_role("link", name="Meals we gave").is_visible()
    assert visitor.get_by_role("link", name="What we gave").is_visible()
    assert visitor.locator("body").inner_text().split() == "What we gave Meals we gave".split()


def test_without_script_the_page_shows_its_own_words(browser, elsewhere):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(elsewhere.write(BANNER + COUNTER))
    assert page.get_by_role("link", name="Meals we gave").is_visible()
    context.close()


def test_a_cause_that_is_not_there_leaves_the_words_of_the_page(elsewhere, visitor):
    visitor.goto(elsewhere.write(COUNTER + COUNTER.replace("meals", "nonsense")))
    figure(visitor).wait_for()
    assert visitor.get_by_role("link", name="Meals we gave").count() == 1
    assert visitor.complaints == []


def test_where_streams_are_broken_it_asks_from_time_to_time(site, elsewhere, visitor, number):
    visitor.clock.install()
    visitor.route("**/counters/stream*", lambda route: route.fulfill(status=503))
    with visitor.expect_response("**/counters/stream*"):
        visitor.goto(elsewhere.write(COUNTER))
    visitor.clock.run_for(2_000)
    figure(visitor).wait_for()
    before = number_in(figure(visitor).inner_text())
    give(site, number)
    assert number_in(figure(visitor).inner_text()) == before
    visitor.clock.run_for(6_000)
    expect(figure(visitor)).to_have_text(f"{before + 2:,}")


def test_a_hidden_page_lets_go_and_catches_up_when_it_is_seen_again(
    site, elsewhere, visitor, number
):
    visitor.goto(elsewhere.write(COUNTER))
    figure(visitor).wait_for()
    before = number_in(figure(visitor).inner_text())
    hide = (
        "hidden => { Object.defineProperty("
        "document, 'hidden', {value: hidden, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange')) }"
    )
    visitor.evaluate(hide, True)
    give(site, number)
    visitor.wait_for_timeout(400)
    assert number_in(figure(visitor).inner_text()) == before
    with visitor.expect_request("**/counters/stream*"):
        visitor.evaluate(hide, False)
    expect(figure(visitor)).to_have_text(f"{before + 2:,}")


def test_a_badge_fits_its_words_on_any_page(site, elsewhere, visitor):
    visitor.goto(elsewhere.write(f'<img src="{site.url}/badge/meals.svg" alt="Meals">', styles=""))
    width = visitor.locator("img").evaluate(
        "async i => { await i.decode(); return i.naturalWidth }"
    )
    assert width > 100
    assert visitor.complaints == []
    visitor.goto(f"{site.url}/badge/meals.svg")
    for text in visitor.locator("text").all():
        inside, given = text.evaluate("t => [t.getComputedTextLength(), t.getBBox().width]")
        assert abs(inside - given) < 2
