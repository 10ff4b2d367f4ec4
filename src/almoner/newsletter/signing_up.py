"""Asking for the newsletter, confirming it, and ending it.

Guarantee: nobody gets it who has not pressed “confirm” on a page that only a letter to their
address links to, and one press of “unsubscribe” deletes the address. Whoever asks learns nothing
about who has it: the answer and the time it takes are the same, and the letter is sent later. A
confirmed sign-up is one event of the ledger, however often the same address comes back: the
event is known by a keyed fingerprint of the address, which stays (deleting the key forgets it).
"""

import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from almoner.campaigns.model import Action
from almoner.giving.book import open_ledger
from almoner.ledger import Event
from almoner.newsletter.models import NewsletterSettings, Subscriber, new_token

SOURCE = "newsletter"
GOOD_FOR = timedelta(days=3)  # a letter that lies over a weekend can still be answered
# One letter an hour to an address: nobody's mailbox is filled from our form.
PAUSE = timedelta(hours=1)
# More sign-ups than this in an hour are somebody's program, for a site of our readers' number.
MAX_AN_HOUR = 300

Letter = Subscriber.Letter


class BusyError(Exception):
    """More people have asked within the hour than the site takes."""


def ask(email: str, language: str, now: datetime) -> None:
    """Have a letter sent to the address: to confirm, or saying that it is subscribed."""
    email = email.strip().lower()
    if Subscriber.objects.filter(asked_at__gt=now - PAUSE).count() >= MAX_AN_HOUR:
        raise BusyError
    with transaction.atomic():
        row, new = Subscriber.objects.get_or_create(
            email=email,
            defaults={
                "language": language,
                "asked_at": now,
                "letter": Letter.CONFIRM,
                "letter_at": now,
            },
        )
        if new or row.letter_at > now - PAUSE:
            return
        row.letter, row.letter_at, row.tries = Letter.KNOWN, now, 0
        changed = ["letter", "letter_at", "tries"]
        if row.confirmed_at is None:
            row.letter, row.asked_at, row.language = Letter.CONFIRM, now, language
            row.token = new_token()
            changed += ["asked_at", "language", "token"]
        row.save(update_fields=changed)  # a confirmation beside this one stays


def find(token: str, now: datetime) -> Subscriber | None:
    """Whose token it is, unless it was asked for too long ago and never confirmed."""
    row = Subscriber.objects.filter(token=token).first()
    if row is not None and row.confirmed_at is None and row.asked_at <= now - GOOD_FOR:
        return None
    return row


def confirm(row: Subscriber, now: datetime) -> None:
    """Subscribe it, and enter the sign-up into the ledger. A second time changes nothing."""
    if row.confirmed_at is not None:
        return
    # The ledger first: a kill between the two leaves a link that can be pressed again.
    _enter(row, now)
    Subscriber.objects.filter(pk=row.pk, confirmed_at=None).update(confirmed_at=now)


def leave(token: str) -> None:
    """Delete whoever has the token, if anybody."""
    Subscriber.objects.filter(token=token).delete()


def tidy(now: datetime) -> None:
    """Delete addresses that were never confirmed."""
    Subscriber.objects.filter(confirmed_at=None, asked_at__lte=now - GOOD_FOR).delete()


def _enter(row: Subscriber, now: datetime) -> None:
    """Campaigns that give for sign-ups may use it. Where it happened before it has no effect."""
    event = Event(
        source=SOURCE,
        ref=f"sign-up/{fingerprint(row.email)}",
        kind="action",
        occurred_at=now,
        body=Action("sign-up", tags=("newsletter",)),
        dated=False,
    )
    with open_ledger() as ledger:
        ledger.append([event], now)


def fingerprint(email: str) -> str:
    """The address, keyed: whoever lacks the key cannot try addresses against it."""
    with transaction.atomic():
        settings = NewsletterSettings.objects.select_for_update().first() or NewsletterSettings()
        if not settings.fingerprint_key:
            settings.fingerprint_key = secrets.token_hex(32)
            settings.save()
    key = bytes.fromhex(settings.fingerprint_key)
    return hmac.digest(key, email.encode(), "sha256").hex()
