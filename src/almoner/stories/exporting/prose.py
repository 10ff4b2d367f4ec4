"""Rich text and the rest of a body as Markdown (CommonMark), such that it is read back the same.

Guarantee: what `as_markdown` writes, `importers.markdown.prose` reads as the very same pieces;
each piece is read back at once, and where Markdown's own marks would not survive (a bold word
inside another, say), the same is written with HTML's tags, which Markdown allows.
"""

import re
from collections.abc import Callable

from almoner.stories.importers.markdown.prose import read_markdown
from almoner.stories.importers.moving.body import read_html, unescaped
from almoner.stories.importers.moving.moved import Body, PictureAt, Piece, Shown

_TOKEN = re.compile(r"(<[^>]+>)")
_SPECIAL = re.compile(r"([\\`*_\[\]<>&{}])")
_AT_START = re.compile(r"^([ ]*\d*)([#+=~.)-])", re.MULTILINE)
_LINK = re.compile(r"<a\s[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_MARKS = {"<b>": "**", "</b>": "**", "<i>": "*", "</i>": "*", "<br/>": "\\\n"}


def rich_pieces(html: str, path_of_page: Callable[[int], str | None]) -> list[Piece]:
    """Rich text of Wagtail's as pieces; a link to a page has the path of its file."""

    def link(found: re.Match[str]) -> str:
        named = dict(_ATTRIBUTE.findall(found.group()))
        if "href" in named:
            return f'<a href="{named["href"]}">'
        number = named.get("id", "")
        path = path_of_page(int(number)) if number.isdecimal() else None
        return f'<a href="{path}">' if path and named.get("linktype") == "page" else "<a>"

    return read_html(_LINK.sub(link, html), lines=False).pieces


def as_markdown(pieces: list[Piece]) -> str:
    """Pieces of text, headings and pictures as Markdown, with an empty line between them."""
    parts: list[str] = []
    before = ""
    for piece in pieces:
        written = _written(piece)
        kind = written[:1] if str(piece.value).startswith(("<ul>", "<ol>")) else ""
        if kind and before and kind in "-1" and before in "-1":
            parts.append("<!-- -->")  # or the two lists would be one
        parts.append(written)
        before = kind
    return "\n\n".join(parts)


def _written(piece: Piece) -> str:
    for attempt in _attempts(piece):
        if read_markdown(attempt) == Body([piece]):
            return attempt
    # A block of HTML as it is: one line, so nothing in it ends the block.
    return f"<div>{piece.value}</div>"


def _attempts(piece: Piece) -> list[str]:
    if piece.type == "heading":
        return [f"## {_text(piece.value)}", f"<h2>{_escaped(piece.value)}</h2>"]
    if piece.type == "image":
        return [_picture(piece.value)]
    html = str(piece.value)
    if html == "<hr/>":
        return ["* * *"]
    if html.startswith("<blockquote>"):
        inner = html.removeprefix("<blockquote>").removesuffix("</blockquote>")
        return [
            "\n".join(f"> {line}" for line in _inline(inner, tags=tags).split("\n"))
            for tags in (False, True)
        ]
    if html.startswith(("<ul>", "<ol>")):
        return [_list(html, tags=tags) for tags in (False, True)] + [html]
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return [_inline(inner, tags=tags) for tags in (False, True)]


def _inline(html: str, *, tags: bool) -> str:
    out: list[str] = []
    links: list[str] = []
    for token in _TOKEN.split(html):
        if token.startswith("<a "):
            links.append(unescaped(dict(_ATTRIBUTE.findall(token))["href"].replace("&quot;", '"')))
            out.append("[")
        elif token == "</a>":  # noqa: S105 - a tag
            out.append(f"](<{_address(links.pop())}>)")
        elif token in _MARKS:
            out.append(token if tags and token != "<br/>" else _MARKS[token])  # noqa: S105
        else:
            out.append(_text(unescaped(token)))
    return _AT_START.sub(r"\1\\\2", "".join(out))


def _address(href: str) -> str:
    return re.sub(r"([\\<>])", r"\\\1", href)


def _text(words: str) -> str:
    """Words that no mark of Markdown's is seen in."""
    return _SPECIAL.sub(r"\\\1", " ".join(re.split(r"[ \t\r\n\f]+", words)))


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _list(html: str, *, tags: bool) -> str:
    """A list, with what stands in it indented by as much as its own mark takes."""
    ordered = html.startswith("<ol>")
    lines: list[str] = []
    for number, item in enumerate(_items(html), 1):
        mark = f"{number}. " if ordered else "- "
        words, nested = _parted(item)
        text = _inline(words, tags=tags)
        inner = [text] if text else []
        inner += [_list(each, tags=tags) for each in nested]
        block = "\n".join(inner).split("\n")
        indent = " " * len(mark)
        lines += [mark + block[0], *(indent + line if line else line for line in block[1:])]
    return "\n".join(lines)


def _items(html: str) -> list[str]:
    """What stands between each outermost <li> and its end."""
    items: list[str] = []
    depth, current = 0, [""]
    for token in _TOKEN.split(html):
        if token == "<li>":  # noqa: S105 - a tag
            depth += 1
            if depth == 1:
                current = []
                continue
        elif token == "</li>":  # noqa: S105
            depth -= 1
            if depth == 0:
                items.append("".join(current))
                continue
        if depth:
            current.append(token)
    return items


def _parted(item: str) -> tuple[str, list[str]]:
    """The words of an item, and the lists in it."""
    lists: list[str] = []
    words: list[str] = []
    depth, current = 0, [""]
    for token in _TOKEN.split(item):
        if token in ("<ul>", "<ol>"):
            depth += 1
            if depth == 1:
                current = []
        if depth:
            current.append(token)
        else:
            words.append(token)
        if token in ("</ul>", "</ol>"):
            depth -= 1
            if depth == 0:
                lists.append("".join(current))
    return "".join(words), lists


def _picture(shown: Shown) -> str:
    title = shown.caption.replace("\\", "\\\\").replace('"', '\\"').replace("&", "\\&")
    caption = f' "{title}"' if title else ""
    return f"![{_text(shown.description)}](<{_address(shown.picture.address)}>{caption})"


def is_written_whole(path: str, description: str, caption: str) -> bool:
    """Whether Markdown's own picture says all of it (a line break in a caption it does not)."""
    piece = Piece("image", Shown(PictureAt(path), description, caption))
    return read_markdown(_picture(piece.value)) == Body([piece])
