"""The pages as readers get them."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from almoner.giving.models import Cause
from almoner.stories.models import StoryPage

SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)

BODY = [
    {"type": "paragraph", "value": "<p>She had the <b>last</b> ticket.</p>"},
    {"type": "heading", "value": "On the water"},
    {"type": "pull_quote", "value": {"quote": "I never ask.", "attribution": "The ferryman"}},
    {
        "type": "dialogue",
        "value": [
            {"speaker": "Ines", "line": "Is there room for a dog?"},
            {"speaker": "", "line": "There is always room for a dog."},
        ],
    },
    {"type": "video", "value": {"url": "https://vimeo.com/76979871", "title": "The crossing"}},
    {"type": "counter", "value": {"cause": "meals"}},
    {"type": "counter", "value": {"cause": "deleted-since"}},
    {"type": "campaign_call", "value": {"campaign": "deleted-since", "text": "Give a bowl."}},
]


@pytest.fixture
def story(write, picture):
    Cause.objects.create(slug="meals", label="Meals Donated", kind="count", unit="meal")
    body = [
        *BODY,
        {
            "type": "image",
            "value": {"image": picture.pk, "alt_text": "A dog in a bow", "caption": "Biscuit"},
        },
    ]
    story = write("the-ferry", SPRING, lead_image=picture, byline="Mara Lindqvist", body=body)
    story.save_revision().publish()
    return StoryPage.objects.get(pk=story.pk)


def test_a_story_shows_all_it_is_made_of(story, client):
    html = client.get(story.url).content.decode()

    for part in (
        "The ferry",
        "What it is about.",
        "Mara Lindqvist",
        "last",
        "On the water",
        "I never ask.",
        "There is always room for a dog.",
        "The crossing",
        "Meals Donated",
        'alt="A dog in a bow"',
        'alt="A grey wall"',
    ):
        assert escape(part) in html or part in html, part


def test_a_story_asks_nothing_of_another_site(story, client):
    html = client.get(story.url).content.decode()

    assert "<iframe" not in html
    assert "style=" not in html
    assert 'src="http' not in html


def test_a_draft_is_not_served(write, client):
    draft = write("not-yet")

    assert client.get(draft.url).status_code == 404


def test_reading_time_is_never_less_than_a_minute(story):
    assert story.reading_minutes == 1

    story.body = [{"type": "paragraph", "value": "<p>" + "word " * 2300 + "</p>"}]
    assert story.reading_minutes in (10, 11)


@pytest.mark.parametrize("path", ["/", "/stories/", "/stories/2026/"])
def test_lists_take_as_many_queries_for_six_stories_as_for_two(
    write, picture, client, path, django_assert_max_num_queries
):
    def publish(*slugs):
        for slug in slugs:
            write(slug, SPRING, lead_image=picture).save_revision().publish()

    publish("one", "two")
    client.get(path)  # cuts the pictures to size, once
    few = count_queries(client, path)
    publish("three", "four", "five", "six")

    with django_assert_max_num_queries(few):
        html = client.get(path).content.decode()
    for title in ("One", "Two", "Three", "Four", "Five", "Six"):
        assert title in html


def test_the_front_page_has_the_newest_story_first(write, client):
    write("older", SPRING).save_revision().publish()
    write("newer", datetime(2026, 9, 1, tzinfo=UTC)).save_revision().publish()

    stories = client.get("/").context["stories"]

    assert [story.slug for story in stories] == ["newer", "older"]


def count_queries(client, path):
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def test_a_story_ends_with_the_newest_other_ones(story, write, client):
    for number in range(1, 5):
        write(f"other-{number}", SPRING.replace(day=12 + number)).save_revision().publish()

    page = client.get(story.url)

    assert [other.slug for other in page.context["more"]] == ["other-4", "other-3", "other-2"]
    assert "More stories" in page.content.decode()
