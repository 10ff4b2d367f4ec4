"""The feeds as feed readers get them, held to the checker and to a schema of JSON Feed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from django.core.cache import cache
from django.utils import timezone
from lxml import etree, html

from almoner.giving.models import Cause
from almoner.stories.full_text import cleaned
from almoner.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    HomePage,
    SeriesIndexPage,
    SeriesPage,
    StoryAuthor,
    StoryPage,
    StoryRendition,
    TopicIndexPage,
    TopicPage,
)
from tests.stories.feed_checker import ATOM, CONTENT, faults

SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
SCHEMA = json.loads((Path(__file__).parent / "json_feed.schema.json").read_text())
NAMES = ("rss.xml", "atom.xml", "feed.json")


@pytest.fixture
def story(write, picture):
    Cause.objects.create(slug="meals", label="Meals Donated", kind="count", unit="meal")
    body = [
        {"type": "paragraph", "value": '<p>She had the <b>last</b> <a href="/x/">ticket</a>.</p>'},
        {"type": "pull_quote", "value": {"quote": "I <never> ask.", "attribution": "Ferryman"}},
        {"type": "counter", "value": {"cause": "meals"}},
        {"type": "image", "value": {"image": picture.pk, "alt_text": "A dog", "caption": ""}},
        {"type": "video", "value": {"url": "https://vimeo.com/76979871", "title": "The crossing"}},
    ]
    story = write("the-ferry", SPRING, lead_image=picture, byline="Mara & Ines", body=body)
    story.title = "The ferry & the dog\x0b, 3 < 4"
    story.save_revision().publish()
    return StoryPage.objects.get(pk=story.pk)


def texts(client):
    """The full text of the newest story in each format."""
    rss, atom, feed = (client.get(f"/{name}").content for name in NAMES)
    return (
        etree.fromstring(rss).findtext(f"channel/item/{CONTENT}"),
        etree.fromstring(atom).findtext(f"{ATOM}entry/{ATOM}content"),
        json.loads(feed)["items"][0]["content_html"],
    )


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_the_checker_finds_no_fault(story, write, client, name):
    write("without-a-picture", SPRING).save_revision().publish()

    answer = client.get(f"/{name}")

    assert answer["Content-Type"].partition(";")[0] == f"application/{name[:-4]}+xml"
    assert faults(answer.content) == []
    assert answer.content.count(b"<title>") == 3


def test_the_json_feed_fits_its_schema(story, write, client):
    write("without-a-picture", SPRING).save_revision().publish()

    answer = client.get("/feed.json")

    assert answer["Content-Type"].startswith("application/feed+json")
    feed = json.loads(answer.content)
    jsonschema.Draft202012Validator(SCHEMA).validate(feed)
    assert len(feed["items"]) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_site_without_stories_has_a_feed_that_stays_the_same(index, client, name):
    first = client.get(f"/{name}").content
    if name == "feed.json":
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(first))
    else:
        assert faults(first) == []
    assert client.get(f"/{name}").content == first


def test_each_feed_has_the_whole_story_and_says_what_it_is(story, client):
    for text in texts(client):
        words = html.fromstring(text).text_content()
        for part in ("She had the last ticket.", "I <never> ask.", "Ferryman", "Meals Donated"):
            assert part in words
        assert 'alt="A grey wall"' in text
        assert 'alt="A dog"' in text
        assert "https://vimeo.com/76979871" in text

    item = json.loads(client.get("/feed.json").content)["items"][0]
    assert item["title"] == "The ferry & the dog, 3 < 4"
    assert item["summary"] == "What it is about."
    assert item["url"] == story.full_url
    assert item["authors"] == [{"name": "Mara & Ines"}]
    assert item["date_published"] == "2026-04-12T09:00:00+00:00"
    assert item["image"] == item["attachments"][0]["url"]
    assert item["attachments"][0]["mime_type"] == "image/jpeg"


def test_the_full_text_needs_nothing_of_our_pages(story, client):
    for text in texts(client):
        for part in html.fragment_fromstring(text, create_parent=True).iter():
            assert part.tag not in ("svg", "script", "picture", "source", "impact-counter")
            assert not {"class", "style", "srcset", "loading"} & set(part.attrib)
            for name in ("href", "src"):
                assert part.get(name, "http").startswith("http"), part.attrib
        assert "\x02" not in text


def test_a_story_is_the_same_item_after_its_address_changed(story, client):
    def ids():
        rss, atom, feed = (client.get(f"/{name}").content for name in NAMES)
        return (
            etree.fromstring(rss).findtext("channel/item/guid"),
            etree.fromstring(atom).findtext(f"{ATOM}entry/{ATOM}id"),
            json.loads(feed)["items"][0]["id"],
        )

    before = ids()
    assert len(set(before)) == 1
    assert before[0].startswith("urn:uuid:")
    story.slug = "the-last-ferry"
    story.save_revision().publish()

    assert "/the-last-ferry/" in client.get("/feed.json").content.decode()
    assert ids() == before


def test_drafts_and_private_stories_are_in_no_feed(story, write, client):
    write("not-yet")
    private = write("for-members", SPRING)
    private.save_revision().publish()
    private.view_restrictions.create(restriction_type="login")

    for name in NAMES:
        text = client.get(f"/{name}").content.decode()
        assert "the-ferry" in text
        assert "not-yet" not in text
        assert "for-members" not in text


@pytest.mark.parametrize(
    "path",
    ["/stories/rss.xml", "/nowhere/rss.xml", "/rss.xml/", "/stories/2026/the-ferry/feed.json"],
)
def test_what_lists_no_stories_has_no_feed(story, client, path):
    assert client.get(path).status_code == 404


def test_the_feed_of_a_private_site_is_not_public(story, client):
    HomePage.objects.get().view_restrictions.create(restriction_type="login")

    assert client.get("/feed.json").status_code == 404


def test_a_feed_takes_as_many_queries_for_six_stories_as_for_two(
    write, picture, client, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def publish(*slugs):
        for slug in slugs:
            write(slug, SPRING, lead_image=picture).save_revision().publish()

    publish("one", "two")
    client.get("/feed.json")  # cuts the pictures to size, once
    with CaptureQueriesContext(connection) as few:
        client.get("/feed.json")
    publish("three", "four", "five", "six")

    with django_assert_max_num_queries(len(few)):
        assert len(json.loads(client.get("/feed.json").content)["items"]) == 6


@pytest.fixture
def found_by(story, picture):
    """A topic, a series and two authors, each with the ferry and nothing else."""
    made = []
    for index, page in (
        (TopicIndexPage, TopicPage(title="Rivers", slug="rivers")),
        (SeriesIndexPage, SeriesPage(title="Water", slug="water")),
        (AuthorIndexPage, AuthorPage(title="Ines", slug="ines")),
    ):
        index.objects.get().add_child(instance=page)
        made.append(page)
    topic, series, author = made
    story.topics.add(topic)
    story.series = series
    story.story_authors.add(StoryAuthor(author=author))
    story.save_revision().publish()
    return made


@pytest.mark.parametrize("place", ["topics/rivers", "series/water", "authors/ines"])
def test_a_topic_a_series_and_an_author_have_feeds_of_their_stories(found_by, write, client, place):
    write("unrelated", SPRING).save_revision().publish()

    for name in NAMES[:2]:
        feed = client.get(f"/{place}/{name}").content
        assert faults(feed) == []
        assert b"the-ferry" in feed
        assert b"unrelated" not in feed
    feed = json.loads(client.get(f"/{place}/feed.json").content)
    jsonschema.Draft202012Validator(SCHEMA).validate(feed)
    assert feed["home_page_url"] == f"http://127.0.0.1:8000/{place}/"
    (item,) = feed["items"]
    assert item["tags"] == ["Rivers"]
    assert item["authors"] == [{"name": "Ines", "url": "http://127.0.0.1:8000/authors/ines/"}]
    assert b"unrelated" in client.get("/rss.xml").content


@pytest.mark.parametrize("place", ["topics", "series", "authors"])
def test_a_list_of_lists_has_no_feed(found_by, client, place):
    assert client.get(f"/{place}/rss.xml").status_code == 404


def test_a_feed_tells_nothing_of_a_sensitive_story_but_where_it_is(found_by, story, client):
    story = StoryPage.objects.get(pk=story.pk)
    story.sensitive, story.neutral_title, story.neutral_text = True, "A letter", "For a friend."
    story.save_revision().publish()

    for name in NAMES:
        text = client.get(f"/{name}").content.decode()
        for part in ("The ferry &amp; the dog", "What it is about", "ticket", "Ines", "Rivers"):
            assert part not in text
        assert "grey" not in text
        assert "A letter" in text
        assert "For a friend." in text
        assert "the-ferry" in text
    assert faults(client.get("/rss.xml").content) == []
    assert faults(client.get("/atom.xml").content) == []
    item = json.loads(client.get("/feed.json").content)["items"][0]
    assert not {"image", "authors", "tags", "attachments"} & set(item)


def test_content_notes_come_first_and_footnotes_last(story, client):
    passage = [{"type": "paragraph", "value": "<p>He raised his hand.[^why]</p>"}]
    story.body = [
        {"type": "paragraph", "value": "<p>It began well.</p>"},
        {"type": "content_note", "value": {"note": "Violence at home.", "passage": passage}},
    ]
    story.footnotes = [{"type": "note", "value": {"mark": "why", "text": "<p>He is ill.</p>"}}]
    story.save_revision().publish()

    for text in texts(client):
        words = html.fragment_fromstring(text, create_parent=True).text_content()
        places = [
            words.index(each)
            for each in ("Violence at home.", "It began well.", "He raised his hand.", "He is ill.")
        ]
        assert places == sorted(places)
        assert f'href="{story.full_url}#' in text
        assert 'href="#' not in text


def test_a_feed_cuts_each_picture_to_one_size_only(story, picture, client):
    cache.clear()  # Wagtail remembers sizes that an earlier test cut, and rolled back
    note = {"note": "Hard.", "passage": [{"type": "image", "value": {"image": picture.pk}}]}
    gallery = {"title": "", "pictures": [{"image": picture.pk, "alt_text": "Again", "caption": ""}]}
    story.body = [
        {"type": "image", "value": {"image": picture.pk, "alt_text": "A dog", "caption": ""}},
        {"type": "gallery", "value": gallery},
        {"type": "content_note", "value": note},
    ]
    story.save_revision().publish()

    text = texts(client)[0]

    assert text.count("<img") == 4
    assert {cut.filter_spec for cut in StoryRendition.objects.all()} == {
        "width-1200|format-jpeg",
    }


def test_a_link_that_is_no_address_loses_its_address_and_not_the_feed():
    assert cleaned('<p><a href="http://[x/">The quay</a></p>', "https://a.example/") == (
        "<p><a>The quay</a></p>"
    )


def test_what_xml_cannot_write_is_left_out_of_every_xml(write, client):
    story = write("the-quay", timezone.now(), byline="Mara\x0b Lindqvist")
    story.title = "The\x0b quay"
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    embedded = f"/oembed?format=xml&url={story.full_url}"

    for address in ("/rss.xml", "/atom.xml", "/sitemaps/news.xml", embedded):
        assert b"The quay" in etree.tostring(etree.fromstring(client.get(address).content)), address
