"""The number that says whether a kept page is still right."""

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from wagtail.models import Site

from almoner.stories.models import HomePage, StoryIndexPage, StoryPage
from almoner.stories.site import lay_out
from almoner.web.site_version import bump, current


@pytest.fixture
def story(db):
    index = StoryIndexPage.objects.get(pk=lay_out().pk)
    story = StoryPage(slug="the-ferry", title="The ferry", standfirst="About it.", live=False)
    index.add_child(instance=story)
    return story


def test_it_goes_up_by_one(db):
    before = current()
    bump()
    assert current() == before + 1


def test_a_change_rolled_back_raises_nothing(db):
    before = current()

    def change_and_fail():
        with transaction.atomic():
            bump()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert current() == before


def test_publishing_raises_it(story):
    before = current()
    story.save_revision().publish()
    assert current() > before


def test_writing_a_draft_does_not(story):
    before = current()
    story.standfirst = "About it, better."
    story.save()
    story.save_revision()
    assert current() == before


def test_writing_a_new_version_of_a_published_page_does_not(story):
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    before = current()
    story.standfirst = "About it, better."
    story.save_revision()
    assert current() == before


def test_taking_a_page_down_raises_it(story):
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    before = current()
    story.unpublish()
    assert current() > before


def test_deleting_a_page_raises_it(story):
    before = current()
    story.delete()
    assert current() > before


def test_changing_the_front_page_or_the_site_raises_it(story):
    before = current()
    HomePage.objects.get().save()
    between = current()
    Site.objects.get().save()
    assert before < between < current()


def test_a_person_logging_in_does_not(story, client):
    user = get_user_model().objects.create_user("someone")
    before = current()
    client.force_login(user)
    assert current() == before
