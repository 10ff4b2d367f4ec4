"""What each role can and cannot do, tried by real requests to the admin."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission

from almoner.people.roles import (
    AUDITORS,
    CAMPAIGN_MANAGERS,
    EDITORS,
    FINANCE,
    ROLES,
    establish_roles,
)
from almoner.stories.models import StoryPage

STORY_FORM = {
    "title": "The ferry",
    "slug": "the-ferry",
    "standfirst": "What it is about.",
    "body-count": "0",
    "footnotes-count": "0",
    "related-count": "0",
    "comments-TOTAL_FORMS": "0",
    "story_authors-TOTAL_FORMS": "0",
    "story_authors-INITIAL_FORMS": "0",
    "comments-INITIAL_FORMS": "0",
    "action-publish": "1",
}


def add_story(index):
    """The address of the form for a new story."""
    return f"/admin/pages/add/stories/storypage/{index.pk}/"


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_every_role_gets_into_the_admin(logged_in, index, role):
    # The first page shows the ledger's figures and is tested with one, in tests/giving.
    assert logged_in(role).get("/admin/account/").status_code == 200


def test_a_reader_is_asked_to_log_in(client, index):
    answer = client.get("/admin/")

    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")


def test_an_editor_goes_from_the_list_of_stories_straight_to_the_form(logged_in, index):
    editor = logged_in(EDITORS)
    editor.post(add_story(index), STORY_FORM)  # now a year page could be a parent, too

    listing = editor.get("/admin/stories/").content.decode()
    answer = editor.get("/admin/stories/choose_parent/")

    assert "The ferry" in listing
    assert "/admin/stories/choose_parent/" in listing
    assert answer.url == add_story(index)


@pytest.mark.parametrize(
    ("role", "shown"),
    [(EDITORS, True), (AUDITORS, True), (CAMPAIGN_MANAGERS, False), (FINANCE, False)],
)
def test_the_menu_has_stories_for_those_who_may_see_them(logged_in, index, role, shown):
    client = logged_in(role)

    assert (client.get("/admin/stories/").status_code == 200) is shown
    assert ("/admin/stories/" in client.get("/admin/account/").content.decode()) is shown


def test_an_editor_publishes_a_story(logged_in, index):
    editor = logged_in(EDITORS)

    answer = editor.post(add_story(index), STORY_FORM)

    assert answer.status_code == 302, answer.context["form"].errors
    story = StoryPage.objects.get()
    assert story.live
    assert story.get_parent().slug == str(story.first_published_at.year)


def test_an_editor_saves_a_draft_and_publishes_it_later(logged_in, index):
    editor = logged_in(EDITORS)
    draft = {name: value for name, value in STORY_FORM.items() if name != "action-publish"}

    editor.post(add_story(index), draft)
    story = StoryPage.objects.get()
    assert not story.live
    assert editor.get(f"/admin/pages/{story.pk}/edit/").status_code == 200
    answer = editor.post(f"/admin/pages/{story.pk}/edit/", STORY_FORM)

    assert answer.status_code == 302, answer.context["form"].errors
    assert StoryPage.objects.get().live


def test_an_editor_is_told_what_is_missing(logged_in, index):
    answer = logged_in(EDITORS).post(add_story(index), {**STORY_FORM, "standfirst": ""})

    assert answer.status_code == 200
    assert "standfirst" in answer.context["form"].errors


@pytest.mark.parametrize("role", [CAMPAIGN_MANAGERS, FINANCE, AUDITORS])
def test_others_cannot_write_stories(logged_in, index, role):
    client = logged_in(role)

    assert client.get(add_story(index)).status_code in (302, 403)
    client.post(add_story(index), STORY_FORM)

    assert not StoryPage.objects.exists()


def test_an_auditor_finds_the_pages_but_cannot_change_them(logged_in, index):
    auditor = logged_in(AUDITORS)

    listing = auditor.get(f"/admin/pages/{index.get_parent().pk}/")
    assert listing.status_code == 200
    assert "Stories" in listing.content.decode()
    assert auditor.get(f"/admin/pages/{index.pk}/history/").status_code in (200, 302)
    for change in ("edit", "delete", "unpublish", "move"):
        assert auditor.get(f"/admin/pages/{index.pk}/{change}/").status_code in (302, 403), change


def test_an_auditor_sees_who_may_log_in_but_changes_nobody(logged_in, index):
    auditor = logged_in(AUDITORS)
    someone = get_user_model().objects.create_user("someone")

    assert auditor.get("/admin/users/").status_code == 200
    answer = auditor.post(f"/admin/users/edit/{someone.pk}/", {"username": "x", "is_active": ""})

    assert answer.status_code in (302, 403)
    someone.refresh_from_db()
    assert (someone.username, someone.is_active) == ("someone", True)


@pytest.mark.parametrize("role", [EDITORS, CAMPAIGN_MANAGERS, FINANCE])
def test_only_superusers_and_auditors_see_the_log_ins(logged_in, index, role):
    assert logged_in(role).get("/admin/users/").status_code in (302, 403)


def test_the_roles_can_be_established_again_and_again(db):
    before = snapshot()

    establish_roles()

    assert snapshot() == before


def test_a_right_given_by_hand_to_a_role_is_taken_back(db):
    before = snapshot()
    Group.objects.get(name=AUDITORS).permissions.add(Permission.objects.get(codename="delete_user"))

    establish_roles()

    assert snapshot() == before


def test_no_auditor_has_a_right_to_change_anything(db):
    group = Group.objects.get(name=AUDITORS)
    rights = set(group.permissions.values_list("codename", flat=True))
    rights |= set(group.page_permissions.values_list("permission__codename", flat=True))

    assert {right for right in rights if not right.startswith("view_")} == {"access_admin"}


def test_the_rights_to_giving_follow_its_models(db):
    giving = {model._meta.model_name for model in apps.get_app_config("giving").get_models()}
    wanted = {
        EDITORS: set(),
        CAMPAIGN_MANAGERS: {"cause", "charity", "campaign"} & giving,
        FINANCE: {"charity", "fund", "sponsor"} & giving,
        AUDITORS: set(),
    }
    for role, models in wanted.items():
        codenames = Permission.objects.filter(
            group__name=role, content_type__app_label="giving", codename__startswith="change_"
        ).values_list("codename", flat=True)
        assert set(codenames) == {f"change_{model}" for model in models}, role


def snapshot():
    """Every right of every role."""
    return (
        set(Group.objects.values_list("name", "permissions__codename")),
        set(GroupPagePermission.objects.values_list("group__name", "permission__codename")),
        set(Group.objects.values_list("name", "collection_permissions__permission__codename")),
    )
