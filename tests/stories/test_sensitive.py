"""What leaves the page of a sensitive story says nothing of what it is about."""

import re
from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ValidationError
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from almoner.stories.models import HelpLine, StoryPage

HEADLINE = "She left on a Thursday"
ABOUT = {
    "title": HEADLINE,
    "sensitive": True,
    "neutral_title": "A Thursday",
    "neutral_text": "A story to read.",
}


@pytest.fixture
def draft(write):
    def _draft(**fields):
        story = write("a-thursday", **{n: v for n, v in fields.items() if n != "title"})
        story.title = fields["title"]
        return story

    return _draft


@pytest.fixture
def publish(draft):
    """Publishes a story and returns its address, which has the year in it."""

    def _publish(**fields):
        draft(**fields).save_revision().publish()
        return StoryPage.objects.get().get_url()

    return _publish


def head_of(answer):
    return answer.content.decode().partition("<body>")[0]


def test_tabs_and_shared_links_show_the_neutral_words(client, publish):
    answer = client.get(publish(**ABOUT))
    head = head_of(answer)

    assert HEADLINE in answer.content.decode()
    assert "<title>A Thursday</title>" in head
    assert 'og:title" content="A Thursday"' in head
    assert 'og:description" content="A story to read."' in head
    assert HEADLINE not in head
    assert "What it is about." not in head
    assert "/images/" not in head  # the lead picture; the one drawn for sharing has the words above


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("place", ["lead", "body"])
def test_no_picture_of_it_is_kept_on_the_device(client, publish, picture, place, sensitive):
    block = ("image", {"image": picture, "alt_text": "A wall", "caption": ""})
    cache.clear()  # Wagtail remembers sizes that an earlier test cut, and rolled back
    shown = {"lead_image": picture} if place == "lead" else {"body": [block]}
    page = client.get(publish(**{**ABOUT, **shown, "sensitive": sensitive})).content.decode()

    answer = client.get(re.search(r"/media/images/\S+\.webp", page)[0])

    assert answer.status_code == 200
    assert ("no-store" in answer["Cache-Control"]) == sensitive


def test_any_other_story_shows_its_own(client, publish):
    answer = client.get(publish(**{**ABOUT, "sensitive": False}))

    assert f"<title>{HEADLINE}" in head_of(answer)
    assert "Cache-Control" not in answer


def test_browsers_are_told_to_keep_nothing(client, publish):
    assert client.get(publish(**ABOUT))["Cache-Control"] == "no-store"


def test_it_is_not_published_without_a_neutral_title(draft):
    story = draft(**{**ABOUT, "neutral_title": " "})
    with pytest.raises(ValidationError, match="needs a neutral title"):
        story.full_clean()
    story.minimal_clean()  # a draft may wait for one


def test_a_draft_is_saved_while_it_waits_for_its_neutral_title(draft, client):
    story = draft(**{**ABOUT, "sensitive": False})
    client.force_login(get_user_model().objects.create_superuser("demo"))
    typed = nested_form_data(
        {
            "title": story.title,
            "slug": story.slug,
            "standfirst": story.standfirst,
            "story_authors": inline_formset([]),
            "body": streamfield([]),
            "footnotes": streamfield([]),
            "related": streamfield([]),
            "comments": inline_formset([]),
            "sensitive": "on",
            "neutral_title": "",
        }
    )
    address = f"/admin/pages/{story.pk}/edit/"

    client.post(address, typed)
    kept = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    refused = client.post(address, {**typed, "action-publish": "1"})

    assert kept.sensitive
    assert "A sensitive story needs a neutral title." in refused.content.decode()
    assert not StoryPage.objects.get(pk=story.pk).live


def test_the_list_of_help_lines_says_on_which_day_each_was_checked(db, client):
    HelpLine.objects.create(
        country="Ireland", name="Women’s Aid", telephone="1800 341 900", checked_on=date(2026, 3, 9)
    )
    client.force_login(get_user_model().objects.create_superuser("demo"))

    assert "9 March 2026" in client.get("/admin/help_lines/").content.decode()
