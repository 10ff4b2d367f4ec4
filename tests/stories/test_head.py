"""What the heads of pages tell search engines, social networks and feed readers."""

import json
from datetime import UTC, datetime

import pytest
from lxml import etree, html
from wagtail.models import Locale, PageViewRestriction

from almoner.stories.models import HomePage, StoryIndexPage, StoryPage, StoryYearPage

NAMES = ("rss.xml", "atom.xml", "feed.json")
SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
HARD_TITLE = 'The </script><script>alert(1)</script> & "dog" <!-- 3 < 4'


@pytest.fixture
def story(write, picture):
    story = write("the-ferry", SPRING, lead_image=picture, byline="Mara Lindqvist")
    story.title = HARD_TITLE
    story.save_revision().publish()
    return StoryPage.objects.get(pk=story.pk)


class Head:
    """The head of a page, as a machine reads it."""

    def __init__(self, client, path):
        self.text = client.get(path).content.decode()
        self.root = html.document_fromstring(self.text).find("head")

    def meta(self, name):
        found = self.root.xpath("meta[@name=$n or @property=$n]/@content", n=name)
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None

    def links(self, rel, **attributes):
        return [
            link.get("href")
            for link in self.root.xpath("link[@rel=$r]", r=rel)
            if all(link.get(name) == value for name, value in attributes.items())
        ]

    def data(self):
        (script,) = self.root.xpath("script[@type='application/ld+json']")
        return {part["@type"]: part for part in json.loads(script.text)["@graph"]}


def test_a_story_says_what_it_is(story, client):
    head = Head(client, story.url)

    assert head.links("canonical") == [story.full_url]
    assert head.meta("description") == "What it is about."
    assert head.meta("og:type") == "article"
    assert head.meta("og:title") == HARD_TITLE
    assert head.meta("og:url") == story.full_url
    assert head.meta("article:published_time") == "2026-04-12T09:00:00+00:00"
    assert head.meta("twitter:card") == "summary_large_image"
    assert head.meta("robots") == "max-image-preview:large"


def test_a_headline_cannot_break_out_of_the_data(story, client):
    head = Head(client, story.url)

    assert "alert(1)</script>" not in head.text
    article = head.data()["NewsArticle"]
    assert article["headline"] == HARD_TITLE
    assert article["author"] == [{"@type": "Person", "name": "Mara Lindqvist"}]
    assert article["datePublished"] == "2026-04-12T09:00:00+00:00"
    assert article["image"]["url"] == head.meta("og:image")


def test_a_story_that_nobody_answers_for_is_no_news(write, client):
    story = write("unsigned", SPRING)
    story.save_revision().publish()
    story = StoryPage.objects.get(pk=story.pk)
    assert set(Head(client, story.url).data()) == {"Article", "BreadcrumbList"}


def test_breadcrumbs_lead_from_the_front_page_past_the_year(story, client, settings):
    steps = Head(client, story.url).data()["BreadcrumbList"]["itemListElement"]

    home, index = HomePage.objects.get(), StoryIndexPage.objects.get()
    assert [(step["position"], step["name"], step["item"]) for step in steps] == [
        (1, settings.WAGTAIL_SITE_NAME, home.full_url),
        (2, "Stories", index.full_url),
        (3, HARD_TITLE, story.full_url),
    ]


@pytest.mark.parametrize("path", ["/", "/stories/", "/stories/2026/"])
def test_lists_say_what_they_are_and_where_the_feeds_are(story, client, path):
    head = Head(client, path)

    base = HomePage.objects.get().full_url
    assert head.links("canonical") == [base.rstrip("/") + path]
    assert head.meta("og:type") == "website"
    for name, kind in (
        ("rss.xml", "rss+xml"),
        ("atom.xml", "atom+xml"),
        ("feed.json", "feed+json"),
    ):
        assert head.links("alternate", type=f"application/{kind}") == [base + name]
        assert client.get("/" + name)["Content-Type"].startswith(f"application/{kind}")
    assert "BreadcrumbList" in head.data()


