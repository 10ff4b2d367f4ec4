"""What a real server gives machines: feeds, maps, pictures and embeds, kept and never stale."""

import json
import re
import time
from io import BytesIO

import httpx
import pytest
from lxml import etree, html
from PIL import Image

from tests.editor import Editor
from tests.shop import NUMBERS, line, order, send
from tests.stories.feed_checker import faults

STORY = "/stories/2026/a-professional-amount-of-boring/"
KEPT = ["/rss.xml", "/atom.xml", "/feed.json", "/sitemap.xml", "/sitemaps/stories-1.xml"]
WRITE = """
index = StoryIndexPage.objects.get(locale__language_code="en")
story = StoryPage(slug="machine-story", title=title, standfirst="About it.", live=False)
index.add_child(instance=story)
story.save_revision().publish()
"""


@pytest.fixture
def http(site):
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def editor(site):
    with Editor(site) as editor:
        yield editor


def path_of(address):
    return re.sub(r"^https?://[^/]+", "", address)


def head(http, path):
    return html.document_fromstring(http.get(path).text).find("head")


def picture_of(http, path):
    (address,) = head(http, path).xpath("meta[@property='og:image']/@content")
    return path_of(address)


def seen(http, path, holds):
    """Wait until what is at a path holds or lacks what it should; a second is four looks."""
    until = time.monotonic() + 3
    while not holds(http.get(path).text):
        assert time.monotonic() < until, f"{path} is stale"
        time.sleep(0.02)


@pytest.mark.parametrize("path", KEPT)
def test_what_machines_fetch_is_kept_and_told_apart(http, path):
    first = http.get(path)
    assert first.status_code == 200
    assert first.headers["content-encoding"] in ("br", "zstd", "gzip")
    again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/rss.xml", "/atom.xml"])
def test_the_demonstrations_feeds_have_no_fault(http, path):
    assert faults(http.get(path).content) == []


def test_a_feed_does_not_change_when_a_counter_does(http, site):
    before = http.get("/rss.xml").headers["etag"]
    send(site.url, order(next(NUMBERS), [line(1, 2, "3.00")]))
    time.sleep(0.3)
    assert http.get("/rss.xml").headers["etag"] == before


def test_every_kind_of_change_is_in_the_feeds_and_maps(http, editor):
    for path in KEPT:
        http.get(path)
    everywhere = ("/rss.xml", "/atom.xml", "/feed.json", "/sitemaps/stories-1.xml")

    editor.do(WRITE, title="Told by machines")
    for path in everywhere:
        seen(http, path, lambda text: "machine-story" in text)
    seen(http, "/sitemaps/news.xml", lambda text: "Told by machines" in text)

    editor.do(
        """
story = StoryPage.objects.get(slug="machine-story")
story.title, story.body = "Told again", [{"type": "paragraph", "value": "<p>Newer words.</p>"}]
story.save_revision().publish()
"""
    )
    for path in everywhere[:3]:
        seen(http, path, lambda text: "Told again" in text and "Newer words." in text)
    seen(http, "/sitemaps/news.xml", lambda text: "Told again" in text)

    editor.do(
        """
story = StoryPage.objects.get(slug="machine-story")
story.slug = "moved-story"
story.save_revision().publish()
"""
    )
    for path in everywhere:
        seen(http, path, lambda text: "moved-story" in text and "machine-story" not in text)

    editor.do(
        """
StoryPage.objects.get(slug="moved-story").view_restrictions.create(restriction_type="login")
"""
    )
    for path in everywhere:
        seen(http, path, lambda text: "moved-story" not in text)

    editor.do('StoryPage.objects.get(slug="moved-story").view_restrictions.all().delete()')
    for path in everywhere:
        seen(http, path, lambda text: "moved-story" in text)

    editor.do('StoryPage.objects.get(slug="moved-story").unpublish()')
    for path in everywhere:
        seen(http, path, lambda text: "moved-story" not in text)
    editor.do('StoryPage.objects.get(slug="moved-story").delete()')


def test_a_story_has_a_picture_with_its_headline_that_may_be_kept_for_ever(http):
    path = picture_of(http, STORY)
    answer = http.get(path)

    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.content) < 300_000
    assert Image.open(BytesIO(answer.content)).size == (1200, 630)
    assert http.get(path).content == answer.content


def test_a_changed_headline_has_another_picture_and_the_old_address_leads_to_it(http, editor):
    editor.do(WRITE, title="The first headline")
    seen(http, "/feed.json", lambda text: "machine-story" in text)
    story = path_of(
        next(
            each["url"]
            for each in http.get("/feed.json").json()["items"]
            if "machine" in each["url"]
        )
    )
    before = picture_of(http, story)
    editor.do(
        """
story = StoryPage.objects.get(slug="machine-story")
story.title = "The second headline"
story.save_revision().publish()
"""
    )
    seen(http, story, lambda text: "The second headline" in text)
    after = picture_of(http, story)

    assert before != after
    moved = http.get(before)
    assert (moved.status_code, path_of(moved.headers["location"])) == (302, after)
    editor.do('StoryPage.objects.get(slug="machine-story").unpublish()')
    seen(http, "/feed.json", lambda text: "machine-story" not in text)
    assert http.get(after).status_code == 404
    editor.do('StoryPage.objects.get(slug="machine-story").delete()')


