"""Stories, authors, topics and series as Markdown files with front matter.

Guarantee: `almoner import markdown` reads them back as what they were, and a second export of
that gives the same bytes. A published story is written as readers see it; of one that is not, the
latest draft. What Markdown has no mark for is a fenced block `almoner NAME` with YAML in it.
"""

# pyright: basic

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import yaml
from django.core.serializers.json import DjangoJSONEncoder
from wagtail.fields import StreamField

from almoner.stories.exporting.places import Places, relative
from almoner.stories.exporting.prose import as_markdown, is_written_whole, rich_pieces
from almoner.stories.importers.markdown.fields import PLAIN, stream_fields
from almoner.stories.importers.moving.moved import PictureAt, Piece, Shown
from almoner.stories.models import AuthorPage, BasePage, StoryPage
from almoner.stories.portable import Outward, portable


def story_file(story: StoryPage, places: Places) -> str:
    """A story's file."""
    base = places.page(story.pk) or ""
    page = story if story.live else story.get_latest_revision_as_object()
    scheduled = not story.live and story.approved_schedule and page.go_live_at
    # Behind a password or a log-in: reading it back makes a draft of it, for nobody to see.
    private = bool(story.get_view_restrictions())
    names = _outward(places, base)
    fields: dict[str, Any] = {
        "title": page.title,
        "slug": page.slug,
        "id": str(story.translation_key),
        "date": _time(page.first_published_at) if not scheduled else None,
        "updated": _time(page.last_published_at) if story.live else None,
        "publish_at": _time(page.go_live_at) if scheduled else None,
        "expires": _time(page.expire_at),
        "draft": True if private or (not story.live and not scheduled) else None,
        "status": "private" if private else None,
        "standfirst": page.standfirst,
        "byline": page.byline,
        "authors": [author.slug for author in page.authors],
        "topics": sorted(topic.slug for topic in page.topics.all()),
        "series": page.series.slug if page.series else None,
        "series_place": page.series_place,
        "image": _relative(places.picture(page.lead_image_id or 0), base),
        "caption": page.lead_caption,
        "seo_title": page.seo_title,
        "search_description": page.search_description,
        **{name: getattr(page, name) for name in PLAIN},
        **{name: _stream(page, name, names) for name in stream_fields()},
    }
    return _file(fields, _body(page, names))


def named_file(page: BasePage, places: Places) -> str:
    """The file of an author, a topic or a series."""
    base = places.page(page.pk) or ""
    fields: dict[str, Any] = {"title": page.title, "id": str(page.translation_key)}
    if not isinstance(page, AuthorPage):
        return _file({**fields, "standfirst": page.standfirst}, "")
    picture = places.picture(page.portrait_id or 0)
    fields |= {"role": page.role, "portrait": _relative(picture, base)}
    return _file(fields, as_markdown(rich_pieces(page.biography, _linked(places, base))))


def _outward(places: Places, base: str) -> Outward:
    return Outward(
        lambda pk: _relative(places.picture(pk), base),
        lambda pk: _relative(places.page(pk), base),
        lambda html: as_markdown(rich_pieces(html, _linked(places, base))),
    )


def _linked(places: Places, base: str) -> Callable[[int], str | None]:
    return lambda pk: _relative(places.page(pk), base)


def _relative(path: str | None, base: str) -> str | None:
    return relative(path, base) if path else None


def _stream(page: StoryPage, name: str, names: Outward) -> list[Any]:
    field = page._meta.get_field(name)
    assert isinstance(field, StreamField)
    return portable(field.stream_block, _raw(getattr(page, name)), names)


def _raw(stream: Any) -> list[dict[str, Any]]:
    """A stream's value as the database has it."""
    return json.loads(json.dumps(stream.get_prep_value(), cls=DjangoJSONEncoder))


def _body(page: StoryPage, names: Outward) -> str:
    """The body: runs of what Markdown has marks for, and fenced blocks between them."""
    parts: list[str] = []
    run: list[Piece] = []
    for block in _raw(page.body):
        pieces = _pieces(block, names)
        if pieces is not None:
            run += pieces
            continue
        parts += [as_markdown(run)] if run else []
        run = []
        child = page.body.stream_block.child_blocks[block["type"]]
        parts.append(fenced(block["type"], portable(child, block["value"], names)))
    parts += [as_markdown(run)] if run else []
    return "\n\n".join(part for part in parts if part)


def _pieces(block: dict[str, Any], names: Outward) -> list[Piece] | None:
    """The block as what Markdown has marks for; None where it has none."""
    value = block["value"]
    if block["type"] == "paragraph":
        return rich_pieces(value, names.page)
    if block["type"] == "heading":
        words = " ".join(value.split())
        return [Piece("heading", words)] if words else []
    if block["type"] == "image":
        path = names.picture(int(value["image"])) if value.get("image") else None
        said = (path or "", value.get("alt_text") or "", value.get("caption") or "")
        if path and is_written_whole(*said):
            return [Piece("image", Shown(PictureAt(path), said[1], said[2]))]
    return None


def fenced(name: str, value: Any) -> str:
    """A block as YAML between fences that nothing in it ends."""
    text = dumped(value)
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}almoner {name}\n{text}{fence}"


def _file(fields: dict[str, Any], body: str) -> str:
    shown = {name: value for name, value in fields.items() if value not in (None, "", [], False)}
    return f"---\n{dumped(shown)}---\n" + (f"\n{body}\n" if body else "")


class _Dumper(yaml.SafeDumper):
    """Several lines of text as a block that a person can read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dumped(value: Any) -> str:
    """YAML, always the same for the same value."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000, indent=2
    )


def _time(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z") if when else None
