"""A story as one piece of plain HTML, for readers that have none of our styles and scripts.

Guarantee: what `full_text` gives holds only text elements and pictures, every address in it is
absolute, and it carries no class, style, script or data attribute, whatever blocks the story is
made of: each is drawn by its template, pictures in one size, and then cut down to `KEPT`. A live
figure is left out, its cause is named and linked: a copy in a feed reader would be wrong within
the hour.
"""

import re
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from django.template.loader import render_to_string
from lxml import html
from lxml.html import HtmlElement

from almoner.stories.models import StoryPage

KEPT = frozenset(
    "a abbr article aside b bdi bdo blockquote br caption cite code dd del details dfn div dl dt "
    "em figcaption figure footer h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p pre q s "
    "section small span strong sub summary sup table tbody td th thead time tr u ul".split()
)
# Taken out with all that is in them; any other element not kept leaves its content behind, also
# `source`, which this parser closes only at the end of its picture.
DROPPED = frozenset(
    "button form iframe impact-counter input link meta noscript object script select style "
    "svg template textarea".split()
)
ATTRIBUTES = frozenset(
    "alt cite colspan datetime dir height href hreflang lang reversed rowspan scope src start "
    "title width".split()
)
ADDRESSES = ("href", "src", "cite")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SCHEMES = frozenset(("http", "https", "mailto", "tel"))


def full_text(story: StoryPage, address: str) -> str:
    """The story's lead picture and body; `address` is its own, which the others are joined to."""
    context = {"page": story, "self": story}
    drawn = render_to_string("stories/feed_text.html", context)
    return cleaned(drawn, address)


def cleaned(markup: str, address: str) -> str:
    """`markup` cut down to what every reader shows, its addresses made absolute."""
    root = cast(HtmlElement, html.fragment_fromstring(markup, create_parent="div"))
    for element in list(root.iterdescendants()):
        _clean(cast(Any, element), address)
    # `root` is only a handle: a reader gets what is in it.
    inner = (root.text or "") + "".join(
        html.tostring(child, encoding="unicode") for child in root.iterchildren()
    )
    return "\n".join(line.strip() for line in inner.splitlines() if line.strip())


def _clean(element: Any, address: str) -> None:
    if not isinstance(element.tag, str) or element.tag in DROPPED or _is_hidden(element):
        element.drop_tree() if element.getparent() is not None else None
        return
    if element.tag not in KEPT:
        element.drop_tag()
        return
    for name in list(element.attrib):
        if name not in ATTRIBUTES:
            del element.attrib[name]
    for name in ADDRESSES:
        if name in element.attrib:
            whole = _whole(element.attrib[name].strip(), address)
            if whole:
                element.attrib[name] = whole
            else:
                del element.attrib[name]


def _whole(written: str, address: str) -> str:
    """An address made absolute; "" for one that a reader should not, or cannot, follow."""
    try:
        whole = urljoin(address, written)
        return whole if urlsplit(whole).scheme in SCHEMES else ""
    except ValueError:  # no address at all, such as `http://[`
        return ""


def _is_hidden(element: Any) -> bool:
    return "hidden" in element.attrib or element.get("aria-hidden") == "true"


def printable(text: str) -> str:
    """`text` without the characters that XML 1.0 has no way to write."""
    return _UNWRITABLE.sub("", text)
