"""A campaign manager makes a promise in the real screens: written, reviewed, published, ended."""

import httpx
import pytest

from almoner.stories.demo import PASSWORD

pytestmark = pytest.mark.browser

TITLE = "The bag that feeds"
SENTENCE = (
    "Every bag sold from 1 May 2030 to 31 May 2030 (New York time) gives 2 meals to Harbor Table "
    "Food Bank, at least 5,000 and at most 50,000, paid by Northgate Mills."
)


@pytest.fixture
def logged_in(site, browser):
    """Opens the admin as one of the demonstration's people."""
    contexts = []

    def _logged_in(name, **how):
        context = browser.new_context(
            base_url=site.url, viewport={"width": 1280, "height": 1000}, **how
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/login/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    yield _logged_in
    for context in contexts:
        context.close()


def write(page):
    """Fill in “Every bag sold … at least … at most … paid by …”, as somebody would."""
    page.goto("/admin/giving/campaigns/new/")
    page.fill("#id_title", TITLE)
    page.get_by_label("Every item sold").check()
    page.fill("#id_rate", "2")
    page.select_option("#id_cause", label="Meals Donated")
    page.select_option("#id_charity", label="Harbor Table Food Bank")
    page.fill("#id_starts_on", "2030-05-01")
    page.fill("#id_ends_on", "2030-05-31")
    page.select_option("#id_time_zone", value="America/New_York")
    for group, field, value in (
        ("At least and at most", "#id_minimum", "5,000"),
        ("At least and at most", "#id_cap", "50,000"),
        ("Which ones count", "#id_products", "bag"),
    ):
        opened(page, group)
        page.fill(field, value)
    opened(page, "Who pays")
    page.select_option("#id_sponsor", label="Northgate Mills")
    page.keyboard.press("Escape")


def opened(page, group):
    """Open a group of further terms by keyboard, unless it is open."""
    summary = page.locator("summary", has_text=group)
    if not summary.evaluate("each => each.parentElement.open"):
        summary.focus()
        page.keyboard.press("Enter")


def test_a_promise_is_written_reviewed_published_and_ended(site, logged_in):
    manager = logged_in("manager")
    write(manager)
    manager.locator(".terms-sentence", has_text=SENTENCE).wait_for()

    manager.locator("button[name=action-next]").click()
    manager.wait_for_url("**/inspect/**")
    assert manager.locator(".state").inner_text() == "Draft"
    assert manager.locator(".terms-sentence").first.inner_text() == SENTENCE
    manager.get_by_role("button", name="Ask for a review").click()
    assert manager.locator(".state").inner_text() == "Waiting for review"
    assert not manager.get_by_role("button", name="Approve these terms").is_visible()

    finance = logged_in("finance")
    finance.goto(manager.url)
    finance.fill("#review-note", "Agreed with the mill on the telephone.")
    finance.get_by_role("button", name="Approve these terms").click()
    assert finance.locator(".state").inner_text() == "Approved"

    manager.reload()
    manager.get_by_role("button", name="Publish the promise").click()
    manager.get_by_text("is published as version 1").wait_for()
    assert "Reviewed by finance" in manager.locator(".campaign-page").inner_text()
    state = manager.locator(".state").first.inner_text()
    manager.goto("/admin/giving/campaigns/")
    row = manager.locator("tr", has_text=TITLE)
    assert state in row.inner_text()
    with httpx.Client(base_url=site.url) as reader:
        assert SENTENCE in reader.get("/campaigns/the-bag-that-feeds/").text


def test_fields_that_say_nothing_are_hidden_and_open_groups_show_what_is_wrong(logged_in):
    page = logged_in("manager")
    page.goto("/admin/giving/campaigns/new/")
    assert not page.locator("#id_matches").is_visible()
    page.get_by_label("What another campaign gives").check()
    page.locator("#id_matches").wait_for(state="visible")
    assert not page.locator("summary", has_text="Which ones count").is_visible()
    page.get_by_label("Every story read").check()
    opened(page, "Which ones count")
    assert page.locator("#id_tags").is_visible()
    assert not page.locator("#id_products").is_visible()


def test_the_form_works_without_script(site, logged_in):
    page = logged_in("manager", java_script_enabled=False)
    page.goto("/admin/giving/campaigns/new/")
    page.fill("#id_title", "Shared by hand")
    page.fill("#id_slug", "shared-by-hand")
    page.get_by_label("Every order").check()
    page.fill("#id_rate", "1")
    page.select_option("#id_cause", label="Meals Donated")
    page.select_option("#id_charity", label="Harbor Table Food Bank")
    page.fill("#id_starts_on", "2030-05-01")
    page.locator("summary", has_text="Shared between charities").click()
    for at, charity in enumerate(("Harbor Table Food Bank", "Lantern House")):
        page.locator("[name=split-first]").nth(at).select_option(label=charity)
        page.locator("[name=split-second]").nth(at).fill("1")
    page.locator("button[name=action-next]").click()
    assert "in equal parts" in page.locator(".terms-sentence").first.inner_text()
