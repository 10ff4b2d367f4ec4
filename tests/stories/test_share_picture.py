"""The picture of a shared story: nothing cut off, no empty boxes, right to left where it is so."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from almoner.stories.drawing import BAND, HEIGHT, MARGIN, PAPER, WIDTH, Drawing, draw
from almoner.stories.lettering import set_in

LATIN = "The year the village learned to read the river"
ARABIC = "أربعمئة علبة من الحمص، و3 كلاب"
HEBREW = "ארבע מאות קופסאות חומוס"
SIZES = (92, 60, 38)
FIGURES = (("23,761", "Meals Donated"), ("$2,358.40", "Funded For Service Dogs"))


def drawn(**changes):
    facts = {
        "site": "The Kind Bowl",
        "title": LATIN,
        "figures": FIGURES,
        "day": "Given by 25 November 2026",
        "picture": None,
        "from_right": False,
    }
    return Image.open(BytesIO(draw(Drawing(**{**facts, **changes})))).convert("RGB")


def ink(picture):
    """The box around everything on the paper."""
    paper = picture.crop((0, 0, WIDTH, HEIGHT - BAND))
    plain = Image.new("RGB", paper.size, PAPER)
    difference = ImageChops.difference(paper, plain).convert("L")
    return difference.point(lambda value: 255 if value > 40 else 0).getbbox()


@pytest.mark.parametrize("title", ["Go", LATIN, " ".join([LATIN] * 9), "Donaudampfschiff" * 9])
def test_however_long_a_headline_is_it_stays_within_its_margins(title):
    left, top, right, bottom = ink(drawn(title=title))

    assert left >= MARGIN - 4
    assert top > 20
    assert right <= WIDTH - MARGIN + 4
    assert bottom <= HEIGHT - BAND - 4


def test_a_headline_is_as_large_as_fits_and_cut_off_only_when_it_must_be():
    short, longer = (set_in(text, 600, 300, SIZES, "ltr") for text in ("Go home", LATIN))
    endless = set_in(" ".join([LATIN] * 20), 600, 300, SIZES, "ltr")

    assert short.font.size == 92
    assert short.lines == ("Go home",)
    assert longer.font.size < 92
    assert " ".join(longer.lines) == LATIN
    assert endless.lines[-1].endswith("…")
    assert endless.height <= 300


@pytest.mark.parametrize(
    ("text", "font"),
    [
        (LATIN, "Young Serif"),
        ("Łódź, šest", "Frank Ruhl Libre Medium"),
        (HEBREW, "Frank Ruhl Libre Medium"),
        (ARABIC, "Amiri"),
        ("مرحبا Anna 5", "Amiri"),
    ],
)
def test_a_text_is_set_in_a_font_that_has_its_letters(text, font):
    assert set_in(text, 600, 300, SIZES, "ltr").font.getname()[0] == font


def test_a_text_that_no_font_has_is_left_out_rather_than_drawn_as_boxes():
    assert set_in("漢字の見出し", 600, 300, SIZES, "ltr") is None
    assert set_in("Dog 🐕‍🦺 home", 600, 300, SIZES, "ltr").lines == ("Dog home",)
    assert ink(drawn(title="漢字の見出し")) == ink(drawn(title=""))


@pytest.mark.parametrize("title", ["أربعمئة علبة", "ארבע מאות"])
def test_right_to_left_begins_at_the_right(title):
    left, _, right, _ = ink(drawn(title=title, from_right=True))

    assert WIDTH - right < MARGIN + 12
    assert left > MARGIN + 50


def test_the_picture_is_beside_the_words_on_the_side_where_they_end():
    file = BytesIO()
    Image.new("RGB", (500, 452), "#00ff00").save(file, "JPEG")

    left, right = (
        drawn(picture=file.getvalue(), from_right=from_right) for from_right in (True, False)
    )

    assert left.getpixel((250, 200))[1] > 240
    assert left.getpixel((250, 200))[0] < 20
    assert right.getpixel((WIDTH - 250, 200))[1] > 240
    assert right.getpixel((WIDTH - 250, 200))[0] < 20
