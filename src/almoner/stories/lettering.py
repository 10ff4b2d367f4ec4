"""Sets words in our own fonts on a picture: the font that has the letters, the size that fits.

Guarantee: nothing is drawn as an empty box. A text is set in the first of our fonts that has all
its letters, shaped and ordered by Raqm (Arabic joins, Hebrew runs from the right); a text that
none of them has is not set at all. Limit: Latin, Arabic and Hebrew; one font a text.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unicodedata import category

from django.contrib.staticfiles import finders
from PIL import ImageDraw, ImageFont

FONTS = ("young-serif", "frank-ruhl-libre", "amiri-bold")
LEADING = 1.18  # of the size: close, as headlines are
# Arabic letters are small for their size, and their marks reach higher and lower.
ARABIC_SCALE, ARABIC_LEADING = 1.25, 1.4
PICTOGRAPHS = frozenset(("So", "Co", "Cn", "Me"))
_UNASSIGNED = "\U0010fffe"  # no font has it: what is drawn for it is a font's empty box


@dataclass(frozen=True, slots=True)
class Setting:
    """A text broken into lines, and how it is set."""

    lines: tuple[str, ...]
    font: Any
    leading: int
    direction: str

    @property
    def height(self) -> int:
        """In pixels, from the top of the first line to the bottom of the last."""
        return self.leading * len(self.lines)

    @property
    def width(self) -> int:
        """In pixels, of the longest line."""
        return round(max(_wide(line, self.font, self.direction) for line in self.lines))

    def draw(self, on: ImageDraw.ImageDraw, corner: tuple[int, int], fill: str) -> None:
        """Draw the lines; `corner` is the top left one, or the top right one from the right."""
        x, y = corner
        anchor = "ra" if self.direction == "rtl" else "la"
        for number, line in enumerate(self.lines):
            at = (x, y + number * self.leading)
            on.text(at, line, fill, self.font, anchor, direction=self.direction)


def set_in(
    text: str, width: int, height: int, sizes: tuple[int, ...], direction: str
) -> Setting | None:
    """`text` at the largest of `sizes` that fits, cut off at the smallest; None: no font for it."""
    text = _lettered(text)
    name = next((each for each in FONTS if _has(each, text)), None)
    if name is None or not text:
        return None
    setting = None
    for size in sizes:
        if name == "amiri-bold":
            font, leading = _font(name, round(size * ARABIC_SCALE)), size * ARABIC_LEADING
        else:
            font, leading = _font(name, size), size * LEADING
        lines = tuple(_broken(text, font, width, direction))
        setting = Setting(lines, font, round(leading), direction)
        if setting.height <= height and setting.width <= width:
            return setting
    assert setting is not None, "no size to set a text in"
    return _cut(setting, width, height)


def _lettered(text: str) -> str:
    """The words of a text, without pictographs and the joiners between them."""
    bare = "".join(each for each in text if category(each) not in PICTOGRAPHS)
    return " ".join(word for word in bare.split() if any(category(each) != "Cf" for each in word))


def _broken(text: str, font: Any, width: int, direction: str) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _wide(longer, font, direction) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(setting: Setting, width: int, height: int) -> Setting:
    """As many lines as there is room for, the last one ending in an ellipsis if any is left out."""
    room = max(1, height // setting.leading)
    lines = list(setting.lines[:room])
    if room < len(setting.lines):
        lines[-1] += "…"
    for number, line in enumerate(lines):
        while len(line) > 1 and _wide(line, setting.font, setting.direction) > width:
            line = line.rstrip("…")[:-1].rstrip() + "…"
        lines[number] = line
    return Setting(tuple(lines), setting.font, setting.leading, setting.direction)


def _wide(line: str, font: Any, direction: str) -> float:
    return font.getlength(line, direction=direction)


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> Any:
    path = finders.find(f"web/fonts/{name}.woff2")
    assert isinstance(path, str), f"the font {name} is missing"
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)


def _has(name: str, text: str) -> bool:
    return all(_has_letter(name, letter) for letter in set(text) if not letter.isspace())


@lru_cache(maxsize=4096)
def _has_letter(name: str, letter: str) -> bool:
    font = _font(name, 24)
    return _ink(font, letter) != _ink(font, _UNASSIGNED)


def _ink(font: Any, letter: str) -> tuple[Any, bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)
