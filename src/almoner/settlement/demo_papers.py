"""The documents of the demonstration's deliveries: drawn here, so that nobody's are needed."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

_SIZE = (1200, 800)
_WALL, _FLOOR, _SHELF = (236, 228, 212), (186, 170, 146), (120, 92, 66)
# What stands on the shelves of each picture: shades, width and height of one.
_THINGS = {
    "boxes": (((196, 154, 102), (178, 134, 84), (208, 170, 120)), 128, 104),
    "blankets": (((150, 52, 56), (44, 88, 116), (206, 162, 62), (88, 112, 82)), 168, 62),
    "toys": (((206, 84, 64), (66, 122, 160), (232, 182, 66), (116, 150, 92)), 92, 92),
    "kennels": (((122, 132, 140), (146, 154, 160)), 210, 128),
}


def picture(name: str) -> bytes:
    """A store room with what was brought on its shelves, as a JPEG."""
    shades, wide, high = _THINGS[name]
    random = Random(name)  # noqa: S311 - a drawing
    drawn = Image.new("RGB", _SIZE, _WALL)
    pen = ImageDraw.Draw(drawn)
    width, height = _SIZE
    pen.rectangle((0, height - 120, width, height), fill=_FLOOR)
    for board in (270, 480, 690):
        x = 90
        while x + wide < width - 90:
            piled = 1 + int(random.random() * (170 // high))
            for level in range(piled):
                shade = shades[int(random.random() * len(shades))]
                top = board - high * (level + 1)
                pen.rounded_rectangle((x, top, x + wide - 10, top + high - 6), 9, fill=shade)
                line = tuple(each * 4 // 5 for each in shade)
                pen.line((x + 14, top + high // 2, x + wide - 24, top + high // 2), line, 5)
            x += wide + (wide if random.random() < 0.15 else 0)
        pen.rectangle((60, board, width - 60, board + 16), fill=_SHELF)
    for post in (60, width - 76):
        pen.rectangle((post, 80, post + 16, height - 90), fill=_SHELF)
    out = BytesIO()
    drawn.save(out, "JPEG", quality=82)
    return out.getvalue()


def paper(title: str, lines: list[str]) -> bytes:
    """A page of plain words, as a PDF."""
    words = [f"BT /F1 18 Tf 72 720 Td ({_escaped(title)}) Tj ET"]
    for at, line in enumerate(lines):
        words.append(f"BT /F1 11 Tf 72 {680 - 20 * at} Td ({_escaped(line)}) Tj ET")
    stream = "\n".join(words).encode("latin-1", "replace")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R"
        b"/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%b\nendobj\n" % (number, each)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