def test_each_page_of_a_list_stands_for_itself(index, write, client, monkeypatch):
    monkeypatch.setattr("almoner.stories.listing.STORIES_A_LIST", 1)
    for slug in ("one", "two"):
        write(slug, SPRING).save_revision().publish()

    assert Head(client, "/stories/?page=2").links("canonical") == [f"{index.full_url}?page=2"]
    assert Head(client, "/stories/?page=1").links("canonical") == [index.full_url]


def test_a_page_names_its_translations_and_itself(story, client):
    arabic = Locale.objects.create(language_code="ar")
    assert Head(client, story.url).links("alternate", hreflang="en") == []
    home = HomePage.objects.get().copy_for_translation(arabic)
    home.save_revision().publish()

    front, told = Head(client, "/"), Head(client, story.url)
    english = HomePage.objects.get(locale__language_code="en").full_url
    for head in (front, Head(client, "/ar/")):
        assert head.links("alternate", hreflang="en") == [english]
        assert head.links("alternate", hreflang="ar") == [english + "ar/"]
        assert head.links("alternate", hreflang="x-default") == [english]
    assert told.links("alternate", hreflang="en") == [story.full_url]
    assert told.links("alternate", hreflang="ar") == []
    assert front.links("alternate", type="application/rss+xml") == [english + "rss.xml"]
    assert Head(client, "/ar/").links("alternate", type="application/rss+xml") == [
        english + "ar/rss.xml"
    ]
    assert client.get("/ar/rss.xml").status_code == 200
    assert b'<a href="/rss.xml">RSS</a>' in client.get(story.url).content
    assert b'<a href="/ar/rss.xml">RSS</a>' in client.get("/ar/").content
    assert b"<language>ar</language>" in client.get("/ar/rss.xml").content
    assert client.get("/rss.xml").content.count(b"<item>") == 1
    assert client.get("/ar/rss.xml").content.count(b"<item>") == 0


def test_a_translation_that_only_some_may_see_is_not_named(story, client):
    arabic = Locale.objects.create(language_code="ar")
    HomePage.objects.get().copy_for_translation(arabic).save_revision().publish()
    StoryIndexPage.objects.get().copy_for_translation(arabic).save_revision().publish()
    StoryYearPage.objects.get().copy_for_translation(arabic).save_revision().publish()
    translated = story.copy_for_translation(arabic)
    translated.save_revision().publish()
    assert Head(client, story.url).links("alternate", hreflang="ar") == [translated.full_url]

    PageViewRestriction.objects.create(page=translated, restriction_type="login")

    assert Head(client, story.url).links("alternate", hreflang="ar") == []


@pytest.mark.parametrize("path", ["/causes/", "/check/"])
def test_pages_of_figures_say_what_they_are(story, client, path):
    head = Head(client, path)

    base = HomePage.objects.get().full_url.rstrip("/")
    assert head.links("canonical") == [base + path]
    assert head.meta("description") == head.meta("og:description") != ""
    assert head.meta("og:title")


def test_a_month_stands_for_itself(story, client):
    head = Head(client, "/stories/2026/04/")

    assert head.links("canonical") == [HomePage.objects.get().full_url + "stories/2026/04/"]
    assert head.meta("og:title") == "Stories of April 2026"


def test_a_sensitive_story_tells_its_neutral_title_and_no_more(story, client):
    story.sensitive, story.neutral_title, story.neutral_text = True, "A letter", "For a friend."
    story.save_revision().publish()

    head = Head(client, story.url)
    told = etree.tostring(head.root, encoding="unicode")

    assert (head.meta("og:title"), head.meta("description")) == ("A letter", "For a friend.")
    assert head.meta("robots") == "noarchive, nosnippet, noimageindex"
    article = head.data()["Article"]
    assert (article["headline"], article["description"]) == ("A letter", "For a friend.")
    assert "author" not in article
    assert head.data()["BreadcrumbList"]["itemListElement"][-1]["name"] == "A letter"
    for part in ("alert(1)", "What it is about", "Mara Lindqvist", "grey"):
        assert part not in told
    assert "noindex" not in told
