"""Reads the HTML of a story into blocks, by an allow-list.

Guarantee: what comes out is built anew from text; no tag, attribute or address passes that is
not named here, so nothing in the source can run or load anything. No text is lost but that of
`_SILENT`; what has no block of its own is made simpler and counted in `simplified`, what is
left out is counted in `left_out`. With `lines`, line breaks mean what WordPress's classic editor
means by them: an empty line ends a paragraph, a single one is a line break.
"""

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

from lxml import etree

from almoner.stories.importers.moving.figures import caption_of, is_gallery, picture_of
from almoner.stories.importers.moving.moved import Body, PictureAt, Piece, Shown
from almoner.stories.importers.moving.players import video_address

Element = etree._Element  # pyright: ignore[reportPrivateUsage] - lxml's only name for it

MAX_DEPTH = 120  # elements within elements; what is deeper is read as plain text
HEADING = 160  # letters in a heading block; longer ones are paragraphs

_FORMATS = {"b": "b", "strong": "b", "i": "i", "em": "i", "cite": "i", "dfn": "i", "var": "i"}
_PLAINER = frozenset("u s del ins sub sup mark small code kbd samp font big tt strike".split())
_SILENT = frozenset("script style template head title meta link noscript svg math map".split())
_LEFT_OUT = frozenset("form object applet canvas button select input textarea".split())
_BLOCKS = frozenset(
    """
    address article aside center dd details div dl dt fieldset figcaption footer header hgroup li
    main nav p section summary body html caption tbody thead tfoot x-caption
    """.split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_PLAYERS = frozenset("iframe embed video audio".split())
_SCHEMES = frozenset(("http", "https", "mailto", "tel"))
_HIDDEN = re.compile("[\x00-\x20\x7f-\x9f\u200b\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TAG = re.compile(r"<[^>]*>")
_EDGE = re.compile(r"^(?:\s|<br/>)+|(?:\s|<br/>)+$")
_BREAK = re.compile(r"[ \n]*<br/>[ \n]*")
_URL = re.compile(r"https?://[^\s<>\"]+")
_PARAGRAPHS = re.compile(r"\r?\n[ \t]*(?:\r?\n\s*)+")


def read_html(text: str, *, lines: bool, into: Body | None = None, blocks: bool = False) -> Body:
    """The blocks of a piece of HTML, added to `into` where that is given.

    With `blocks` an `x-block` is a block of ours as its source gives it (`Piece.given`).
    """
    body = into if into is not None else Body()
    clean = _CONTROL.sub("", text)
    if not clean.strip():
        return body
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_pis=True)
    root = etree.fromstring(f"<div>{clean}</div>".encode("utf-8", "replace"), parser)
    reader = _Reader(body, lines=lines, blocks=blocks)
    reader.children(root, 0)
    reader.flush()
    return body


def safe_address(address: str) -> str:
    """An address that may stand in a link, or "": whatever hides a scheme hides nothing here."""
    plain = _HIDDEN.sub("", address)
    try:
        scheme = urlsplit(plain).scheme.lower()
    except ValueError:
        return ""
    if scheme and scheme not in _SCHEMES:
        return ""
    return "" if not plain or plain.startswith("#") else address.strip()


def plain_text(html: str) -> str:
    """The words of some HTML on one line."""
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    body = read_html(html, lines=False)
    return " ".join(" ".join(_words(piece) for piece in body.pieces).split())


def _words(piece: Piece) -> str:
    if piece.type == "paragraph":
        return unescaped(_TAG.sub(" ", str(piece.value).replace("<br/>", " ")))
    return str(piece.value) if piece.type == "heading" else ""


def unescaped(text: str) -> str:
    """Text that stood between our own tags."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Reader:
    """The state of one walk: the text gathered so far, and the formats that are open in it."""

    def __init__(self, body: Body, *, lines: bool, blocks: bool) -> None:
        self.body = body
        self.lines = lines
        self.blocks = blocks
        self.verbatim = False
        self.run: list[str] = []
        self.open: list[tuple[str, str]] = []

    def children(self, element: Element, depth: int) -> None:
        self.text(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self.element(child, depth + 1)
            self.text(child.tail)

    def element(self, element: Element, depth: int) -> None:
        tag = str(element.tag).rpartition(":")[2]
        if depth > MAX_DEPTH:
            self.text("".join(str(part) for part in element.itertext()))
        elif tag in _SILENT or tag in _LEFT_OUT:
            self.leave_out(tag)
        elif tag == "br":
            self.run.append("<br/>")
        elif tag in _FORMATS:
            self.within(element, f"<{_FORMATS[tag]}>", f"</{_FORMATS[tag]}>", depth)
        elif tag == "a":
            self.link(element, depth)
        elif tag in _PLAINER:
            self.body.simplified[f"<{tag}>"] += 1
            self.children(element, depth)
        elif not self.block(tag, element, depth):
            self.children(element, depth)

    def block(self, tag: str, element: Element, depth: int) -> bool:
        """Read an element that ends a paragraph; whether it was one."""
        if tag == "img":
            self.picture(element)
        elif tag == "x-gallery" or (tag in ("figure", "div", "ul") and is_gallery(element)):
            self.gallery(element)
        elif tag == "figure" or tag == "x-caption":
            self.figure(element, depth)
        elif tag in _HEADINGS:
            self.heading(element, tag, depth)
        elif tag in ("ul", "ol", "dir", "menu"):
            self.flush()
            self.add("paragraph", self.list_of(element, depth))
        elif tag == "blockquote":
            self.quote(element, depth)
        elif tag == "table":
            self.table(element, depth)
        elif tag == "hr":
            self.flush()
            self.add("paragraph", "<hr/>")
        elif tag in ("pre", "xmp", "listing"):
            self.preformatted(element, depth)
        elif tag in _PLAYERS:
            self.player(element)
        elif tag == "x-left-out":
            self.body.left_out[element.get("name", "")] += 1
        elif tag == "x-block" and self.blocks:
            self.flush()
            words = "".join(str(part) for part in element.itertext())
            number = element.get("line", "")  # ours, unless somebody typed the tag
            line = int(number) if re.fullmatch(r"[0-9]{1,9}", number) else 0
            self.body.pieces.append(Piece(element.get("name", ""), words, given=True, line=line))
        elif tag in _BLOCKS:
            self.flush()
            self.children(element, depth)
            self.flush()
        else:
            return False
        return True

    def text(self, text: str | None) -> None:
        if not text:
            return
        if self.verbatim:
            shown = text.expandtabs(4).replace("  ", "\xa0 ")
            self.run.append(escape(shown, quote=False).replace("\n", "<br/>"))
        elif self.lines:
            for number, part in enumerate(_PARAGRAPHS.split(text)):
                if number:
                    self.flush()
                lined = re.sub(r"[ \t\r]*\n[ \t\r]*", "\n", part)
                self.run.append(escape(lined, quote=False).replace("\n", "<br/>"))
        else:
            self.run.append(escape(re.sub(r"[ \t\r\n\f]+", " ", text), quote=False))

    def within(self, element: Element, opening: str, closing: str, depth: int) -> None:
        """Read what stands inside a format, which paragraphs that end in it close and reopen."""
        if any(opening == other for other, _ in self.open):
            self.children(element, depth)
            return
        self.open.append((opening, closing))
        self.run.append(opening)
        self.children(element, depth)
        self.open.pop()
        self.run.append(closing)

    def link(self, element: Element, depth: int) -> None:
        href = element.get("href", "")
        address = safe_address(href)
        if href and not address and not href.strip().startswith("#"):
            self.body.left_out["unsafe link"] += 1
        within_link = any(opening.startswith("<a ") for opening, _ in self.open)
        if not address or within_link:
            self.children(element, depth)
        else:
            self.within(element, f'<a href="{escape(address)}">', "</a>", depth)

    def flush(self) -> None:
        """End the paragraph, if there is one."""
        closing = "".join(close for _, close in reversed(self.open))
        html = _EDGE.sub("", _BREAK.sub("<br/>", "".join(self.run))) + closing
        self.run = [opening for opening, _ in self.open]
        html = re.sub(r"<(b|i)>((?:\s|<br/>)*)</\1>|<a [^>]*>(\s*)</a>", r"\2\3", html)
        words = unescaped(_TAG.sub("", html)).strip(" \t\r\n\xa0\u200b\ufeff")
        if not words:
            return
        if self.lines and _URL.fullmatch(words):
            self.embed(words, "")
        else:
            self.add("paragraph", f"<p>{_EDGE.sub('', html)}</p>")

    def add(self, kind: str, value: object) -> None:
        if value:
            self.body.pieces.append(Piece(kind, value))

    def part(self, element: Element, depth: int) -> list[Piece]:
        """What stands inside an element, read on its own."""
        inner = Body(simplified=self.body.simplified, left_out=self.body.left_out)
        reader = _Reader(inner, lines=self.lines, blocks=self.blocks)
        reader.children(element, depth)
        reader.flush()
        return inner.pieces

    def heading(self, element: Element, tag: str, depth: int) -> None:
        self.flush()
        parts = self.part(element, depth)
        words = " ".join(" ".join(_words(piece) for piece in parts).split())
        if len(words) <= HEADING:
            self.add("heading", words)
        else:
            self.body.simplified["long heading"] += 1
            self.add("paragraph", f"<p><b>{escape(words, quote=False)}</b></p>")
        if tag not in ("h1", "h2"):
            self.body.simplified["heading level"] += 1
        self.body.pieces += [piece for piece in parts if piece.type not in ("paragraph", "heading")]

    def list_of(self, element: Element, depth: int) -> str:
        """A list as rich text; pictures and players in it follow it."""
        tag = "ol" if element.tag == "ol" else "ul"
        items: list[str] = []
        later: list[Piece] = []
        for child in element:
            if not isinstance(child.tag, str):
                continue
            words: list[str] = []
            nested = ""
            for piece in self.part(child, depth + 1):
                value = str(piece.value)
                if piece.type == "paragraph" and value.startswith(("<ul>", "<ol>")):
                    nested += value
                elif piece.type == "paragraph":
                    words.append(_TAG_P.sub("", value))
                elif piece.type == "heading":
                    words.append(f"<b>{escape(value, quote=False)}</b>")
                else:
                    later.append(piece)
            if words or nested:
                items.append(f"<li>{'<br/>'.join(words)}{nested}</li>")
        self.body.pieces += later
        return f"<{tag}>{''.join(items)}</{tag}>" if items else ""

    def quote(self, element: Element, depth: int) -> None:
        """A quotation: each of its paragraphs one, then whatever else stood in it."""
        self.flush()
        for piece in self.part(element, depth):
            value = str(piece.value)
            if piece.type == "paragraph" and value.startswith("<p>"):
                self.add("paragraph", f"<blockquote>{_TAG_P.sub('', value)}</blockquote>")
            else:
                self.body.pieces.append(piece)

    def table(self, element: Element, depth: int) -> None:
        """Each row a line of its cells: there is no block for a table."""
        self.flush()
        self.body.simplified["table"] += 1
        for caption in element.iterchildren("caption"):
            self.body.pieces += self.part(caption, depth)
        for row in _rows(element):
            cells: list[str] = []
            later: list[Piece] = []
            for cell in row:
                parts = self.part(cell, depth) if isinstance(cell.tag, str) else []
                words = [_TAG_P.sub("", str(p.value)) for p in parts if p.type == "paragraph"]
                words += [escape(p.value, quote=False) for p in parts if p.type == "heading"]
                cells.append("<br/>".join(re.sub(r"</?(?:ul|ol|li)>", " ", w) for w in words))
                later += [p for p in parts if p.type not in ("paragraph", "heading")]
            if any(cells):
                self.add("paragraph", f"<p>{' | '.join(cells)}</p>")
            self.body.pieces += later

    def preformatted(self, element: Element, depth: int) -> None:
        self.flush()
        self.body.simplified["preformatted text"] += 1
        self.verbatim = True
        self.children(element, depth)
        self.flush()
        self.verbatim = False

    def picture(self, element: Element) -> None:
        shown = picture_of(element, "")
        if isinstance(shown, str):
            self.text(shown)
        elif shown is not None:
            self.flush()
            self.add("image", shown)

    def gallery(self, element: Element) -> None:
        self.flush()
        if element.tag == "x-gallery":
            # “attached” is WordPress's: all pictures that were sent up for this story.
            ids = re.split(r"[\s,]+", element.get("ids", ""))
            numbers = [each for each in ids if each.isdecimal() or each == "attached"]
            shown = [Shown(PictureAt("", number), "", "") for number in numbers]
        else:
            found = [picture_of(img, caption_of(img, element)) for img in element.iter("img")]
            shown = [each for each in found if isinstance(each, Shown)]
        self.add("gallery", shown)
        whole = caption_of(element, element.getparent())
        if whole:
            self.add("paragraph", f"<p><i>{escape(whole, quote=False)}</i></p>")

    def figure(self, element: Element, depth: int) -> None:
        """A picture with its caption; a pull quote; a player; else what stands in it."""
        self.flush()
        names = element.get("class", "")
        images = list(element.iter("img"))
        if "pullquote" in names:
            self.pull_quote(element)
        elif images:
            caption = caption_of(images[0], element.getparent())
            for number, image in enumerate(images):
                shown = picture_of(image, caption if number == 0 else "")
                if isinstance(shown, Shown):
                    self.add("image", shown)
        else:
            words = "".join(str(part) for part in element.itertext())
            address = _URL.search(words)
            if "embed" in names and address:
                self.embed(address.group(), caption_of(element, element.getparent()))
            else:
                self.children(element, depth)
                self.flush()

    def pull_quote(self, element: Element) -> None:
        cite = " ".join(plain for each in element.iter("cite") if (plain := _line(each)))
        for each in list(element.iter("cite")):
            each.text = None
            for child in list(each):
                each.remove(child)
        self.add("pull_quote", {"quote": _line(element), "attribution": cite})

    def player(self, element: Element) -> None:
        source = element.get("src", "")
        if not source:
            nested = next(iter(element.iter("source")), None)
            source = nested.get("src", "") if nested is not None else ""
        title = element.get("title", "")
        self.flush()
        if source.startswith("//"):
            source = f"https:{source}"
        if safe_address(source):
            self.embed(source, title)
        else:
            self.leave_out(str(element.tag))

    def embed(self, address: str, title: str) -> None:
        """A video card where we have one for its site, else a link."""
        video = video_address(address)
        if video:
            self.add("video", {"url": video, "title": title or "Video"})
            return
        shown = escape(title or address, quote=False)
        self.body.simplified["embed as a link"] += 1
        self.add("paragraph", f'<p><a href="{escape(address)}">{shown}</a></p>')

    def leave_out(self, tag: str) -> None:
        if tag in _LEFT_OUT or tag in _PLAYERS:
            self.body.left_out[f"<{tag}>"] += 1


_TAG_P = re.compile(r"</?(?:p|blockquote)>|<hr/>")


def _rows(table: Element) -> Iterator[Element]:
    """A table's own rows; those of a table in a cell are read with the cell."""
    for child in table:
        if child.tag in ("thead", "tbody", "tfoot"):
            yield from child.iterchildren("tr")
        elif child.tag == "tr":
            yield child


def _line(element: Element) -> str:
    return " ".join("".join(str(part) for part in element.itertext()).split())
