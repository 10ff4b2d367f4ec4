"""An editor writes, publishes and takes down through the real screens; readers see it at once."""

import re

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from almoner.stories.demo import PASSWORD

pytestmark = pytest.mark.browser

PATIENT = 30  # seconds: the first look at a story cuts its pictures
TITLE = "The ferry that waited"


@pytest.fixture
def editor(site, browser):
    """The demonstration's editor, logged in."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.add_init_script(
        # The form says twice that it watches: its side panel is a form of the same kind.
        "let forms = 0; document.addEventListener('w-unsaved:watch-edits',"
        " () => { document.documentElement.dataset.watched = ++forms })"
    )
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


def save(page):
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_load_state("load")


def open_for_writing(page, address):
    """Open a form and wait until it watches for changes, to save them by itself."""
    page.goto(address)
    page.wait_for_selector("html[data-watched='2']")


def schedule(page, when):
    control = page.locator("[data-a11y-dialog-show=schedule-publishing-dialog]").first
    if not control.is_visible():  # the panel that was open last is open again
        page.get_by_role("button", name="Toggle status").click()
    control.click()
    page.fill("[name=go_live_at]", when)
    # By key: the calendar that opened with the field may lie over the button.
    page.get_by_role("button", name="Save schedule").press("Enter")
    page.wait_for_load_state("load")


def wait_until_it_saved_itself(page):
    """Type on until the draft is there: the form notes a change some time after a stroke."""
    for _ in range(20):
        if page.url.endswith("/edit/"):
            return
        page.locator("[name=standfirst]").press_sequentially(" Then again.")
        page.wait_for_timeout(2_000)
    pytest.fail(f"no draft saved itself at {page.url}")


def titles(http):
    return re.sub(r"\s+", " ", http.get("/stories/").text)


def test_a_story_is_written_published_changed_and_taken_down(site, editor):
    with httpx.Client(base_url=site.url, timeout=PATIENT) as reader:
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


def test_an_editor_is_walked_from_the_first_word_to_a_new_address(site, editor):
    """Write, save itself, comment, compare, schedule, publish, change the address, be found."""
    editor.goto("/admin/stories/")
    editor.get_by_role("link", name="Add story").first.click()
    editor.wait_for_selector("html[data-watched='2']")
    editor.fill("#id_title", "The bell in the fog")
    editor.fill("[name=standfirst]", "Somebody rang it.")
    wait_until_it_saved_itself(editor)
    number = re.search(r"/pages/(\d+)/", editor.url)[1]
    edit = f"/admin/pages/{number}/edit/"

    editor.get_by_role("button", name="Toggle checks").click()
    check = editor.locator("[data-story-check]")
    check.get_by_text("There is no lead picture.").wait_for()
    assert "The story can be published as it is." in check.inner_text()

    editor.get_by_role("button", name="Toggle comments").click()
    standfirst = editor.locator("[data-contentpath=standfirst]").first
    standfirst.hover()
    standfirst.get_by_role("button", name="Add comment").click()
    editor.get_by_placeholder("Enter your comments...").fill("Who rang it?")
    editor.get_by_role("button", name="Comment", exact=True).click()
    save(editor)
    open_for_writing(editor, edit)
    editor.get_by_role("button", name="Toggle comments").click()
    assert editor.get_by_text("Who rang it?").is_visible()
    editor.fill("[name=standfirst]", "The ferryman rang it.")
    save(editor)

    editor.goto(f"/admin/pages/{number}/revisions/compare/earliest...latest/")
    assert editor.locator(".comparison--addition, ins, .addition").first.inner_text()
    assert "The ferryman rang it." in re.sub(r"\s+", " ", editor.locator("main").inner_text())

    open_for_writing(editor, edit)
    schedule(editor, "2099-01-01 09:00")
    with httpx.Client(base_url=site.url, timeout=PATIENT) as reader:
        open_for_writing(editor, edit)
        publish(editor)
        assert "The bell in the fog" not in titles(reader)

        editor.goto(edit)
        cancel = re.search(r"/admin/pages/\d+/revisions/\d+/unschedule/", editor.content())[0]
        editor.goto(cancel)
        editor.get_by_role("button", name="Yes, unschedule").click()
        editor.wait_for_load_state("load")
        open_for_writing(editor, edit)
        schedule(editor, "")
        open_for_writing(editor, edit)
        publish(editor)
        old = re.search(r'href="(/stories/\d{4}/the-bell-in-the-fog/)"', titles(reader))[1]
        assert reader.get(old).status_code == 200

        open_for_writing(editor, edit)
        editor.get_by_role("tab", name="Promote").click()
        editor.fill("#id_slug", "the-ferrymans-bell")
        publish(editor)
        moved = reader.get(f"{old}?s=abc")
        assert moved.status_code == 301
        assert moved.headers["Location"] == old.replace(
            "the-bell-in-the-fog/", "the-ferrymans-bell/?s=abc"
        )
        assert "The ferryman rang it." in reader.get(moved.headers["Location"]).text

    public = editor.context.browser.new_page(base_url=site.url)
    public.goto(old)
    assert violations(public) == []
    public.close()


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found]


def test_what_would_fail_a_reader_is_kept_as_a_draft_and_told(site, editor):
    editor.goto("/admin/stories/")
    editor.get_by_role("link", name="Add story").first.click()
    editor.wait_for_selector("html[data-watched='2']")
    editor.fill("#id_title", "The missing note")
    editor.fill("[name=standfirst]", "It was never written.")
    editor.get_by_role("button", name="Insert a block").first.click()
    editor.get_by_role("option", name="Heading").click()
    editor.locator("[name='body-0-value']").fill("A mark[^lost]")
    wait_until_it_saved_itself(editor)

    publish(editor)

    told = editor.get_by_text("The text refers to a footnote [^lost] that there is not.")
    assert told.locator("visible=true").count() == 1
    with httpx.Client(base_url=site.url, timeout=PATIENT) as reader:
        assert "The missing note" not in titles(reader)
    editor.goto("/admin/stories/")
    assert editor.get_by_role("link", name="The missing note").first.is_visible()


def test_a_pictures_own_description_is_offered_and_never_takes_the_place_of_what_is_written(editor):
    editor.goto("/admin/stories/")
    editor.get_by_role("link", name="Add story").first.click()
    editor.wait_for_selector("html[data-watched='2']")
    editor.get_by_role("button", name="Insert a block").first.click()
    editor.get_by_role("option", name="Picture").click()
    picture = editor.locator("[data-contentpath=body]")
    description = editor.locator("[name='body-0-value-alt_text']")

    picture.get_by_role("button", name="Choose an image").click()
    editor.locator("[data-chooser-modal-choice]").first.click()
    expect(description).to_have_value(re.compile(r"\w+ \w+ .*\.$"))  # a sentence, not a title
    offered = description.input_value()

    choose_another(editor, picture, 1)
    expect(description).not_to_have_value(offered)
    description.fill("What it shows here.")
    choose_another(editor, picture, 0)
    expect(description).to_have_value("What it shows here.")


def choose_another(page, picture, number):
    title = picture.locator("[data-chooser-title]")
    before = title.inner_text()
    picture.get_by_role("button", name="Actions").first.click()
    page.get_by_text("Change image").locator("visible=true").click()
    page.locator("[data-chooser-modal-choice]").nth(number).click()
    expect(title).not_to_have_text(before)


def test_what_an_editor_sees_is_never_kept_for_readers(site, editor):
    editor.goto("/stories/")
    own = editor.context.cookies()
    assert {cookie["name"] for cookie in own} >= {"sessionid"}
    with httpx.Client(base_url=site.url, timeout=PATIENT) as reader:
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
