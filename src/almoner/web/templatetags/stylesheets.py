"""`{% inlined %}<link rel="stylesheet" href="…">…{% endinlined %}`: styles without a request."""

import re
from typing import Any

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

from almoner.web.stylesheets import stylesheet

register = template.Library()

_LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


@register.tag
def inlined(parser: Parser, token: Token) -> "Inlined":
    """Put the style sheets that are linked inside into the page itself."""
    nodes = parser.parse(("endinlined",))
    parser.delete_first_token()
    return Inlined(nodes)


class Inlined(Node):
    """What stands between the tags, its links made one `<style>` that the policy allows.

    Where no request is in the context nothing can tell the policy, and the links stay.
    """

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> SafeString:
        """The styles; `web.middleware.SecurityHeaders` reads their source off the request."""
        inside = self.nodelist.render(context)
        addresses = tuple(dict.fromkeys(_LINK.findall(inside)))
        request = context.get("request")
        if request is None or not addresses:
            return inside
        sheet = stylesheet(addresses)
        request.style_sources = (*getattr(request, "style_sources", ()), sheet.source)
        rest = _LINK.sub("", inside).strip()
        return mark_safe(f"<style>{sheet.css}</style>{rest}")  # noqa: S308 - our own files