@pytest.mark.parametrize("path", [STORY, "/causes/meals/"])
def test_what_can_be_embedded_says_how_within_the_first_kilobytes(http, path):
    text = http.get(path).text
    address = html.document_fromstring(text).xpath("//link[@type='application/json+oembed']/@href")
    assert text.index("application/json+oembed") < 10_000

    told = http.get(path_of(address[0])).json()

    assert (told["version"], told["type"]) == ("1.0", "rich")
    frame = html.fragment_fromstring(told["html"])
    assert (frame.tag, int(frame.get("width"))) == ("iframe", told["width"])
    assert int(frame.get("height")) == told["height"]
    shown = http.get(path_of(frame.get("src")))
    assert "frame-ancestors *" in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "set-cookie" not in shown.headers
    assert re.search(r'<impact-counter[^>]*cause="meals"[^>]*>[0-9,]+<', shown.text)


def test_an_embed_obeys_the_size_it_is_asked_for(http):
    base = head(http, STORY).xpath("link[@rel='canonical']/@href")[0]
    asked = {"url": base + "?s=abc#top"}

    whole = http.get("/oembed", params=asked).json()
    small = http.get("/oembed", params={**asked, "maxwidth": 300, "maxheight": 200}).json()

    assert (whole["width"], whole["thumbnail_width"], whole["thumbnail_height"]) == (600, 1200, 630)
    picture = http.get(path_of(whole["thumbnail_url"]))
    assert Image.open(BytesIO(picture.content)).size == (1200, 630)
    assert (small["width"], small["height"]) == (300, 200)
    assert "thumbnail_url" not in small
    middle = http.get("/oembed", params={**asked, "maxwidth": 600}).json()
    assert (middle["thumbnail_width"], middle["thumbnail_height"]) == (480, 300)
    assert http.get(path_of(middle["thumbnail_url"])).status_code == 200


def test_an_embed_can_be_had_as_xml_as_well(http):
    base = head(http, STORY).xpath("link[@rel='canonical']/@href")[0]
    as_json = http.get("/oembed", params={"url": base}).json()
    answer = http.get("/oembed", params={"url": base, "format": "xml"})

    assert answer.headers["content-type"].startswith("text/xml")
    root = etree.fromstring(answer.content)
    assert root.tag == "oembed"
    assert {each.tag: each.text for each in root} == {
        name: str(value) for name, value in as_json.items()
    }


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "url-missing"),
        ({"url": "{base}/nowhere/"}, 404, "nothing-to-embed"),
        ({"url": "{base}/stories/"}, 404, "nothing-to-embed"),
        ({"url": "{base}/check/"}, 404, "nothing-to-embed"),
        ({"url": "https://elsewhere.example" + STORY}, 404, "nothing-to-embed"),
        ({"url": "http://["}, 404, "nothing-to-embed"),
        ({"url": "{base}" + STORY, "format": "yaml"}, 501, "format-not-implemented"),
        ({"url": "{base}" + STORY, "maxwidth": "wide"}, 400, "not-a-size"),
        ({"url": "{base}" + STORY, "maxheight": "0"}, 400, "not-a-size"),
    ],
)
def test_what_cannot_be_embedded_is_told_as_a_problem(http, query, status, code):
    base = head(http, "/").xpath("link[@rel='canonical']/@href")[0].rstrip("/")
    query = {name: value.replace("{base}", base) for name, value in query.items()}

    answer = http.get("/oembed", params=query)

    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert answer.json()["type"] == f"/problems/{code}"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_only_frames_may_be_framed(http):
    for path in ("/", STORY, "/causes/meals/", "/oembed"):
        assert "frame-ancestors *" not in http.get(path).headers["content-security-policy"]


def test_the_data_of_a_page_is_json(http):
    for path in ("/", STORY, "/stories/"):
        (data,) = head(http, path).xpath("script[@type='application/ld+json']")
        assert json.loads(data.text)["@context"] == "https://schema.org"


def test_a_sensitive_story_has_a_neutral_picture_and_no_card(http, editor):
    editor.do(
        WRITE.replace("live=False", "live=False, sensitive=True, neutral_title='A letter'"),
        title="What he did",
    )
    seen(http, "/sitemaps/stories-1.xml", lambda text: "machine-story" in text)
    item = next(
        each for each in http.get("/feed.json").json()["items"] if "machine-story" in each["url"]
    )
    page = http.get(path_of(item["url"]))

    assert item["title"] == "A letter"
    assert "What he did" not in page.text.partition("</head>")[0]
    assert page.headers["cache-control"] == "no-store"
    told = http.get("/oembed", params={"url": item["url"]}).json()
    assert (told["type"], told["title"]) == ("link", "A letter")
    assert not {"html", "thumbnail_url", "author_name"} & set(told)
    picture = re.search(r'og:image" content="([^"]+)"', page.text)[1]
    assert http.get(path_of(picture)).status_code == 200
    key = re.search(r"/(\d+)-", picture)[1]
    assert http.get(f"/embed/stories/{key}/").status_code == 404
    editor.do('StoryPage.objects.get(slug="machine-story").delete()')
