"""WordPress's shortcodes as HTML, so that what follows need not know of them.

Guarantee: none is left in the text as it was typed. Those that every WordPress has become the
elements that `moving.body` reads; of any other the text inside stays, and its name is counted.
An export does not say which words in brackets its plugins knew: `[name attr=…]`, `[/name]`, and a
name alone on its line, with a closing one, or with `_`, `-` or a digit in it are taken for
shortcodes; `[sic]` in the middle of a sentence stays, as do `[[name]]`, by WordPress's own rule.
Source: developer.wordpress.org/apis/shortcode.
"""

import re
from html import escape, unescape

_TOKEN = re.compile(r"<!--.*?-->|<[^<>]*>|\[\[[^\[\]]+\]\]|\[[^\[\]<>]*\]", re.DOTALL)
_SHORTCODE = re.compile(r"\[(/?)([A-Za-z][\w-]*)((?:[\s=][^\[\]]*)?)(/?)\]")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+))|"([^"]*)"|(\S+)""")
_PLUGINS = re.compile(r"[_\d-]")
_PLAYERS = ("video", "audio", "youtube", "vimeo", "embed")


def expand(html: str) -> str:
    """The text with its shortcodes as elements; `x-left-out` marks the place of one left out."""
    if "[" not in html:
        return html
    closed = set(re.findall(r"\[/([A-Za-z][\w-]*)\]", html))
    made: list[str] = []
    end = 0
    for found in _TOKEN.finditer(html):
        made.append(html[end : found.start()])
        made.append(_element(found, html, closed))
        end = found.end()
    made.append(html[end:])
    return _embeds("".join(made))


def _element(found: re.Match[str], html: str, closed: set[str]) -> str:
    token = found.group()
    if token.startswith("<"):
        return token
    if token.startswith("[["):
        return token[1:-1] if _SHORTCODE.fullmatch(token[1:-1]) else token
    # Older exports have an entity for each quotation mark.
    shortcode = _SHORTCODE.fullmatch(unescape(token).replace("”", '"').replace("″", '"'))
    if shortcode is None:
        return token
    closing, name, rest = shortcode.group(1), shortcode.group(2), shortcode.group(3)
    lowered = name.lower()
    if lowered in ("caption", "wp_caption"):
        return "</x-caption>" if closing else f"<x-caption>{_old_caption(rest)}"
    if lowered == "gallery" and not closing:
        attributes = _attributes(rest)
        ids = attributes.get("ids") or attributes.get("include") or "attached"
        return f'<x-gallery ids="{escape(ids)}"></x-gallery>'
    if lowered in _PLAYERS:
        if closing:
            return f"</x-{lowered}>"
        attributes = _attributes(rest)
        source = next((v for v in attributes.values() if v.startswith(("http", "//"))), "")
        return f'<x-{lowered} src="{escape(source)}">'
    if rest or closing or name in closed or _PLUGINS.search(name) or _alone(found, html):
        return "" if closing else f'<x-left-out name="[{escape(name)}]"></x-left-out>'
    return token


def _old_caption(rest: str) -> str:
    """WordPress before 3.4 had the caption as an attribute."""
    caption = _attributes(rest).get("caption", "")
    return f"{escape(caption, quote=False)} " if caption else ""


def _attributes(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, match in enumerate(_ATTRIBUTE.finditer(rest.lstrip("= "))):
        name = (match.group(1) or str(number)).lower()
        found[name] = next((g for g in match.groups()[1:] if g is not None), "")
    return found


def _alone(found: re.Match[str], html: str) -> bool:
    """Whether nothing else stands on its line, or in its paragraph."""
    before = html[: found.start()].rpartition("\n")[2].strip()
    after = html[found.end() :].partition("\n")[0].strip()
    return before in ("", "<p>") and after in ("", "</p>")


_EMBED = re.compile(
    rf'<x-({"|".join(_PLAYERS)}) src="([^"]*)">(?:\s*(https?://[^\s<]+)\s*)?(?:</x-\1>)?'
)


def _embeds(html: str) -> str:
    """Players of one element each, whether their address was an attribute or inside."""

    def player(found: re.Match[str]) -> str:
        source = found.group(2) or escape(found.group(3) or "")
        name = found.group(1)
        if not source:
            return f'<x-left-out name="[{name}]"></x-left-out>'
        return f'<iframe src="{source}"></iframe>'

    return re.sub(rf"</x-(?:{'|'.join(_PLAYERS)})>", "", _EMBED.sub(player, html))
