"""The second pass over an export: its stories, one at a time, with their texts.

Guarantee: a story's text is as WordPress shows it, in our blocks; whatever was made simpler or
left out is in the notes of its row. Pictures are named by their original, not by the size that
was shown.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urljoin

from almoner.stories.importers.moving.body import plain_text
from almoner.stories.importers.moving.moved import (
    Body,
    MovedPicture,
    MovedStory,
    PictureAt,
    Piece,
    Shown,
)
from almoner.stories.importers.moving.pictures import original
from almoner.stories.importers.moving.report import Row
from almoner.stories.importers.wordpress.addresses import addresses_to_redirect
from almoner.stories.importers.wordpress.content import read_content
from almoner.stories.importers.wordpress.survey import (
    SERIES,
    Attachment,
    Survey,
    key_of,
    published_at,
    shown_title,
    time_of,
)
from almoner.stories.importers.wordpress.wxr import Item, Replaced, entries

STANDFIRST = 400


def stories(found: Survey) -> Iterator[tuple[MovedStory, Row]]:
    """Each story of the file with its row, which gets its notes."""
    for item in entries(found.path, Replaced()):
        if isinstance(item, Item) and item.place in found.stories:
            row = found.report.row(f"item:{item.place}")
            yield _story(found, item, row), row


def picture_of(found: Survey, number: str) -> MovedPicture:
    """What the export says of a picture."""
    there = found.attachments.get(number)
    if there is None:
        return MovedPicture()
    return MovedPicture(there.title, there.description or there.caption)


def _story(found: Survey, item: Item, row: Row) -> MovedStory:
    body = read_content(item.content, found.reused)
    body.pieces = [each for piece in body.pieces for each in _with_pictures(found, item, piece)]
    _note_body(body, row)
    return MovedStory(
        key=key_of(found.site, item),
        slug=unquote(item.slug),
        title=shown_title(item),
        standfirst=_standfirst(item, body, row),
        state=found.stories[item.place],
        body=body,
        published=_date(item, row),
        updated=time_of(item.modified_gmt),
        authors=(f"author:{item.creator}",) if item.creator else (),
        topics=_names(found, item, "topic"),
        series=next(iter(_names(found, item, "series", row)), ""),
        series_place=_place(item),
        lead=_lead(found, item, row),
        seo_title=_template_free(item.meta.get("_yoast_wpseo_title", "")),
        base=item.link or found.site.address,
        addresses=addresses_to_redirect(found.site, item),
    )


def _date(item: Item, row: Row) -> datetime | None:
    found = published_at(item)
    if found is None and (local := time_of(item.date)) and item.status == "publish":
        row.notes.append("its date has no time zone in the file: taken as UTC")
        return local
    return found


def _note_body(body: Body, row: Row) -> None:
    for name, count in body.left_out.items():
        times = f" ({count} times)" if count > 1 else ""
        verb = "" if name.endswith("kept") else "left out: "
        row.notes.append(f"{verb}{name}{times}")
    if body.simplified:
        told = ", ".join(f"{name} × {count}" for name, count in body.simplified.items())
        row.notes.append(f"made simpler: {told}")
    if not body.pieces:
        row.notes.append("it has no text")


def _standfirst(item: Item, body: Body, row: Row) -> str:
    """The excerpt, the summary for search engines, else the first words of the text."""
    given = plain_text(item.excerpt) or plain_text(
        _template_free(item.meta.get("_yoast_wpseo_metadesc", ""))
    )
    if not given:
        first = next((p.value for p in body.pieces if p.type == "paragraph"), "")
        given = plain_text(str(first)) or shown_title(item)
        row.notes.append("no excerpt: its first words stand in for the standfirst")
    elif len(given) > STANDFIRST:
        row.notes.append("its excerpt was too long for a standfirst and was cut")
    return shortened(given, STANDFIRST)


def shortened(text: str, most: int) -> str:
    """The text, cut after a whole word where it is too long."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"


def _template_free(text: str) -> str:
    """A text of the search plugin's; one with variables in it (%%title%%) was never written."""
    return "" if "%%" in text else text


def _names(found: Survey, item: Item, kind: str, row: Row | None = None) -> tuple[str, ...]:
    taxonomies = SERIES if kind == "series" else ("category", "post_tag")
    keys = (f"{kind}:{slug or name}" for tax, slug, name in item.terms if tax in taxonomies)
    known = tuple(dict.fromkeys(key for key in keys if key in found.names))
    if row is not None and len(known) > 1:
        row.notes.append("it was in several series; it is in the first")
    return known


def _place(item: Item) -> int | None:
    found = next((v for k, v in item.meta.items() if k.startswith("_series_part")), "")
    return int(found) if found.isdecimal() and 0 < int(found) < 32_768 else None


def _lead(found: Survey, item: Item, row: Row) -> Shown | None:
    number = item.meta.get("_thumbnail_id", "")
    there = found.attachments.get(number)
    if number and there is None:
        row.notes.append(f"its featured picture (number {number}) is not in the file")
    if there is None:
        return None
    return Shown(PictureAt(there.address, number), there.description, there.caption)


def _with_pictures(found: Survey, item: Item, piece: Piece) -> Iterator[Piece]:
    """A piece whose pictures are named by their originals."""
    if piece.type == "image":
        yield Piece("image", _named(found, item, piece.value))
    elif piece.type == "gallery":
        shown: list[Shown] = []
        for each in piece.value:
            if each.picture.number == "attached":
                shown += [
                    _from(there)
                    for there in found.attachments.values()
                    if there.parent == item.number
                ]
            else:
                shown.append(_named(found, item, each))
        if shown:
            yield Piece("gallery", shown)
    else:
        yield piece


def _from(there: Attachment) -> Shown:
    return Shown(PictureAt(there.address, there.number), there.description, there.caption)


def _named(found: Survey, item: Item, shown: Shown) -> Shown:
    """A picture by its number, else by its file, else as the text has it."""
    picture = shown.picture
    try:
        address = urljoin(item.link or found.site.address, picture.address)
    except ValueError:  # no address; whoever looks for it says so
        address = picture.address
    by_file = found.by_file.get(original(address)) if picture.address else None
    there = found.attachments.get(picture.number) or found.attachments.get(by_file or "")
    if there is None:
        return replace(shown, picture=PictureAt(address, ""))
    if not picture.address:  # of a [gallery], which says nothing but the number
        return _from(there)
    at = PictureAt(there.address, there.number)
    return Shown(at, shown.description or there.description, shown.caption)


def attached(found: Survey) -> Iterator[tuple[Row, Shown]]:
    """Every picture of the export with its row, whether a story shows it or not."""
    rows = {row.number: row for row in found.report.rows if row.becomes == "picture"}
    for there in found.attachments.values():
        yield rows[there.number], _from(there)
