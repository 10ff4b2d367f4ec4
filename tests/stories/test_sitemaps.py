"""What search engines are told to look at, and what not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from lxml import etree
from wagtail.models import ReferenceIndex

from almoner.stories.models import StoryPage

SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LASTMOD = "{http://www.sitemaps.org/schemas/sitemap/0.9}lastmod"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}loc"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def fetch(client, path):
    answer = client.get(path)
    assert answer["Content-Type"].startswith("application/xml")
    return etree.fromstring(answer.content)


def texts(root, tag):
    return [element.text for element in root.iter(tag)]


def everything(client):
    """Every address that the maps named by the index name, and how often."""
    named = []
    for address in texts(fetch(client, "/sitemap.xml"), LOC):
        named += texts(fetch(client, address.removeprefix("http://127.0.0.1:8000")), LOC)
    return named


@pytest.fixture
def story(write, picture):
    body = [{"type": "image", "value": {"image": picture.pk, "alt_text": "A", "caption": ""}}]
    story = write("the-ferry", SPRING, lead_image=picture, body=body)
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    ReferenceIndex.create_or_update_for_object(story)  # Wagtail does it when a change is committed
    return story


def test_the_maps_name_every_public_page_once_and_each_is_there(story, client):
    named = everything(client)

    assert len(set(named)) == len(named)
    paths = [address.removeprefix("http://127.0.0.1:8000") for address in named]
    assert {"/", "/stories/", "/stories/2026/", story.url, "/causes/", "/check/"} <= set(paths)
    for path in paths:
        if path != "/promises/" and path != "/log/":  # these need a ledger
            assert client.get(path).status_code == 200


def test_what_is_not_public_is_not_named(story, write, client):
    write("not-yet")
    private = write("for-members", SPRING)
    private.save_revision().publish()
    private.view_restrictions.create(restriction_type="login")
    gone = write("gone", SPRING)
    gone.save_revision().publish()
    StoryPage.objects.get(pk=gone.pk).unpublish()

    named = " ".join(everything(client))

    assert "the-ferry" in named
    for slug in ("not-yet", "for-members", "gone"):
        assert slug not in named


def test_a_story_says_when_it_changed_and_which_pictures_readers_see(story, client):
    cache.clear()  # Wagtail remembers sizes that an earlier test cut, and rolled back
    client.get(story.url)  # cuts the pictures to size

    root = fetch(client, "/sitemaps/stories-1.xml")

    assert texts(root, LOC) == [story.full_url]
    assert texts(root, LASTMOD) == [story.last_published_at.isoformat()]
    (picture,) = texts(root, IMAGE)
    assert client.get(picture.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_maps_are_split(story, write, client, monkeypatch):
    monkeypatch.setattr("almoner.stories.sitemaps.STORIES_A_MAP", 1)
    write("later", SPRING + timedelta(days=1)).save_revision().publish()

    assert [
        address.rpartition("/")[2] for address in texts(fetch(client, "/sitemap.xml"), LOC)
    ] == [
        "pages.xml",
        "stories-1.xml",
        "stories-2.xml",
    ]
    assert texts(fetch(client, "/sitemaps/stories-1.xml"), LOC) == [story.full_url]
    assert client.get("/sitemaps/stories-3.xml").status_code == 404


def test_news_are_of_yesterday_and_today(story, write, client):
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    write("older", today - timedelta(days=1, seconds=1)).save_revision().publish()
    write("yesterday", today - timedelta(days=1)).save_revision().publish()
    write("today", today).save_revision().publish()

    root = fetch(client, "/sitemaps/news.xml")

    assert texts(root, NEWS + "title") == ["Today", "Yesterday"]
    assert texts(root, NEWS + "language") == ["en", "en"]
    assert texts(root, NEWS + "publication_date")[0] == today.isoformat(timespec="seconds")
    assert any("news.xml" in each for each in texts(fetch(client, "/sitemap.xml"), LOC))


def test_robots_are_told_where_the_map_is_and_what_is_nobodys_business(index, client):
    told = client.get("/robots.txt").content.decode()

    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml\n" in told
    assert "Disallow: /receipts/\n" in told
    assert "Disallow: /\n" not in told


def test_a_sensitive_story_can_be_found_without_its_pictures_and_is_no_news(story, write, client):
    client.get(story.url)
    story.sensitive, story.neutral_title = True, "A letter"
    story.save_revision().publish()
    today = write("today", timezone.now(), sensitive=True, neutral_title="A letter")
    today.save_revision().publish()

    root = fetch(client, "/sitemaps/stories-1.xml")

    assert len(texts(root, LOC)) == 2
    assert texts(root, IMAGE) == []
    assert texts(fetch(client, "/sitemaps/news.xml"), LOC) == []
