"""The blocks beside the running text: what they refuse, and what readers get of them."""

import re

import pytest
from django.core.exceptions import ValidationError
from wagtail.blocks import StreamBlockValidationError

from almoner.stories.blocks import StoryBody
from almoner.stories.inserts import Product
from almoner.stories.models import StoryPage
from almoner.stories.video import player, player_origins

VIDEO = {"type": "video", "value": {"url": "https://vimeo.com/76979871", "title": "The crossing"}}
LETTER = {
    "type": "letter",
    "value": {
        "place_and_date": "On the quay, Friday",
        "text": "<p>Dear ferryman,</p><p>thank you.</p>",
        "signature": "Ines",
    },
}
RECIPE = {
    "type": "recipe",
    "value": {
        "title": "Tea for a crossing",
        "makes": "2 mugs",
        "minutes": 5,
        "ingredients": ["2 bags", "Milk"],
        "steps": ["Boil.", "Pour."],
    },
}
POST = {
    "type": "post",
    "value": {
        "author": "Harbour watch",
        "text": "The ferry waited.\n\nAgain.",
        "date": "2026-04-11",
        "url": "https://bsky.app/profile/harbour.example/post/1",
    },
}
PRODUCT = {
    "type": "product",
    "value": {
        "name": "A ticket",
        "text": "There and back.",
        "image": None,
        "alt_text": "",
        "price": "$4",
        "url": "https://shop.example/ticket",
    },
}
NOTE = {
    "type": "content_note",
    "value": {
        "note": "The next paragraph describes a drowning.",
        "passage": [{"type": "paragraph", "value": "<p>He went under.</p>", "id": "hard"}],
    },
}


@pytest.fixture
def published(write):
    def _publish(*body, **fields):
        story = write("the-ferry", body=list(body), **fields)
        story.save_revision().publish()
        return StoryPage.objects.get(pk=story.pk)

    return _publish


def test_readers_get_each_block_whole(published, picture, client):
    gallery = {
        "type": "gallery",
        "value": {
            "title": "The quay",
            "pictures": [
                {"image": picture.pk, "alt_text": "A rope", "caption": "Coiled"},
                {"image": picture.pk, "alt_text": "A bell", "caption": ""},
            ],
        },
    }
    story = published(LETTER, RECIPE, POST, PRODUCT, NOTE, gallery)

    html = client.get(story.url).content.decode()

    for part in (
        "On the quay, Friday",
        '<figcaption class="letter-signature">Ines</figcaption>',
        "Tea for a crossing",
        '<time datetime="PT5M">5 minutes</time>',
        "<li>Boil.</li>",
        "<p>Again.</p>",
        '<time datetime="2026-04-11">11 April 2026</time>',
        "Open the post on Bluesky",
        "Sold at shop.example",
        'alt="A rope"',
        'alt="A bell"',
    ):
        assert part in html, part
    assert html.count("<aside") == html.count('<aside class="page story-more"'), "one in a landmark"


def test_nothing_in_a_story_is_asked_of_another_site(published, client):
    html = client.get(published(VIDEO, POST, PRODUCT).url).content.decode()

    assert not re.search(r'(?:src|srcset)="http', html)
    assert "<iframe" not in html


def test_a_hard_passage_can_be_passed_by_without_a_script(published, client):
    html = client.get(published(NOTE).url).content.decode()

    skip, passage, end = (
        html.index('href="#after-hard"'),
        html.index("He went under."),
        html.index('id="after-hard"'),
    )
    assert skip < passage < end


def test_a_content_note_needs_a_passage():
    with pytest.raises(StreamBlockValidationError):
        StoryBody().clean(
            StoryBody().to_python(
                [{"type": "content_note", "value": {"note": "Beware.", "passage": []}}]
            )
        )


def test_a_product_with_a_picture_needs_its_description(picture):
    block = Product()
    value = {**PRODUCT["value"], "image": picture.pk}

    with pytest.raises(ValidationError) as refusal:
        block.clean(block.to_python(value))

    assert set(refusal.value.block_errors) == {"alt_text"}
    assert block.clean(block.to_python({**value, "alt_text": "A paper ticket"}))


def test_a_draft_is_saved_while_the_products_picture_waits_for_its_description(picture):
    block = Product()

    assert block.clean_deferred(block.to_python({**PRODUCT["value"], "image": picture.pk}))


@pytest.mark.parametrize(
    ("address", "plays_at"),
    [
        (
            "https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=10",
            "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1",
        ),
        (
            "https://youtu.be/aqz-KE-bpKQ?si=tracker",
            "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1",
        ),
        (
            "https://vimeo.com/76979871/8272103f6e",
            "https://player.vimeo.com/video/76979871?dnt=1&autoplay=1&h=8272103f6e",
        ),
        ("https://www.youtube.com/@channel", None),
        ("https://vimeo.com/channels/staffpicks", None),
    ],
)
def test_a_video_plays_where_its_site_tracks_least(address, plays_at):
    found = player(address)

    assert (found.url if found else None) == plays_at


def test_a_page_may_frame_just_the_players_of_its_videos(published, client):
    with_video = client.get(published(VIDEO).url)

    policy = with_video.headers["Content-Security-Policy"]
    assert policy.endswith("; frame-src https://player.vimeo.com")
    assert "data-video=" in with_video.content.decode()
    assert "frame-src" not in client.get("/").headers["Content-Security-Policy"]


def test_a_sensitive_story_plays_nothing_and_loads_no_player(published, client):
    story = published(VIDEO, sensitive=True, neutral_title="A story")

    answer = client.get(story.url)

    assert "frame-src" not in answer.headers["Content-Security-Policy"]
    html = answer.content.decode()
    assert "The crossing" in html
    assert "data-video=" not in html
    assert "video.js" not in html


def test_two_videos_of_one_site_need_one_origin():
    body = StoryBody().to_python([VIDEO, VIDEO])

    assert player_origins(body) == ["https://player.vimeo.com"]


def test_the_words_of_a_hard_passage_are_read_as_well(published):
    story = published(NOTE)

    assert story.body.stream_block.words(story.body)[-3:] == ["He", "went", "under"]
