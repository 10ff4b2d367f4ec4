"""Sending: a letter to one address at once, an edition to everybody by a job.

Guarantee: an edition goes to nobody twice. Each subscriber is marked in a commit of their own
before the mail server is asked, so a job that was killed goes on behind the last mark. Limit: a
kill between the mark and the server's answer costs that one reader that week's letter; we
prefer that to sending it twice. What bounces later is not seen.
"""

import smtplib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from almoner.jobs import queue
from almoner.jobs.models import Job
from almoner.jobs.work import Progress, WorkError, work
from almoner.newsletter import digest
from almoner.newsletter.digest import Letter, address
from almoner.newsletter.models import Edition, NewsletterSettings, Subscriber

KIND = "newsletter"
BATCH = 20  # a step of the job: seconds, with a slow mail server
WEEK = timedelta(days=7)
# An installation that was down on the day sends it late, but not a stale one.
LATE = timedelta(days=3)
TRIES = (timedelta(0), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=5))
# Stands in an edition's words for the address that each reader's own link takes.
LEAVE = "https://unsubscribe.invalid/"


def send_letters() -> None:
    """Send the single letters that are due. One process at a time calls this."""
    due = Subscriber.objects.exclude(letter="").filter(letter_at__lte=timezone.now())
    waiting = list(due.order_by("letter_at")[:BATCH])
    if not waiting:
        return
    with get_connection() as connection:
        for row in waiting:
            try:
                name = f"{row.letter}.{row.pk}.{row.letter_at:%Y%m%d%H%M}"
                _post(single(row), row.email, connection, name)
            except smtplib.SMTPRecipientsRefused:
                Subscriber.objects.filter(pk=row.pk).update(letter="")
            except OSError:
                _later(row)
            else:
                Subscriber.objects.filter(pk=row.pk, letter=row.letter).update(letter="")


def single(row: Subscriber) -> Letter:
    """The letter that is to be sent to one address by itself."""
    with translation.override(row.language):
        site = settings.CONFIG.site_name
        if row.letter == Subscriber.Letter.KNOWN:
            subject = _("You already get the newsletter of %(site)s") % {"site": site}
            return digest.render("known", subject, {"leave": _leave(row)})
        subject = _("Please confirm: the newsletter of %(site)s") % {"site": site}
        return digest.render("confirm", subject, {"link": address("newsletter_confirm", row.token)})


def start(language: str, until: date, user: Any = None) -> Edition | None:
    """Compose the week's edition and have it sent; None where there is nothing to tell.

    One edition a language and day: a second call returns the first one.
    """
    there = Edition.objects.filter(language=language, until=until).first()
    if there is not None:
        return there
    since = until - WEEK
    letter = digest.compose(language, since, until, LEAVE)
    if letter is None:
        return None
    with transaction.atomic():
        edition = Edition.objects.create(
            language=language,
            since=since,
            until=until,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            created_at=timezone.now(),
        )
        title = f"Newsletter of {until:%-d %B %Y} ({language})"
        edition.job = queue.start(KIND, title, {"edition": edition.pk}, user)
        edition.save()
    return edition


def send_weekly(now: datetime) -> None:
    """Start the week's editions, when their hour has come."""
    chosen = NewsletterSettings.current()
    local = timezone.localtime(now)
    hour = local.replace(hour=chosen.hour, minute=0, second=0, microsecond=0)
    scheduled = hour - timedelta(days=(local.weekday() - chosen.day) % 7)
    if scheduled > local:
        scheduled -= WEEK
    if not chosen.weekly or local - scheduled > LATE:
        return
    until = scheduled.astimezone(UTC).date()
    for language in readers().values_list("language", flat=True).distinct().order_by("language"):
        start(language, until)


def readers(language: str = "") -> QuerySet[Subscriber]:
    """Those who confirmed."""
    found = Subscriber.objects.exclude(confirmed_at=None)
    return found.filter(language=language) if language else found


@work(KIND)
def send_edition(job: Job) -> Iterator[Progress]:
    """Send an edition to everybody who reads its language, some at each step."""
    edition = Edition.objects.get(pk=job.arguments["edition"])
    everybody = readers(edition.language).order_by("pk")
    total = everybody.count()
    while batch := list(everybody.filter(pk__gt=job.cursor or 0)[:BATCH]):
        try:
            with get_connection() as connection:
                for row in batch:
                    _send_once(edition, row, connection)
        except OSError as error:
            raise WorkError(
                f"The mail server does not take it: {error}. Let the job go on when it does; "
                "nobody gets it twice."
            ) from error
        job.cursor = batch[-1].pk
        edition.refresh_from_db()
        yield Progress(edition.sent + edition.refused, total, "Sending")
    job.result = {"sentence": f"{edition.sent} letters are sent, {edition.refused} were refused."}


def send_test(letter: Letter, to: str) -> None:
    """Send one copy, whose link to unsubscribe leads to the form."""
    test = Letter(letter.subject, *_filled(letter.text, letter.html, address("newsletter")))
    with get_connection() as connection:
        _post(test, to, connection, f"test-{timezone.now():%Y%m%d%H%M%S}")


def _send_once(edition: Edition, row: Subscriber, connection: Any) -> None:
    before = row.last_edition
    if not _mark(row, edition.pk):
        return
    leave = _leave(row)
    letter = Letter(edition.subject, *_filled(edition.text, edition.html, leave))
    try:
        _post(letter, row.email, connection, f"{edition.pk}.{row.pk}", leave)
    except smtplib.SMTPRecipientsRefused:
        Edition.objects.filter(pk=edition.pk).update(refused=F("refused") + 1)
    except OSError:  # it was not taken, so it is not marked as sent either
        Subscriber.objects.filter(pk=row.pk).update(last_edition=before)
        raise
    else:
        Edition.objects.filter(pk=edition.pk).update(sent=F("sent") + 1)


def _mark(row: Subscriber, edition: int) -> bool:
    mine = Subscriber.objects.filter(pk=row.pk, last_edition__lt=edition)
    return bool(mine.update(last_edition=edition))


def _post(letter: Letter, to: str, connection: Any, name: str, leave: str = "") -> None:
    host = urlsplit(settings.CONFIG.address).hostname
    headers = {
        "Message-ID": f"<newsletter.{name}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no absence notice comes back
    }
    if leave:  # RFC 8058: the mail program's own button, without a page in between
        headers["List-Unsubscribe"] = f"<{leave}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        headers["List-Id"] = f"<newsletter.{host}>"
    message = EmailMultiAlternatives(
        letter.subject, letter.text, to=[to], connection=connection, headers=headers
    )
    message.attach_alternative(letter.html, "text/html")
    message.send()


def _later(row: Subscriber) -> None:
    tries = row.tries + 1
    values: dict[str, Any] = {"tries": tries}
    if tries == len(TRIES):
        values["letter"] = ""
    else:
        values["letter_at"] = timezone.now() + TRIES[tries]
    Subscriber.objects.filter(pk=row.pk).update(**values)


def _leave(row: Subscriber) -> str:
    with translation.override(row.language):
        return address("newsletter_leave", row.token)


def _filled(text: str, html: str, leave: str) -> tuple[str, str]:
    return text.replace(LEAVE, leave), html.replace(LEAVE, leave)
