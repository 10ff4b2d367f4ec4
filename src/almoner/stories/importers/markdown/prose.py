"""Reads Markdown (CommonMark) into blocks, by way of the HTML that it stands for.

Raw HTML in it passes the same allow-list as any other. A fenced block whose language is
`almoner NAME` is one of our own blocks; what is in it is YAML (`almoner.stories.portable`).
Shortcodes of Hugo and tags of Jekyll are left out by name, but for links to other files.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from almoner.stories.importers.moving.body import read_html
from almoner.stories.importers.moving.moved import Body

_OURS = re.compile(r"almoner\s+([a-z_]+)\s*$")
# Hugo: {{< ref "x.md" >}}; Jekyll: {% link x.md %}, {% post_url 2024-05-01-x %}.
_REFERENCE = re.compile(
    r"""\{\{[<%]\s*(?:rel)?ref\s+["']?([^"'\s>%]+)["']?\s*[>%]\}\}|"""
    r"""\{%-?\s*(?:link|post_url)\s+([^\s%]+)\s*-?%\}"""
)
_FIGURE = re.compile(r"""\{\{[<%]\s*figure\s+(.*?)[>%]\}\}""", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_SHORTCODE = re.compile(r"\{\{[<%]\s*/?\s*([\w./-]+).*?[>%]\}\}|\{%-?\s*(\w+).*?-?%\}", re.DOTALL)
_FENCES = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)\s*$)", re.DOTALL | re.MULTILINE)


def read_markdown(text: str, *, first_line: int = 1) -> Body:
    """The blocks of a text. `first_line` is its place in its file, for messages."""
    # Code is shown as it was typed; everywhere else a generator would have put something in.
    parts = _FENCES.split(text)
    parts[::2] = [_without_shortcodes(part) for part in parts[::2]]
    html = _parser(first_line).render("".join(parts))
    return read_html(str(html), lines=False, blocks=True)


def _without_shortcodes(text: str) -> str:
    if "{{" not in text and "{%" not in text:
        return text
    text = _REFERENCE.sub(lambda found: found.group(1) or f"{found.group(2)}", text)
    text = _FIGURE.sub(_figure, text)
    return _SHORTCODE.sub(
        lambda found: (
            f'<x-left-out name="{escape(found.group(1) or found.group(2))}"></x-left-out>'
        ),
        text,
    )


def _figure(found: re.Match[str]) -> str:
    named = dict(_ATTRIBUTE.findall(found.group(1)))
    source, alt = escape(named.get("src", "")), escape(named.get("alt", ""))
    caption = escape(named.get("caption") or named.get("title", ""))
    return f'<img src="{source}" alt="{alt}" title="{caption}">'


def _parser(first_line: int) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True})
    # Addresses pass `safe_address`, and a file's name is wanted as it is written.
    parser.normalizeLink = lambda url: url
    parser.validateLink = lambda url: True

    def fence(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        ours = _OURS.match(token.info.strip())
        if ours is None:
            return f"<pre>{escape(token.content)}</pre>\n"
        line = first_line + (token.map[0] if token.map else 0) + 1
        return f'<x-block name="{ours.group(1)}" line="{line}">{escape(token.content)}</x-block>\n'

    parser.add_render_rule("fence", fence)
    return parser
