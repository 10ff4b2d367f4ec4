"""Fields of front matter that more than one program has, under whichever of its names."""

# pyright: basic

from datetime import UTC, datetime
from typing import Any

from wagtail.fields import StreamField

from almoner.stories.importers.markdown.front_matter import FrontMatter
from almoner.stories.importers.moving.moved import PictureAt, Shown, State
from almoner.stories.models import StoryPage

_PRIVATE = frozenset(("draft", "private", "pending", "unpublished", "trash"))


def state_of(matter: FrontMatter, path: str, now: datetime) -> tuple[State, datetime | None, str]:
    """What a story becomes, when it came or comes out, and why where that is not plain."""
    date = matter.time_of("date", "published_at", "publishDate", "pubDate") or _date_in(path)
    due = matter.time_of("publish_at")
    draft = matter.truth_of("draft")
    published = matter.fields.get("published")
    if isinstance(published, bool):
        matter.take("published")
        draft = draft or not published
    elif published is not None and date is None:
        date = matter.time_of("published")
    status = matter.text_of("status").casefold()
    if draft or status in _PRIVATE or "_drafts" in path.split("/"):
        return ("scheduled", due, "") if due and due > now and not draft else ("draft", date, "")
    if due and due > now:
        return "scheduled", due, f"comes out on {due:%Y-%m-%d %H:%M} UTC"
    if date is None:
        return "draft", None, "it has no date: a draft"
    if date > now:
        return "scheduled", date, f"comes out on {date:%Y-%m-%d %H:%M} UTC"
    return "published", date, ""


def _date_in(path: str) -> datetime | None:
    """Jekyll has the day in the name of the file."""
    name = path.rpartition("/")[2]
    try:
        return datetime.strptime(name[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def lead_of(matter: FrontMatter) -> Shown | None:
    """The lead picture, its description and its caption."""
    name, value = matter.take(
        "image", "cover", "featured_image", "featuredImage", "thumbnail", "images", "header"
    )
    description = matter.text_of("image_alt", "image_description", "alt")
    caption = matter.text_of("caption", "image_caption")
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        description = description or str(value.get("alt", ""))
        caption = caption or str(value.get("caption", ""))
        value = value.get("image") or value.get("src") or value.get("url") or value.get("path")
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise matter.wrong(name, f"must be the path of a picture, not {value!r}.")
    return Shown(PictureAt(value.strip()), description, caption)


def addresses_of(matter: FrontMatter) -> tuple[str, ...]:
    """Where a story was before: Hugo's aliases and url, Jekyll's redirect_from and permalink."""
    found = [
        *matter.texts_of("aliases"),
        *matter.texts_of("redirect_from"),
        *matter.texts_of("url"),
        *(each for each in matter.texts_of("permalink") if ":" not in each),
    ]
    return tuple(address for address in found if address.startswith("/"))


def portable_more(matter: FrontMatter) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of ours beside the text: plain ones, and those made of blocks."""
    more: dict[str, Any] = {}
    for name in PLAIN:
        field = StoryPage._meta.get_field(name)
        if field.get_internal_type() == "BooleanField":
            value = matter.truth_of(name)
        else:
            value = matter.text_of(name) or None
        if value is not None:
            more[name] = value
    streams: dict[str, Any] = {}
    for name in stream_fields():
        given, value = matter.take(name)
        if given:
            streams[name] = value
    return more, streams


# What a story says of its readers' safety, in the order that files have it.
PLAIN = ("sensitive", "neutral_title", "neutral_text")


def stream_fields() -> list[str]:
    """The fields of a story beside its body that are made of blocks."""
    fields = StoryPage._meta.local_fields
    return [f.name for f in fields if isinstance(f, StreamField) and f.name != "body"]
