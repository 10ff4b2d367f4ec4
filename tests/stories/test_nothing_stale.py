"""After any change that a reader can see, no kept page is served as it was.

A page that is kept is served while the site version is the one that it was rendered at
(`web.pages`). So each change is made as the admin makes it, the page must then read
otherwise, and what was kept of it must be out of date.
"""

from datetime import date

import pytest
from django.core.files.images import ImageFile
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageViewRestriction, Site

from almoner.giving.models import Cause
from almoner.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    HomePage,
    SeriesIndexPage,
    SeriesPage,
    StoryIndexPage,
    StoryPage,
    TopicIndexPage,
    TopicPage,
)
from almoner.stories.safety import HelpLine, ReaderSafety
from almoner.web.pages import Page, Pages
from almoner.web.site_version import current


@pytest.fixture
def site(write, picture):
    """A story with everything that names it, and a cause in the banner."""
    Cause.objects.create(slug="meals", label="Meals Donated", unit="meal", icon="bowl")
    author = AuthorIndexPage.objects.get().add_child(
        instance=AuthorPage(title="Ada Quill", slug="ada-quill")
    )
    topic = TopicIndexPage.objects.get().add_child(
        instance=TopicPage(title="On the water", slug="on-the-water")
    )
    series = SeriesIndexPage.objects.get().add_child(
        instance=SeriesPage(title="Nine legs", slug="nine-legs")
    )
    story = write("the-ferry", lead_image=picture, series=series, series_place=1)
    story.story_authors.create(author=author)
    story.topics.set([topic])
    story.save_revision().publish()


def story():
    return StoryPage.objects.get(slug="the-ferry")


def publish(page, **fields):
    for name, value in fields.items():
        setattr(page, name, value)
    page.save_revision().publish()


def save(row, **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()


def another_story():
    new = StoryPage(slug="another", title="Another", standfirst="About it.", live=False)
    StoryIndexPage.objects.get().add_child(instance=new)
    new.save_revision().publish()


def another_file(draw):
    image = story().lead_image
    image.file = ImageFile(draw(20, (80, 60)), name="darker.png")
    image.save()


# What is changed, where it is seen, and how.
CHANGES = {
    "a headline": ("story", lambda _: publish(story(), title="The ferry, again")),
    "a story on the front page": ("/", lambda _: another_story()),
    "a story taken down": ("/stories/", lambda _: story().unpublish()),
    "a story taken down, at its own address": ("story", lambda _: story().unpublish()),
    "a story deleted": ("/stories/", lambda _: story().delete()),
    "a story for some people only": (
        "/stories/",
        lambda _: PageViewRestriction.objects.create(page=story(), restriction_type="login"),
    ),
    "a story's new address": ("/stories/", lambda _: publish(story(), slug="the-boat")),
    "a sensitive story": (
        "story",
        lambda _: publish(
            story(), sensitive=True, neutral_title="A story", neutral_text="A story to read."
        ),
    ),
    "an author's name": ("story", lambda _: publish(AuthorPage.objects.get(), title="Ada Q.")),
    "a topic's name": ("story", lambda _: publish(TopicPage.objects.get(), title="At sea")),
    "a series' name": ("story", lambda _: publish(SeriesPage.objects.get(), title="Ten legs")),
    "a picture's description": (
        "story",
        lambda _: save(story().lead_image, description="A white wall"),
    ),
    "a picture's credit": ("story", lambda _: save(story().lead_image, credit="Ada Quill")),
    "a picture's file": ("story", another_file),
    "the front page's motto": ("/", lambda _: publish(HomePage.objects.get(), standfirst="Hi")),
    "a cause's label": (
        "story",
        lambda _: save(Cause.objects.get(), label="Meals Given"),
    ),
    "a cause taken out of the banner": ("/", lambda _: save(Cause.objects.get(), shown=False)),
    "a help line": (
        "/safety/",
        lambda _: HelpLine.objects.create(
            country="Ireland", name="A line", telephone="1800 341 900", checked_on=date(2026, 11, 1)
        ),
    ),
    "the settings of reader safety": (
        "story",
        lambda _: save(ReaderSafety.current(), leave_everywhere=True),
    ),
    "a redirect": (
        "/old/",
        lambda _: Redirect.add_redirect("/old", redirect_to="/stories/", is_permanent=True),
    ),
    "the site's address": (
        "/",
        lambda _: save(Site.objects.get(), hostname="giving.example"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_page_is_served_as_it_was(site, client, draw, change):
    where, make = CHANGES[change]
    address = story().url if where == "story" else where
    kept = Pages()
    kept.put(address, Page(current(), None, (), read(client, address)))
    assert kept.get(address, current(), 0) is not None

    make(draw)

    assert kept.get(address, current(), 0) is None, f"{address} is served as it was"
    assert read(client, address) != kept.get(address, kept_at(kept, address), 0).rendered


def kept_at(kept, address):
    return next(n for n in range(current() + 1) if kept.get(address, n, 0))


def read(client, address):
    """What a reader gets: where to and what."""
    answer = client.get(address)
    return answer.headers.get("Location", "").encode() + answer.content
