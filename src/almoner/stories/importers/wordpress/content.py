"""The content of a WordPress post as blocks, whichever of its editors wrote it.

The block editor's markup is HTML with each block between comments; what stands outside of any,
or in a “freeform” block, is the older editor's, where an empty line ends a paragraph. Source:
developer.wordpress.org/block-editor/explanations/architecture/key-concepts.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape

from almoner.stories.importers.moving.body import read_html
from almoner.stories.importers.moving.moved import Body
from almoner.stories.importers.wordpress.shortcodes import expand

# Ours: a name without a slash is one of WordPress's own.
_DELIMITER = re.compile(
    r"<!--\s+(/)?wp:([a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)?)\s+((?:\{[^\n]*?\}\s+)?)(/)?-->"
)
_REFERENCE = re.compile(r'"ref"\s*:\s*(\d+)')
_URL = re.compile(r'"url"\s*:\s*"(https?:[^"]+)"')
_NOTHING = frozenset("more nextpage spacer separator".split())  # shown as space, or not at all
_MOST_REUSED = 200  # blocks written in from elsewhere; more are a block that holds itself


def read_content(content: str, reused: Mapping[str, str]) -> Body:
    """The blocks of a post's content; `reused` has the reusable blocks by their number."""
    body = Body()
    left = [_MOST_REUSED]
    for html, lines in _parts(expand(content.replace("\r\n", "\n")), reused, left):
        read_html(html, lines=lines, into=body)
    return body


def _parts(content: str, reused: Mapping[str, str], left: list[int]) -> Iterator[tuple[str, bool]]:
    """Pieces of HTML in order, and whether line breaks in them mean anything."""
    content = re.sub(r"<!--\s*(?:more|nextpage|noteaser)\b.*?-->", "\n\n", content)
    if "<!-- wp:" not in content:
        yield content, True
        return
    outside: list[str] = []  # of any block
    inside: list[str] = []
    open_blocks: list[str] = []
    end = 0
    for found in _DELIMITER.finditer(content):
        (inside if open_blocks else outside).append(content[end : found.start()])
        end = found.end()
        closing, name, attributes, alone = found.groups()
        if not open_blocks and not closing and "".join(outside).strip():
            yield "".join(outside), True
            outside = []
        if alone:
            target = inside if open_blocks else None
            for html, lines in _alone(name, attributes, reused, left):
                if target is None:
                    yield html, lines
                else:
                    target.append(html)
        elif not closing:
            if "/" in name and not name.startswith("core/"):
                inside.append(_left_out(f"block {name}: its text was kept"))
            open_blocks.append(name)
        elif open_blocks:
            open_blocks.pop()
            if not open_blocks:
                yield "".join(inside), name == "freeform"
                inside = []
    rest = content[end:]
    if open_blocks:
        yield "".join(inside) + rest, False
    elif "".join([*outside, rest]).strip():
        yield "".join([*outside, rest]), True


def _alone(
    name: str, attributes: str, reused: Mapping[str, str], left: list[int]
) -> Iterator[tuple[str, bool]]:
    """A block without content of its own: one written elsewhere, or made while a page is shown."""
    reference = _REFERENCE.search(attributes)
    address = _URL.search(attributes)
    if name == "block" and reference and reference.group(1) in reused and left[0] > 0:
        left[0] -= 1
        yield from _parts(expand(reused[reference.group(1)]), reused, left)
    elif address and (name == "embed" or name.startswith("core-embed/")):
        source = address.group(1).replace("\\/", "/")
        yield f'<iframe src="{escape(source)}"></iframe>', False
    elif name == "separator":
        yield "<hr>", False
    elif name not in _NOTHING:
        yield _left_out(f"block {name}"), False


def _left_out(name: str) -> str:
    return f'<x-left-out name="{escape(name)}"></x-left-out>'
