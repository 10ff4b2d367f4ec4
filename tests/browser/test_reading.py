"""Finding a story by keyboard, and what the reader's own device keeps of reading it."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser

STORY = "/stories/2026/leg-four-of-nine/"
OTHER = "/stories/2026/number-fourteen/"
KEPT = "Object.entries(localStorage)"
TABS = 80  # enough to get past every link before what is looked for

PUT_A_SENSITIVE_STORY = """
import django
django.setup()
from almoner.stories.models import StoryIndexPage, StoryPage
if not StoryPage.objects.filter(slug="behind-a-door").exists():
    paragraph = {"type": "paragraph", "value": "<p>" + "She packed. " * 120 + "</p>"}
    story = StoryPage(slug="behind-a-door", title="Behind a door", standfirst="A story.",
                      body=[paragraph] * 12, sensitive=True, neutral_title="A story", live=False)
    StoryIndexPage.objects.order_by("path").first().add_child(instance=story)
    story.save_revision().publish()
print(StoryPage.objects.get(slug="behind-a-door").url)
"""


def tab_to(page, selector):
    """Press Tab until the element has the focus; fails where the keyboard never gets there."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the Tab key never came to {selector}")


def read_to(page, block):
    """Scroll until a block of the story is at the top, as a wheel or a finger does."""
    page.evaluate(
        "block => document.querySelector('.story-body').children[block]"
        ".scrollIntoView({block: 'start'})",
        block,
    )
    page.wait_for_timeout(600)  # the script writes once the page has come to rest


def test_the_keyboard_alone_leads_from_the_front_page_by_a_topic_to_a_story(reader):
    reader.goto("/")
    tab_to(reader, ".front-topics .topics a[href$='/topics/dogs/']")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/topics/dogs/")
    tab_to(reader, f".card-title a[href$='{STORY}']")
    assert reader.locator(".card:has(a:focus-visible)").evaluate(
        "card => getComputedStyle(card).outlineStyle !== 'none'"
    ), "the focus can be seen"
    reader.keyboard.press("Enter")
    reader.wait_for_url(f"**{STORY}")
    tab_to(reader, ".series-nav a[rel=prev]")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/two-telephones/")


def test_a_search_needs_no_script_and_no_mouse(browser, site):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator(".site-search").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    page.locator("#search-text").focus()
    page.keyboard.type("blnaket")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=blnaket*")

    assert "blanket" in page.locator(".search-corrected").inner_text()
    assert page.locator(".result mark").first.inner_text().lower().startswith("blanket")
    context.close()


def test_the_place_that_was_reached_is_offered_again(reader):
    reader.goto(STORY)
    assert not reader.locator("[data-kept-place]").is_visible()
    read_to(reader, 7)
    reader.goto("/")
    reader.goto(STORY)

    reader.get_by_role("button", name="Read on where you stopped").click()

    top = "document.querySelector('.story-body').children[7].getBoundingClientRect().top"
    assert abs(reader.evaluate(top)) < 40
    assert reader.evaluate(
        "document.activeElement === document.querySelector('.story-body').children[7]"
    )


def test_a_story_that_was_read_to_its_end_is_forgotten(reader):
    reader.goto(STORY)
    read_to(reader, 7)
    assert STORY in json.dumps(reader.evaluate(KEPT))

    reader.evaluate("scrollTo(0, document.body.scrollHeight)")
    reader.wait_for_timeout(600)

    assert STORY not in json.dumps(reader.evaluate(KEPT))


def test_the_size_of_the_text_is_the_same_in_every_story(reader):
    size = "parseFloat(getComputedStyle(document.querySelector('.story-body')).fontSize)"
    reader.goto(STORY)
    usual = reader.evaluate(size)
    reader.get_by_text("Text size, and what is kept").click()
    reader.get_by_label("Largest").check()
    assert reader.evaluate(size) > 1.3 * usual

    reader.goto(OTHER)

    assert reader.evaluate(size) > 1.3 * usual


def test_one_button_deletes_all_that_is_kept_and_keeps_nothing_more(reader):
    reader.goto(STORY)
    reader.get_by_text("Text size, and what is kept").click()
    reader.get_by_label("Larger", exact=True).check()
    read_to(reader, 7)
    assert len(reader.evaluate(KEPT)) == 2

    reader.get_by_role("button", name="Delete it, and keep nothing").click()
    read_to(reader, 9)
    reader.goto(OTHER)
    read_to(reader, 7)

    assert reader.evaluate(KEPT) == [["almoner:keep-nothing", "yes"]]


def test_nothing_is_kept_of_a_sensitive_story(reader, site):
    put = subprocess.run(
        [sys.executable, "-c", PUT_A_SENSITIVE_STORY],
        env=site.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    reader.goto(put.stdout.strip())
    reader.wait_for_selector("h1:has-text('Behind a door')")
    read_to(reader, 6)

    assert reader.evaluate(KEPT) == []
    assert reader.locator("[data-kept]").count() == 0


def test_on_paper_stand_the_story_and_its_address_and_no_chrome(reader, site):
    reader.goto(STORY)
    reader.emulate_media(media="print")

    for gone in (".banner", ".site-nav", ".site-footer", ".share", ".kept", ".series-nav"):
        assert not reader.locator(gone).first.is_visible(), gone
    assert reader.locator("h1").is_visible()
    assert reader.locator(".printed-address").inner_text().endswith(STORY)
