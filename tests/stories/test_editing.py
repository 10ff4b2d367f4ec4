"""What an editor is offered, and what is sent back with a word of advice."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from wagtail.blocks import StreamBlockValidationError
from wagtail.images.forms import get_image_form

from almoner.giving.models import Cause
from almoner.stories.blocks import CampaignCall, Counter, Picture, StoryBody, Video, VideoAddress
from almoner.stories.models import StoryImage, StoryPage, StoryYearPage


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
        "https://youtu.be/aqz-KE-bpKQ",
        "https://m.youtube.com/watch?v=aqz-KE-bpKQ",
        "https://vimeo.com/76979871",
    ],
)
def test_videos_of_the_two_sites_are_taken(address):
    assert VideoAddress().clean(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://vimeo.com/76979871",
        "https://example.org/video.mp4",
        "https://vimeo.com.example.org/76979871",
        "javascript:alert(1)",
    ],
)
def test_other_addresses_are_not(address):
    with pytest.raises(ValidationError):
        VideoAddress().clean(address)


def test_a_picture_without_a_description_is_sent_back(picture):
    block = Picture()

    with pytest.raises(ValidationError) as refusal:
        block.clean(block.to_python({"image": picture.pk, "alt_text": "", "caption": ""}))

    assert set(refusal.value.block_errors) == {"alt_text"}


def test_an_uploaded_picture_needs_a_description(picture):
    form = get_image_form(StoryImage)

    assert form.base_fields["description"].required


def test_a_counter_offers_the_causes_that_there_are(db):
    Cause.objects.create(slug="toys", label="Toys Donated", kind="count", unit="toy")
    block = Counter()

    assert ("toys", "Toys Donated") in list(block.child_blocks["cause"].field.choices)
    assert block.clean(block.to_python({"cause": "toys"}))["cause"] == "toys"
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"cause": "deleted-since"}))


def test_a_call_needs_a_campaign_that_there_is(db):
    block = CampaignCall()

    with pytest.raises(ValidationError):
        block.clean(block.to_python({"campaign": "nothing", "text": "Give."}))


def test_a_dialogue_needs_a_line(db):
    body = StoryBody()

    with pytest.raises(StreamBlockValidationError):
        body.clean(body.to_python([{"type": "dialogue", "value": []}]))


def test_a_video_card_needs_both_its_parts():
    block = Video()

    with pytest.raises(ValidationError) as refusal:
        block.clean(block.to_python({"url": "", "title": ""}))

    assert set(refusal.value.block_errors) == {"url", "title"}


def test_an_editor_never_makes_a_year(index):
    assert not StoryYearPage.can_create_at(index)
    assert StoryPage.can_create_at(index)


def test_the_preview_is_the_page_in_a_frame_of_our_own(write, client):
    client.force_login(get_user_model().objects.create_superuser("demo"))
    story = write("the-ferry")
    story.save_revision()

    answer = client.get(f"/admin/pages/{story.pk}/view_draft/")

    assert answer.status_code == 200
    assert "The ferry" in answer.content.decode()
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
