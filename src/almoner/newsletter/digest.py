"""A week's letter: the stories that came out, and what was given, each with its proof.

Guarantee: every figure is the sum of the ledger's postings on the letter's days (UTC), net of
what was taken back, and links to where it is shown with its entries. A sensitive story stands
under its neutral title and says nothing else. No picture, so that opening the letter asks nothing
of us; the links are the pages' own addresses. Limit: stories of one language, figures of all.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from almoner.counters.figures import text
from almoner.giving.book import open_ledger
from almoner.giving.models import Cause
from almoner.ledger import reads
from almoner.newsletter.models import NewsletterSettings
from almoner.stories.models import StoryPage

MAX_STORIES = 20  # more than anybody reads; the rest is behind the link to all of them


@dataclass(frozen=True, slots=True)
class Told:
    """A story in the letter."""

    title: str
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class Given:
    """What one cause was given: on these days, and in all."""

    label: str
    week: str
    whole: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in both forms; where it unsubscribes, `leave` stands as it was handed in."""

    subject: str
    text: str
    html: str


def compose(language: str, since: date, until: date, leave: str) -> Letter | None:
    """The letter of the days from `since` until before `until`; None where nothing happened."""
    with translation.override(language):
        told, given = stories(language, since, until), gifts(since, until)
        if not told and not given:
            return None
        name = settings.CONFIG.site_name
        day = date_format(until, "j F Y")
        about = told[0].title if told else _("what was given this week")
        own = language == settings.LANGUAGE_CODE  # the one that the greeting is written in
        return render(
            "digest",
            f"{name}: {about}",
            {
                "stories": told,
                "given": given,
                "day": day,
                "greeting": NewsletterSettings.current().greeting if own else "",
                "check": address("check"),
                "leave": leave,
            },
        )


def render(name: str, subject: str, context: dict[str, object]) -> Letter:
    """A letter in the language that is active."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    values = {
        **context,
        "subject": subject,
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "site": settings.CONFIG.site_name,
        "address": settings.CONFIG.address,
    }
    plain = render_to_string(f"newsletter/mail/{name}.txt", values)
    html = render_to_string(f"newsletter/mail/{name}.html", values)
    return Letter(" ".join(subject.split())[:200], _tidied(plain), html)


def address(name: str, *args: str) -> str:
    """The whole address of a page in the language that is active."""
    return settings.CONFIG.address + reverse(name, args=args)


def stories(language: str, since: date, until: date) -> list[Told]:
    """What came out on these days, the newest first."""
    first, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    every: Any = StoryPage.objects  # its manager is made at run time
    found = every.listed().filter(
        locale__language_code=language, first_published_at__gte=first, first_published_at__lt=end
    )
    return [_told(story) for story in found[:MAX_STORIES]]


def gifts(since: date, until: date) -> list[Given]:
    """What every cause was given on these days, where that is anything."""
    found = []
    with open_ledger() as ledger, ledger.db.reading():
        whole = reads.totals(ledger.db)
        for cause in Cause.objects.filter(shown=True).order_by("position", "slug"):
            week = reads.pledged_on(ledger.db, cause.slug, since, until)
            if week > 0:
                found.append(_given(cause, week, whole[cause.slug].shown))
    return found


def _given(cause: Cause, week: int, whole: int) -> Given:
    turned = translation.get_language_bidi()

    def written(minor: int) -> str:
        figure = text(minor, cause.kind, cause.unit, cause.scale)
        # Among Arabic words “$69” would be turned round (Unicode bidirectional algorithm, W2).
        return f"\N{LEFT-TO-RIGHT ISOLATE}{figure}\N{POP DIRECTIONAL ISOLATE}" if turned else figure

    return Given(cause.local_label, written(week), written(whole), address("cause", cause.slug))


def _told(story: StoryPage) -> Told:
    if story.sensitive:
        return Told(story.neutral_title or _("A story"), "", story.full_url)
    return Told(story.title, story.standfirst, story.full_url)


def _tidied(plain: str) -> str:
    """The text with one empty line between paragraphs, as templates cannot easily have it."""
    blocks = [block.strip() for block in plain.split("\n\n")]
    return "\n\n".join(filter(None, blocks)) + "\n"
