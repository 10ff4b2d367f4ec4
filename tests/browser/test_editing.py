"""An editor writes, publishes and takes down through the real screens; readers see it at once."""

import re

import httpx
import pytest

from almoner.stories.demo import PASSWORD

pytestmark = pytest.mark.browser

TITLE = "The ferry that waited"


@pytest.fixture
def editor(site, browser):
    """The demonstration's editor, logged in."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", "editor")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    yield page
    context.close()


def publish(page):
    """Press “Publish”, wherever the screen has put it."""
    button = page.locator("button[name=action-publish]")
    if not button.is_visible():
        page.locator(
            "footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle"
        ).last.click()
    button.click()
    page.wait_for_load_state("load")


def titles(http):
    return re.sub(r"\s+", " ", http.get("/stories/").text)


def test_a_story_is_written_published_changed_and_taken_down(site, editor):
    with httpx.Client(base_url=site.url) as reader:
        assert TITLE not in titles(reader)
        assert TITLE not in reader.get("/").text

        editor.goto("/admin/stories/")
        editor.get_by_role("link", name="Add story").first.click()
        editor.wait_for_selector("#id_title")
        editor.fill("#id_title", TITLE)
        standfirst = editor.locator("[name=standfirst]")
        standfirst.fill("Nobody was left on the quay.")
        publish(editor)
        expect_published = editor.locator(".messages, .w-messages").inner_text()
        assert "published" in expect_published.lower()

        assert TITLE in titles(reader)
        address = re.search(r'href="(/stories/\d{4}/the-ferry-that-waited/)"', titles(reader))[1]
        page = reader.get(address)
        assert page.status_code == 200
        assert "Nobody was left on the quay." in page.text

        editor.goto("/admin/stories/")
        editor.get_by_role("link", name=TITLE).first.click()
        editor.wait_for_selector("#id_title")
        number = re.search(r"/pages/(\d+)/", editor.url)[1]
        editor.locator("[name=standfirst]").fill("Everybody came aboard.")
        publish(editor)
        assert "Everybody came aboard." in reader.get(address).text

        editor.goto(f"/admin/pages/{number}/unpublish/")
        editor.locator("form button[type=submit], form input[type=submit]").last.click()
        editor.wait_for_load_state("load")
        assert reader.get(address).status_code == 404
        assert TITLE not in titles(reader)


def test_what_an_editor_sees_is_never_kept_for_readers(site, editor):
    editor.goto("/stories/")
    own = editor.context.cookies()
    assert {cookie["name"] for cookie in own} >= {"sessionid"}
    with httpx.Client(base_url=site.url) as reader:
        answer = reader.get("/stories/")
        assert "set-cookie" not in answer.headers
        assert "userbar" not in answer.text
        with_session = reader.get("/stories/", headers={"Cookie": f"sessionid={own[0]['value']}"})
        assert "etag" not in with_session.headers


def test_a_key_made_in_the_admin_works_at_once_and_revoked_is_useless_at_once(site, browser):
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    page.goto("/admin/giving/keys/")
    page.fill("[name=name]", "to-be-revoked")
    for scope in page.locator("input[type=checkbox]").all():
        scope.check()
    page.locator("form.small-form button[type=submit]").click()
    token = page.locator("code.token").inner_text()

    def answer():
        return httpx.post(
            f"{site.url}/api/v1/events",
            headers={"Authorization": f"Bearer {token}"},
            json={"kind": "manual", "id": "before", "campaign": "none", "quantity": 1},
        ).status_code

    assert answer() == 201
    page.get_by_role("button", name="Revoke to-be-revoked").click()
    page.wait_for_load_state("load")
    assert answer() == 401
    context.close()
