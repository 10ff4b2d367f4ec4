"""Every published story stands under its year; editors never see how."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Revision

from almoner.stories.models import StoryPage, StoryYearPage
from almoner.stories.schedule import publish_due

NEW_YEARS_EVE = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)


def test_a_published_story_moves_to_the_shelf_of_its_year(write):
    story = write("the-ferry", NEW_YEARS_EVE)

    story.save_revision().publish()

    story = StoryPage.objects.get(pk=story.pk)
    assert story.live
    assert story.url.endswith("/stories/2025/the-ferry/")
    assert story.get_parent().specific_class is StoryYearPage
    assert not Redirect.objects.exists(), "nobody had the draft's address"


def test_a_draft_stays_where_its_editor_put_it(write, index):
    story = write("the-ferry")

    story.save_revision()

    assert StoryPage.objects.get(pk=story.pk).get_parent().pk == index.pk
    assert not StoryYearPage.objects.exists()


def test_the_year_is_that_of_the_sites_own_clock(write, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    with timezone.override("Asia/Tokyo"):
        story = write("the-ferry", NEW_YEARS_EVE)
        story.save_revision().publish()

    assert StoryPage.objects.get(pk=story.pk).get_parent().slug == "2026"


def test_one_shelf_a_year_however_many_stories(write):
    for slug in ("one", "two", "three"):
        write(slug, NEW_YEARS_EVE).save_revision().publish()

    shelf = StoryYearPage.objects.get()
    assert [story.slug for story in shelf.get_children()] == ["one", "two", "three"]
    assert shelf.live


def test_publishing_a_change_years_later_keeps_the_address(write):
    story = write("the-ferry", NEW_YEARS_EVE)
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    before = story.url

    story.standfirst = "What it was about."
    story.save_revision().publish()

    story = StoryPage.objects.get(pk=story.pk)
    assert story.url == before
    assert story.standfirst == "What it was about."


def test_a_scheduled_story_comes_out_on_its_shelf(write):
    story = write("the-ferry")
    story.go_live_at = timezone.now() + timezone.timedelta(hours=1)
    revision = story.save_revision()
    revision.publish()
    assert not StoryPage.objects.get(pk=story.pk).live
    publish_due()
    assert not StoryPage.objects.get(pk=story.pk).live

    _let_an_hour_pass(story)
    publish_due()

    story = StoryPage.objects.get(pk=story.pk)
    assert story.live
    assert story.get_parent().slug == str(timezone.localtime().year)


def test_a_story_whose_publishing_was_cut_short_is_shelved_later(write, index):
    story = write("the-ferry", NEW_YEARS_EVE)
    StoryPage.objects.filter(pk=story.pk).update(live=True)

    publish_due()

    assert StoryPage.objects.get(pk=story.pk).get_parent().slug == "2025"
    assert Redirect.objects.get().old_path == "/stories/the-ferry"


def test_an_expired_story_is_taken_down(write):
    story = write("the-ferry", NEW_YEARS_EVE)
    story.save_revision().publish()
    StoryPage.objects.filter(pk=story.pk).update(
        expire_at=timezone.now() - timezone.timedelta(minutes=1)
    )

    publish_due()

    assert not StoryPage.objects.get(pk=story.pk).live


def test_rolling_back_brings_the_earlier_words_back(write):
    story = write("the-ferry", NEW_YEARS_EVE)
    first = story.save_revision()
    first.publish()
    story = StoryPage.objects.get(pk=story.pk)
    story.standfirst = "A mistake."
    story.save_revision().publish()

    # As the admin does: the revision is read anew, then saved as the newest.
    Revision.objects.get(pk=first.pk).as_object().save_revision().publish()

    story = StoryPage.objects.get(pk=story.pk)
    assert story.standfirst == "What it is about."
    assert story.url.endswith("/stories/2025/the-ferry/")


def test_readers_with_an_old_address_find_a_story_that_was_renamed(
    write, client, django_capture_on_commit_callbacks
):
    story = write("the-ferry", NEW_YEARS_EVE)
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    story.slug = "the-last-ferry"
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()

    answer = client.get("/stories/2025/the-ferry/")

    assert answer.status_code == 301
    assert answer.url == "/stories/2025/the-last-ferry/"


def test_a_shared_link_keeps_its_code_on_the_way_to_the_new_address(
    write, client, django_capture_on_commit_callbacks
):
    story = write("the-ferry", NEW_YEARS_EVE)
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    story.slug = "the-last-ferry"
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()

    answer = client.get("/stories/2025/the-ferry/?s=abc123")

    assert answer.url == "/stories/2025/the-last-ferry/?s=abc123"


@pytest.mark.parametrize(
    ("to", "answered"),
    [
        ("/stories/", "/stories/?s=abc123"),
        ("/stories/#latest", "/stories/?s=abc123#latest"),
        ("/stories/?page=2", "/stories/?page=2"),
        ("https://example.org/a#b", "https://example.org/a?s=abc123#b"),
    ],
)
def test_a_redirect_keeps_the_query_where_it_has_none(db, client, to, answered):
    Redirect.add_redirect("/old", redirect_to=to, is_permanent=True)

    assert client.get("/old?s=abc123").url == answered


def test_old_addresses_survive_a_move_to_another_year(
    write, client, django_capture_on_commit_callbacks
):
    story = write("the-ferry", NEW_YEARS_EVE)
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    story.slug = "the-last-ferry"
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()
    StoryPage.objects.filter(pk=story.pk).update(first_published_at=SPRING)
    with django_capture_on_commit_callbacks(execute=True):
        StoryPage.objects.get(pk=story.pk).save_revision().publish()

    story = StoryPage.objects.get(pk=story.pk)
    assert story.url.endswith("/stories/2026/the-last-ferry/")
    for old in ("/stories/2025/the-ferry/", "/stories/2025/the-last-ferry/"):
        assert client.get(old).url == story.url


def test_no_two_stories_have_one_address(write):
    write("the-ferry", NEW_YEARS_EVE).save_revision().publish()

    with pytest.raises(ValidationError, match="has this address already"):
        write("the-ferry")


def test_digits_alone_are_kept_for_years(write):
    with pytest.raises(ValidationError, match="kept for years"):
        write("2026")


def _let_an_hour_pass(story: StoryPage) -> None:
    """Set back the clock that Wagtail keeps on the story's revisions."""
    past = timezone.now() - timezone.timedelta(minutes=1)
    for revision in story.revisions.all():
        revision.content["go_live_at"] = past.isoformat()
        revision.approved_go_live_at = past
        revision.save()
