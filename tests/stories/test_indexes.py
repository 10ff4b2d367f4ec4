"""Authors, topics and series: where they stand, and what a story says of them."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from almoner.people.roles import EDITORS
from almoner.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    SeriesIndexPage,
    SeriesPage,
    StoryAuthor,
    StoryPage,
    TopicIndexPage,
    TopicPage,
)
from almoner.stories.site import lay_out


@pytest.fixture
def authors(index):
    """Two authors."""
    parent = AuthorIndexPage.objects.get()
    return [
        parent.add_child(instance=AuthorPage(title=name, slug=slug))
        for name, slug in (("Mara Lindqvist", "mara"), ("Tomas Okafor", "tomas"))
    ]


@pytest.fixture
def topic(index):
    """A topic."""
    return TopicIndexPage.objects.get().add_child(
        instance=TopicPage(title="Dogs", slug="dogs", standfirst="They help.")
    )


@pytest.mark.parametrize("path", ["/authors/", "/topics/", "/series/"])
def test_every_site_has_an_index_of_each(index, client, path):
    lay_out()

    assert client.get(path).status_code == 200


def test_a_story_names_its_authors_in_the_order_given(write, authors):
    story = write("the-ferry")
    story.story_authors.set([StoryAuthor(author=authors[1]), StoryAuthor(author=authors[0])])
    story.save_revision().publish()

    assert [author.title for author in StoryPage.objects.get(pk=story.pk).authors] == [
        "Tomas Okafor",
        "Mara Lindqvist",
    ]


def test_an_author_who_goes_takes_no_story_along(write, authors, topic):
    story = write("the-ferry")
    story.story_authors.set([StoryAuthor(author=authors[0])])
    story.topics.set([topic])
    story.save_revision().publish()

    authors[0].delete()
    topic.delete()

    story = StoryPage.objects.get(pk=story.pk)
    assert story.authors == []
    assert list(story.topics.all()) == []
    story.get_latest_revision_as_object().save_revision().publish()


@pytest.mark.parametrize("path", ["topics", "authors", "series"])
def test_an_editor_finds_each_kind_in_the_menu_and_may_add_one(index, client, path):
    editor = get_user_model().objects.create_user("editor", is_staff=True)
    editor.groups.add(Group.objects.get(name=EDITORS))
    client.force_login(editor)

    assert client.get(f"/admin/{path}/").status_code == 200
    assert client.get(f"/admin/{path}/choose_parent/", follow=True).status_code == 200
    assert f'"/admin/{path}/"' in client.get("/admin/account/").content.decode()


def test_the_story_form_asks_for_all_of_them(write, topic, client):
    client.force_login(get_user_model().objects.create_superuser("demo"))

    form = client.get(f"/admin/pages/{write('the-ferry').pk}/edit/").content.decode()

    for field in ("story_authors-TOTAL_FORMS", 'name="topics"', 'name="series"', "series_place"):
        assert field in form, field
    assert "Dogs" in form


def test_a_series_that_goes_leaves_its_stories(write, index):
    series = SeriesIndexPage.objects.get().add_child(
        instance=SeriesPage(title="Nine legs", slug="nine-legs")
    )
    story = write("the-ferry", series=series, series_place=1)

    series.delete()

    assert StoryPage.objects.get(pk=story.pk).series is None
