"""Writes what was understood of a page: causes with opening balances, the story as a draft.

Guarantee: however often it runs, a cause has one opening balance and a story one draft. A
cause is known by its label; its opening by its slug, in the ledger. A story is known by its
headline and paragraphs: their hash is the draft's translation key, which is unique in the
database. What an editor has changed since is left alone. Limit: a cause that was carried
forward with another figure keeps it, and the line says so.
"""

import html
import json
import re
from collections.abc import Iterator
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from almoner.giving.models import Cause
from almoner.giving.openings import OpeningError, carry_forward, establish
from almoner.stories.importers import causes as importing
from almoner.stories.importers.imported import ImportedPage, Story
from almoner.stories.models import StoryIndexPage, StoryPage
from almoner.stories.site import lay_out
from almoner.units import UnitError, minor_units

_SLUG = 40  # fits every address and account path; a hash follows a story's
_UNIT = 32
_TITLE = 255
_STANDFIRST = 400


def apply(page: ImportedPage) -> Iterator[str]:
    """Write a page; each line says what was done, or why not."""
    for cause in page.causes:
        yield _carry(cause)
    if page.story.paragraphs:
        yield _draft(page.story)
    else:
        yield "No story on this page: no draft."


def _carry(found: importing.Cause) -> str:
    cause = Cause.objects.filter(label__iexact=found.label).first()
    try:
        cause = cause or establish(
            _slug_of(found.label), label=found.label, unit=_unit_of(found), kind=found.kind
        )
        if cause.label.casefold() != found.label.casefold() or cause.kind != found.kind:
            return f"{found.label}: not written, the cause “{cause.label}” is in its place."
        if cause.unit != _unit_of(found):
            return f"{found.label}: not written, the cause there counts {cause.unit}."
        minor = minor_units(found.value, cause.scale)
        if minor == 0:
            return f"{found.label}: nothing to carry forward."
        outcome = carry_forward(cause, minor)
    except (OpeningError, UnitError) as error:
        return f"{found.label}: {found.value} not carried forward: {error}"
    except ValidationError as error:
        return f"{found.label}: not written: {' '.join(error.messages)}"
    if outcome.status == "duplicate":
        return f"{found.label}: {found.value} {found.unit}, carried forward before."
    return f"{found.label}: {found.value} {found.unit} carried forward."


def _slug_of(label: str) -> str:
    return slugify(label)[:_SLUG].strip("-") or f"cause-{uuid5(NAMESPACE_URL, label).hex[:8]}"


def _unit_of(found: importing.Cause) -> str:
    if found.kind == "money":
        return found.unit
    word = re.sub(r"[^a-z0-9-]", "", slugify(found.unit)).lstrip("-0123456789")
    return word[:_UNIT] or "unit"


def story_key(story: Story) -> UUID:
    """The same for the same headline and paragraphs, on every site."""
    content = json.dumps([story.headline, *story.paragraphs], ensure_ascii=False)
    return uuid5(NAMESPACE_URL, f"almoner-import:{content}")


@transaction.atomic
def _draft(story: Story) -> str:
    index = lay_out()
    key = story_key(story)
    there = StoryPage.objects.filter(translation_key=key).first()
    if there is not None:
        return f"Story already there: {there.title}"
    title = (story.headline or story.paragraphs[0].split("\n")[0])[:_TITLE]
    page = StoryPage(
        title=title,
        slug=f"{slugify(title)[:_SLUG].strip('-') or 'story'}-{key.hex[:8]}",
        standfirst=_standfirst(story),
        body=json.dumps([{"type": "paragraph", "value": _rich(p)} for p in story.paragraphs]),
        translation_key=key,
        live=False,
    )
    # Read anew: adding a child counts on the parent's own count being right.
    StoryIndexPage.objects.get(pk=index.pk).add_child(instance=page)  # pyright: ignore[reportUnknownMemberType] - untyped
    page.save_revision()  # pyright: ignore[reportUnknownMemberType] - untyped
    return f"Story written as a draft: {title}"


def _standfirst(story: Story) -> str:
    """The first paragraph, for an editor to replace: a story cannot be without one."""
    first = " ".join(story.paragraphs[0].split())
    return first if len(first) <= _STANDFIRST else f"{first[: _STANDFIRST - 1].rstrip()}…"


def _rich(paragraph: str) -> str:
    return f"<p>{html.escape(paragraph, quote=False).replace(chr(10), '<br/>')}</p>"
