"""Plain links that share a page: no third-party script, nothing sent until a reader follows one.

Each address follows the service's published share endpoint. Values are percent-encoded whole,
so that a headline with `&`, `#` or a quotation mark arrives as it was written.
"""

from dataclasses import dataclass
from urllib.parse import quote

from django import template

register = template.Library()

# Bluesky refuses a post of more than 300 graphemes (docs.bsky.app, "Posts"); counting code
# points can only overestimate, and the address must never be what is cut off.
BLUESKY_LIMIT = 300


@dataclass(frozen=True, slots=True)
class ShareLink:
    """One way to share: `icon` is a symbol of the icon sprite."""

    name: str
    icon: str
    href: str


@register.simple_tag
def share_links(title: str, url: str, picture: str = "") -> list[ShareLink]:
    """Return the share links of the page `title` at its canonical address `url`.

    `picture` is the absolute address of its lead picture, which only Pinterest asks for.
    """
    post = f"{title} {url}"
    return [
        ShareLink("E-mail", "email", f"mailto:?{_query(subject=title, body=_mail(title, url))}"),
        ShareLink(
            "Facebook", "facebook", f"https://www.facebook.com/sharer/sharer.php?{_query(u=url)}"
        ),
        ShareLink("X", "x", f"https://twitter.com/intent/tweet?{_query(text=title, url=url)}"),
        ShareLink("WhatsApp", "whatsapp", f"https://wa.me/?{_query(text=post)}"),
        ShareLink(
            "Bluesky",
            "bluesky",
            f"https://bsky.app/intent/compose?{_query(text=_short(title, url))}",
        ),
        ShareLink(
            "Threads",
            "threads",
            f"https://www.threads.com/intent/post?{_query(text=title, url=url)}",
        ),
        ShareLink(
            "Pinterest",
            "pinterest",
            "https://pinterest.com/pin/create/button/?"
            + _query(url=url, media=picture, description=title),
        ),
    ]


def _query(**values: str) -> str:
    """Percent-encode with %20 for a space: mail programs show `+` as a plus sign (RFC 6068)."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value)


def _mail(title: str, url: str) -> str:
    return f"{title}\r\n\r\n{url}\r\n"


def _short(title: str, url: str) -> str:
    room = BLUESKY_LIMIT - len(url) - 1
    if len(title) > room:
        title = title[: room - 1].rstrip() + "…"
    return f"{title} {url}"
