"""Pictures: found by what is known of them, credited, cut around what matters, in three formats."""

import re
from io import BytesIO

import pytest
from django.contrib.auth import get_user_model
from django.core.files.images import ImageFile
from PIL import Image

from almoner.jobs.worker import Worker
from almoner.stories.models import StoryImage, StoryPage


@pytest.fixture
def beacon(db):
    """A black picture with a white square at its right edge, and the focal point on it."""
    drawn = Image.new("RGB", (1600, 400), "black")
    drawn.paste("white", (1400, 100, 1600, 300))
    file = BytesIO()
    drawn.save(file, "PNG")
    file.seek(0)
    picture = StoryImage.objects.create(
        title="Beacon",
        description="A lamp at the end of a pier",
        credit="Ada Moreno",
        file=ImageFile(file, name="beacon.png"),
        focal_point_x=1500,
        focal_point_y=200,
        focal_point_width=200,
        focal_point_height=200,
    )
    picture.tags.add("lighthouse")
    picture.save()  # as the admin's form does, after its tags
    return picture


def opened(client, address):
    answer = client.get(address)
    with Image.open(BytesIO(answer.getvalue())) as picture:
        picture.load()
    answer.close()
    return answer.headers["Content-Type"], picture


def show(write, picture):
    story = write("the-ferry", lead_image=picture, lead_caption="The pier.")
    story.save_revision().publish()
    return StoryPage.objects.get(pk=story.pk)


@pytest.mark.parametrize("words", ["beacon", "pier", "moreno", "lighthou"])
def test_a_picture_is_found_by_title_description_credit_and_tag(beacon, picture, client, words):
    client.force_login(get_user_model().objects.create_superuser("demo"))

    found = client.get("/admin/images/results/", {"q": words}).content.decode()

    assert "Beacon" in found
    assert "Grey" not in found


def test_the_lead_picture_comes_in_three_formats_and_moves_nothing(write, beacon, client):
    html = client.get(show(write, beacon).url).content.decode()

    lead = re.search(r'<figure class="story-lead">.*?</figure>', html, re.DOTALL)[0]
    assert re.findall(r'type="(image/\w+)"', lead) == ["image/avif", "image/webp"]
    assert lead.count("1600w") == 2 + 1
    assert re.search(r'<img[^>]*height="\d+"', lead)
    assert re.search(r'<img[^>]*width="\d+"', lead)
    assert "Picture: Ada Moreno" in lead
    kind, picture = opened(client, re.search(r'srcset="(/media/\S+\.avif)', lead)[1])
    assert (kind, picture.format) == ("image/avif", "AVIF")


def test_a_crop_keeps_the_focal_point(write, beacon, client):
    show(write, beacon)

    card = re.search(r'src="(/media/\S+fill-480x300\S+)"', client.get("/").content.decode())[1]

    _, cut = opened(client, card)
    assert cut.convert("L").getextrema()[1] > 200, "the lamp is in the crop"


def test_a_published_story_finds_its_pictures_cut(write, beacon, client):
    story = show(write, beacon)
    assert not beacon.renditions.exists()

    Worker().run_waiting()

    def cut():
        return set(beacon.renditions.values_list("filter_spec", flat=True))

    before = cut()
    assert {"format-avif|width-800", "format-webp|fill-1200x750"} <= before
    for address in (story.url, "/"):
        assert client.get(address).status_code == 200
    assert cut() == before


def test_a_story_taken_down_before_its_pictures_are_cut_is_left_alone(write, beacon):
    show(write, beacon).unpublish()

    Worker().run_waiting()

    assert not beacon.renditions.exists()
