"""Videos of other sites: a card in the story, and a player only where a reader asks for one.

Guarantee: nothing is asked of another site before a reader follows the card's link or presses
“Play here”; the page's policy allows just the players of the videos it has, and none on a story
marked as sensitive (docs/decisions/0014-videos-play-when-asked.md).
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from wagtail import blocks

from almoner.stories.inserts import host_of

VIDEO_HOSTS = {"youtube.com", "youtu.be", "youtube-nocookie.com", "vimeo.com", "player.vimeo.com"}

_YOUTUBE_ID = re.compile(r"[\w-]{11}")
# An unlisted video has a second part in its address, without which its player refuses.
_VIMEO_PATH = re.compile(r"/(?:video/)?(\d+)(?:/([0-9a-f]+))?/?")


@dataclass(frozen=True, slots=True)
class Player:
    """Where a video plays: the `origin` that a page's policy must allow, and the address."""

    site: str
    origin: str
    url: str


def player(address: str) -> Player | None:
    """The player of a video that sets no cookie before playing, or None where there is none.

    YouTube's “privacy-enhanced mode” (support.google.com/youtube/answer/171780) and Vimeo's
    `dnt` parameter (developer.vimeo.com/player/sdk/embed).
    """
    parts = urlsplit(address)
    if "vimeo.com" in host_of(address):
        found = _VIMEO_PATH.fullmatch(parts.path)
        if found is None:
            return None
        secret = f"&h={found[2]}" if found[2] else ""
        origin = "https://player.vimeo.com"
        return Player("Vimeo", origin, f"{origin}/video/{found[1]}?dnt=1&autoplay=1{secret}")
    name = parse_qs(parts.query).get("v", [parts.path.rpartition("/")[2]])[0]
    if not _YOUTUBE_ID.fullmatch(name):
        return None
    origin = "https://www.youtube-nocookie.com"
    return Player("YouTube", origin, f"{origin}/embed/{name}?autoplay=1")


class VideoAddress(blocks.URLBlock):
    """The address of a video on a site whose videos open for anyone, without a log-in."""

    def clean(self, value: str) -> str:
        """Refuse an address that is not a video on YouTube or Vimeo."""
        value = super().clean(value)
        if value and (urlsplit(value).scheme != "https" or host_of(value) not in VIDEO_HOSTS):
            raise ValidationError(
                "Paste the address of a YouTube or Vimeo video, beginning with https://."
            )
        return value


class Video(blocks.StructBlock):
    """A card that opens a video. Nothing is asked of the video's site until a reader does."""

    url = VideoAddress(label="Address", help_text="For example https://vimeo.com/76979871")
    title = blocks.CharBlock(help_text="What the video shows; readers decide by it.")

    class Meta:
        icon = "media"
        label = "Video"
        template = "stories/blocks/video.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> Any:
        """Add `player`, or None where the video may only be opened on its own site."""
        context = super().get_context(value, parent_context)
        page = (parent_context or {}).get("page")
        may_play = page is not None and not is_sensitive(page)
        return {**context, "player": player(value["url"]) if may_play else None}


def is_sensitive(page: Any) -> bool:
    """Whether a page reaches people who may be in danger; only stories can be marked so."""
    return getattr(page, "sensitive", False)


def player_origins(body: blocks.StreamValue) -> list[str]:
    """The origins of the players that a story's videos need, sorted, each once."""
    players = (player(child.value["url"]) for child in body if child.block_type == "video")
    return sorted({each.origin for each in players if each is not None})
