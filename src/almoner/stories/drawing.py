"""Draws the picture of a shared story.

The headline on paper, the story's picture beside it, a dark band with figures below; from the
right for languages written so. 1200 × 630 is what Facebook, X, Bluesky and Mastodon all show whole.
"""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

from almoner.stories.lettering import set_in

DRAWING = 1  # one higher whenever the same facts are drawn differently: part of the address

WIDTH, HEIGHT = 1200, 630
BAND = 178  # the dark band at the bottom
MARGIN = 64
MARK = 32
PICTURE_WIDTH, PICTURE_HEIGHT = 500, HEIGHT - BAND

# The colours of the site's pages (web/static/web/base.css).
PAPER, INK, INK_SOFT, ACCENT = "#fcfaf5", "#1c2438", "#525b70", "#b23f27"
NIGHT, ON_NIGHT_SOFT, GOLD = "#1c2745", "#ccd4e8", "#f3b64c"

HEADLINE_SIZES = (92, 84, 76, 68, 62, 56, 50, 46, 42, 38)
FIGURE_SIZES = (54, 46, 40, 34, 28)
LABEL_SIZES = (26, 23, 20, 18)
NAME_SIZES = (30, 26, 22)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn: words, figures with their labels, and a JPEG of the right size or None."""

    site: str
    title: str
    figures: tuple[tuple[str, str], ...]
    day: str
    picture: bytes | None
    from_right: bool


def draw(what: Drawing) -> bytes:
    """The picture as a JPEG."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    brush = ImageDraw.Draw(sheet)
    words = WIDTH
    if what.picture is not None:
        words = WIDTH - PICTURE_WIDTH
        with Image.open(BytesIO(what.picture)) as picture:
            fitted = picture.convert("RGB").resize((PICTURE_WIDTH, PICTURE_HEIGHT))
        sheet.paste(fitted, (0 if what.from_right else words, 0))
    _headline(sheet, what, words)
    brush.rectangle((0, HEIGHT - BAND, WIDTH, HEIGHT), NIGHT)
    _figures(brush, what)
    file = BytesIO()
    # 4:4:4: with less, red letters on paper blur.
    sheet.save(file, "JPEG", quality=88, subsampling=0, optimize=True)
    return file.getvalue()


def _headline(sheet: Image.Image, what: Drawing, width: int) -> None:
    """The site's name at the top, the headline in the middle of what is left."""
    brush = ImageDraw.Draw(sheet)
    room, direction = width - 2 * MARGIN, _direction(what)
    start = WIDTH - MARGIN if what.from_right else MARGIN
    name = set_in(what.site, room, 48, NAME_SIZES, direction)
    top = MARGIN - 14
    if name is not None:
        _bowl(sheet, (start - MARK if what.from_right else start, top + 2))
        shift = -MARK - 14 if what.from_right else MARK + 14
        name.draw(brush, (start + shift, top), INK_SOFT)
    free = HEIGHT - BAND - top - 60
    title = set_in(what.title, room, free - 30, HEADLINE_SIZES, direction)
    if title is not None:
        title.draw(brush, (start, top + 60 + (free - 20 - title.height) // 2), INK)


def _bowl(sheet: Image.Image, corner: tuple[int, int]) -> None:
    """The site's mark: a bowl and what falls into it."""
    large = Image.new("RGB", (MARK * 4, MARK * 4), PAPER)  # made smaller, so that edges are smooth
    brush = ImageDraw.Draw(large)
    brush.pieslice((0, -8, 128, 120), 0, 180, ACCENT)
    brush.ellipse((48, 0, 80, 32), GOLD)
    sheet.paste(large.resize((MARK, MARK), Image.Resampling.LANCZOS), corner)


def _figures(brush: ImageDraw.ImageDraw, what: Drawing) -> None:
    """Side by side, each figure over its label; the day below them all."""
    direction, top = _direction(what), HEIGHT - BAND + 16
    column = (WIDTH - 2 * MARGIN) // max(1, len(what.figures))
    for number, (text, label) in enumerate(what.figures):
        start = MARGIN + number * column
        x = WIDTH - start if what.from_right else start
        # A figure is digits: it runs from the left in every language.
        figure = set_in(text, column - 24, 64, FIGURE_SIZES, "ltr")
        name = set_in(label, column - 24, 37, LABEL_SIZES, direction)
        if figure is not None and name is not None:
            figure.draw(brush, (x - figure.width if what.from_right else x, top), GOLD)
            name.draw(brush, (x, top + 68 - (name.leading - 31) // 2), ON_NIGHT_SOFT)
    day = set_in(what.day, WIDTH - 2 * MARGIN, 32, (18,), direction)
    if day is not None and what.figures:
        x = WIDTH - MARGIN if what.from_right else MARGIN
        day.draw(brush, (x, top + 122 - (day.leading - 21)), ON_NIGHT_SOFT)


def _direction(what: Drawing) -> str:
    return "rtl" if what.from_right else "ltr"
