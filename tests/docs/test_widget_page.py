"""The lines of the how-to for other sites, pasted as it says, show the figures."""

import re
from pathlib import Path

import pytest
from liquid import DictLoader, Environment
from playwright.sync_api import expect

from tests.browser.elsewhere import EXAMPLE, POLICY, Elsewhere

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "show-the-figures-elsewhere.md"


def blocks(language):
    """The page's blocks in a language."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, f"the page has nothing in {language}"
    return found


@pytest.fixture
def paste(site, page):
    """Pastes lines into a page elsewhere, opens it, and says what it complains of."""
    there = Elsewhere(site.url)
    complaints = []
    page.on("console", lambda said: complaints.append(said.text))

    def _paste(lines, styles=""):
        page.goto(there.paste(lines.replace(EXAMPLE, site.url), styles=styles))
        return complaints

    yield _paste
    there.close()


def test_any_page_and_wordpress_show_live_figures(page, paste):
    any_page, _, wordpress = blocks("html")
    for lines, figures in ((any_page, 3), (wordpress, 2)):
        complaints = paste(lines)
        expect(page.locator("[part=figure]")).to_have_count(figures)
        expect(page.locator("[part=figure]").first).to_have_text(re.compile(r"^[\d,]+$"))
        assert complaints == []


def test_the_styles_colour_it(page, paste):
    any_page, *_ = blocks("html")
    paste(any_page, styles=blocks("css")[0])
    frame = page.locator("impact-banner .frame")
    background = "e => getComputedStyle(e).backgroundColor"
    frame.wait_for()
    assert frame.evaluate(background) == "rgb(245, 241, 232)"
    figure = page.locator("impact-counter [part=figure]")
    assert figure.evaluate("e => getComputedStyle(e).fontSize") == "32px"


def test_the_badge_is_a_picture_with_words(page, paste):
    _, badge, _ = blocks("html")
    complaints = paste(badge)
    picture = page.get_by_role("img", name="Meals we gave")
    assert picture.evaluate("async i => { await i.decode(); return i.naturalWidth }") > 100
    assert complaints == []


def test_the_policy_is_the_one_that_every_page_of_these_tests_has():
    assert f"Content-Security-Policy: {POLICY}\n" in blocks("text")[0]


def test_a_shopify_theme_shows_the_causes_that_its_template_names(page, paste):
    snippet, use = blocks("liquid")
    theme = Environment(loader=DictLoader({"giving": snippet}))

    for template, figures in ((use, 1), ("{% render 'giving' %}", 2)):
        complaints = paste(theme.from_string(template).render())
        expect(page.locator("[part=figure]")).to_have_count(figures)
        assert complaints == []
