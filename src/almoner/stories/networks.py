"""Where a story can be shared to: plain links to each network's own published share address.

Values are percent-encoded whole, so that a headline with `&`, `#` or a quotation mark arrives as
it was written. Nothing is sent anywhere until a reader follows one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

# Bluesky refuses a post of more than 300 graphemes (docs.bsky.app, "Posts"); counting code
# points can only overestimate, and the address must never be what is cut off.
BLUESKY_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Network:
    """One network. `address(title, url, picture)` is where its share page is."""

    name: str
    address: Callable[[str, str, str], str]


def mailto(title: str, url: str) -> str:
    """A new e-mail about a story."""
    return "mailto:?" + _query(subject=title, body=f"{title}\r\n\r\n{url}\r\n")


def _query(**values: str) -> str:
    """Percent-encode with %20 for a space: mail programs show `+` as a plus sign (RFC 6068)."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value)


def _short(title: str, url: str) -> str:
    room = BLUESKY_LIMIT - len(url) - 1
    if len(title) > room:
        title = title[: room - 1].rstrip() + "…"
    return f"{title} {url}"


NETWORKS = {
    "facebook": Network(
        "Facebook",
        lambda title, url, picture: f"https://www.facebook.com/sharer/sharer.php?{_query(u=url)}",
    ),
    "x": Network(
        "X",
        lambda title, url, picture: (
            f"https://twitter.com/intent/tweet?{_query(text=title, url=url)}"
        ),
    ),
    "whatsapp": Network(
        "WhatsApp", lambda title, url, picture: f"https://wa.me/?{_query(text=f'{title} {url}')}"
    ),
    "bluesky": Network(
        "Bluesky",
        lambda title, url, picture: (
            f"https://bsky.app/intent/compose?{_query(text=_short(title, url))}"
        ),
    ),
    "threads": Network(
        "Threads",
        lambda title, url, picture: (
            f"https://www.threads.com/intent/post?{_query(text=title, url=url)}"
        ),
    ),
    "pinterest": Network(
        "Pinterest",
        lambda title, url, picture: (
            "https://pinterest.com/pin/create/button/?"
            + _query(url=url, media=picture, description=title)
        ),
    ),
}
