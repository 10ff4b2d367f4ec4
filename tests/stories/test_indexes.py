"""Authors, topics and series: where they stand, and what a story says of them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

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

SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)


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


@pytest.fixture
def series(index):
    """A series."""
    return SeriesIndexPage.objects.get().add_child(
        instance=SeriesPage(title="Nine legs", slug="nine-legs")
    )


@pytest.fixture
def publish(write, picture, authors, topic):
    """Publishes a story that has everything it can be found by; the days go on by themselves."""

    def _publish(slug, published=None, authors=tuple(authors), topics=(topic,), **fields):
        when = published or SPRING + timedelta(days=StoryPage.objects.count())
        story = write(slug, when, lead_image=picture, **fields)
        story.story_authors.set([StoryAuthor(author=author) for author in authors])
        story.topics.set(topics)
        story.save_revision().publish()
        return StoryPage.objects.get(pk=story.pk)

    return _publish


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


def test_a_series_that_goes_leaves_its_stories(write, series):
    story = write("the-ferry", series=series, series_place=1)

    series.delete()

    assert StoryPage.objects.get(pk=story.pk).series is None


def test_the_page_of_each_has_its_stories_and_no_others(publish, authors, topic, series, client):
    mine = publish("mine", series=series)
    publish("another", authors=authors[1:], topics=())
    draft = publish("withdrawn", series=series)
    draft.unpublish()

    for page in (authors[0], topic, series):
        assert [story.pk for story in client.get(page.url).context["stories"]] == [mine.pk]


def test_a_story_shows_and_links_to_all_it_is_found_by(publish, authors, topic, series, client):
    story = publish("the-ferry", byline="Somebody else", series=series)

    html = client.get(story.url).content.decode()

    for page in (*authors, topic, series):
        assert f'href="{page.url}"' in html
    assert "Somebody else" not in html
    assert "part 1 of 1" in html


def test_the_byline_is_shown_where_there_is_no_author(publish, client):
    story = publish("the-ferry", authors=(), byline="A neighbour")

    assert "By A neighbour" in client.get(story.url).content.decode()
    assert "By A neighbour" in client.get("/stories/").content.decode()


def test_a_series_is_in_its_own_order_and_each_part_leads_to_its_neighbours(
    publish, series, client
):
    last = publish("written-first", series=series)  # without a place: after those that have one
    second = publish("second", series=series, series_place=2)
    first = publish("first", series=series, series_place=1)

    listed = client.get(series.url).context["stories"]
    found = client.get(second.url).context["neighbours"]

    assert [story.pk for story in listed] == [first.pk, second.pk, last.pk]
    assert (found.place, found.parts) == (2, 3)
    assert (found.before.pk, found.after.pk) == (first.pk, last.pk)
    assert client.get(first.url).context["neighbours"].before is None
    assert client.get(last.url).context["neighbours"].after is None


def test_a_draft_is_no_neighbour(publish, write, series, client):
    first = publish("first", series=series, series_place=1)
    write("not-yet", series=series, series_place=2).save_revision()

    assert client.get(first.url).context["neighbours"].after is None


def test_an_author_who_is_withdrawn_is_named_nowhere(publish, authors, client):
    story = publish("the-ferry")
    authors[0].unpublish()

    for path in ("/", "/stories/", story.url, "/authors/"):
        html = client.get(path).content.decode()
        assert "Mara Lindqvist" not in html, path
        assert "Tomas Okafor" in html, path


def test_the_front_page_offers_topics_and_series_that_have_stories(publish, topic, series, client):
    TopicIndexPage.objects.get().add_child(instance=TopicPage(title="Empty", slug="empty"))
    story = publish("the-ferry", series=series)

    context = client.get("/").context

    assert [(each.title, each.story_count) for each in context["topics"]] == [("Dogs", 1)]
    assert [(each.title, each.first.pk) for each in context["series"]] == [("Nine legs", story.pk)]


def test_the_archive_has_a_page_a_month(publish, client):
    april = publish("april", SPRING)
    may = publish("may", SPRING.replace(month=5))

    year = client.get("/stories/2026/")
    month = client.get("/stories/2026/04/")

    assert [story.pk for story in year.context["stories"]] == [may.pk, april.pk]
    assert [(each.month, many) for each, many in year.context["months"]] == [(5, 1), (4, 1)]
    assert [story.pk for story in month.context["stories"]] == [april.pk]
    assert "Stories of April 2026" in month.content.decode()
    assert "/stories/2026/04/" in year.content.decode()
    assert f'rel="canonical" href="{year.context["page"].full_url}04/"' in month.content.decode()
    for nowhere in ("13", "4", "00", "04/x"):
        assert client.get(f"/stories/2026/{nowhere}/").status_code == 404, nowhere


@pytest.mark.parametrize("number", ["2", "99", "-1", "x", "", "9" * 5000, "\x00"])
def test_a_list_answers_whatever_page_is_asked_for(publish, topic, monkeypatch, client, number):
    monkeypatch.setattr("almoner.stories.listing.STORIES_A_LIST", 2)
    for slug in ("one", "two", "three"):
        publish(slug)

    answer = client.get(topic.url, {"page": number})

    assert answer.status_code == 200
    assert len(answer.context["stories"]) in (1, 2)


def test_no_page_takes_more_queries_for_more_stories(
    publish, authors, topic, series, client, django_assert_max_num_queries
):
    publish("zero", series=series)
    story = publish("one", series=series)
    paths = ["/", "/authors/", "/topics/", "/series/", "/stories/2026/04/", story.url]
    paths += [page.url for page in (authors[0], topic, series)]
    few = {}
    for path in paths:
        client.get(path)  # cuts the pictures to size, once
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        few[path] = len(queries)
    for slug in ("two", "three", "four", "five"):
        publish(slug, series=series)

    for path in paths:
        client.get(path)  # what is alike is compared anew, once after a change
        with django_assert_max_num_queries(few[path], info=path):
            client.get(path)
