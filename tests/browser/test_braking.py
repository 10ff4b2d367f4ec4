"""A campaign manager is told of a flood of reads, looks at it, and lets the campaign give again."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from almoner.campaigns.model import Action
from almoner.ledger import Event, Ledger, connect
from almoner.reading.brake import braked
from almoner.stories.demo import PASSWORD

pytestmark = pytest.mark.browser

SLUG, TITLE = "passed-on", "Passed On"


@pytest.fixture
def visit(site):
    """Sends visits to the running site, as reading does."""

    def _visit(ref, count):
        now = datetime.now(UTC)
        with closing(connect(site.home / "almoner.db")) as db:
            body = Action("visit", count, without=tuple(braked(db)))
            Ledger(db).append([Event("reads", ref, "action", now, body)], now)

    return _visit


@pytest.fixture
def is_braked(site):
    def _is_braked():
        with closing(connect(site.home / "almoner.db")) as db:
            return SLUG in braked(db)

    return _is_braked


@pytest.fixture
def manager(site, browser):
    """The campaign manager's window."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    yield page
    context.close()


def waited(page, holds, *, reload=False):
    """Wait until something holds: the worker looks every few seconds."""
    for _ in range(120):
        if holds():
            return
        page.wait_for_timeout(500)
        if reload:
            page.reload()
    pytest.fail("it did not come about")


def test_a_flood_is_looked_at_and_let_go_by_keyboard(site, visit, is_braked, manager):
    visit("flood", 900)
    waited(manager, is_braked)
    visit("after", 400)

    manager.goto("/admin/")
    told = manager.locator(".giving-home .brake")
    assert f"“{TITLE}” is paused. 900 came in 10 minutes" in told.inner_text()
    told.get_by_role("link").focus()
    manager.keyboard.press("Enter")
    manager.wait_for_url("**/reads/**")
    waited(manager, lambda: "400 visits were left out" in manager.inner_text(".brake"), reload=True)

    manager.get_by_label("What you found").focus()
    manager.keyboard.type("A newsletter linked to the story.")
    manager.keyboard.press("Tab")
    manager.get_by_label("Count after all").fill("400")
    manager.get_by_role("button", name="Let it give again").press("Enter")

    manager.get_by_text(f"“{TITLE}” gives again. 400 were counted after all.").wait_for()
    assert manager.get_by_role("heading", name="Giving is paused").count() == 0
    pauses = manager.get_by_role("region", name="Pauses", exact=True)
    assert "A newsletter linked to the story." in pauses.inner_text()
    assert not is_braked()
