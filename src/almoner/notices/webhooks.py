"""Outgoing webhooks by Standard Webhooks (standardwebhooks.com): kept, signed, sent, repeated.

Guarantee: a message is kept in the transaction of whatever it tells; each endpoint gets it at
least once, with the same id and body at every attempt, or it is shown as dead after the
schedule. Limit: order is not promised, and a kill between an answer and its record sends once
more: a receiver knows a message by its id.
"""

import base64
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from almoner.notices import types
from almoner.notices.models import Attempt, Dispatch, Endpoint, Message
from almoner.notices.posting import Answer, post

# When each attempt is made, counted from the one before. Source: Standard Webhooks, "Delivery".
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
BATCH = 50  # messages looked at in one round
AT_ONCE = 8  # endpoints sent to at the same time
SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64
GONE = 410
KEEP = timedelta(days=90)
# Moments that are found by looking (see `watching`): without its row one would be told again.
FOUND = (
    "campaign.published",
    "campaign.ended",
    "cap.reached",
    "giving.paused",
    "giving.resumed",
)

State = Dispatch.State


def publish(type: str, data: dict[str, Any], key: str = "") -> Message:
    """Keep a message, and send it to every endpoint that wants its type.

    `data` is in the form of `types.TYPES`, values as JSON has them; else `MessageError`. The
    same `key` is told once: `delivery.sent/17`. Inside a transaction it stands or falls
    with it.
    """
    wanting = [each for each in Endpoint.objects.filter(enabled=True) if each.wants(type)]
    return _keep(type, data, key, wanting)


def send_test(endpoint: Endpoint) -> Message:
    """Send one endpoint a message of no consequence."""
    data = {"sentence": f"{settings.CONFIG.site_name} reaches this endpoint."}
    return _keep("webhook.test", data, "", [endpoint])


def _keep(type: str, data: dict[str, Any], key: str, endpoints: Sequence[Endpoint]) -> Message:
    now = timezone.now()
    body = {"type": type, "timestamp": now, "data": types.read(type, data)}
    fields = {
        "id": f"msg_{secrets.token_hex(12)}",
        "type": type,
        "payload": msgspec.json.encode(body).decode(),
        "created_at": now,
    }
    with transaction.atomic():
        if key:
            message, new = Message.objects.get_or_create(key=key, defaults=fields)
        else:
            message, new = Message.objects.create(**fields), True
        if new:
            Dispatch.objects.bulk_create(
                Dispatch(message=message, endpoint=each, due_at=now) for each in endpoints
            )
    return message


def add(endpoint: Endpoint) -> Endpoint:
    """Add an endpoint with a new secret."""
    endpoint.secret = make_secret()
    endpoint.save()
    return endpoint


def make_secret() -> str:
    """A new signing secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def redeliver(dispatch: Dispatch) -> None:
    """Send a message once more, with the whole schedule before it."""
    Dispatch.objects.filter(pk=dispatch.pk).update(
        state=State.WAITING, tries=0, due_at=timezone.now()
    )


def switch(endpoint: Endpoint, *, on: bool) -> None:
    """Switch an endpoint on or off. What waits for it waits until it is on."""
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=on, off_because="", failing_since=None)


def deliver_due() -> None:
    """Send everything that is due. One process at a time calls this."""
    waiting = Dispatch.objects.filter(
        state=State.WAITING, due_at__lte=timezone.now(), endpoint__enabled=True
    )
    due = waiting.select_related("message", "endpoint").order_by("due_at", "pk")[:BATCH]
    by_endpoint: dict[int, list[Dispatch]] = {}
    for dispatch in due:
        by_endpoint.setdefault(dispatch.endpoint.pk, []).append(dispatch)
    if not by_endpoint:
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for attempted in pool.map(_send, by_endpoint.values()):
            for dispatch, at, answer in attempted:
                record(dispatch, answer, at)


def _send(dispatches: list[Dispatch]) -> list[tuple[Dispatch, datetime, Answer]]:
    """Send one endpoint its messages; after one without an answer the others wait."""
    attempted: list[tuple[Dispatch, datetime, Answer]] = []
    for dispatch in dispatches:
        now = timezone.now()
        message, endpoint = dispatch.message, dispatch.endpoint
        answer = post(
            endpoint.url,
            sign(message, endpoint.secret, now),
            message.payload.encode(),
            private=allows_private(),
        )
        attempted.append((dispatch, now, answer))
        if answer.status is None:
            break
    return attempted


def sign(message: Message, secret: str, now: datetime) -> dict[str, str]:
    """The headers of one attempt."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Almoner",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message.id, now, message.payload),
    }


def record(dispatch: Dispatch, answer: Answer, at: datetime) -> None:
    """Keep what came of an attempt, and decide what comes next."""
    tries = dispatch.tries + 1
    values: dict[str, Any] = {"tries": tries}
    if answer.taken:
        values["state"] = State.TAKEN
    elif tries == len(SCHEDULE) or answer.status == GONE:
        values["state"] = State.DEAD
    else:
        pause = max(SCHEDULE[tries], timedelta(seconds=answer.retry_after))
        values["due_at"] = at + pause
    with transaction.atomic():
        Attempt.objects.create(
            dispatch=dispatch,
            at=at,
            status=answer.status,
            error=answer.error[:300],
            seconds=answer.seconds,
        )
        Dispatch.objects.filter(pk=dispatch.pk).update(**values)
        _judge(dispatch.endpoint, answer, at, dead=values.get("state") == State.DEAD)


def _judge(endpoint: Endpoint, answer: Answer, at: datetime, *, dead: bool) -> None:
    """Switch an endpoint off that took nothing through a whole schedule, or says it is gone."""
    mine = Endpoint.objects.filter(pk=endpoint.pk)
    if answer.taken:
        mine.exclude(failing_since=None).update(failing_since=None)
        return
    mine.filter(failing_since=None).update(failing_since=at)
    if answer.status == GONE:
        mine.update(enabled=False, off_because="It said that it is gone (410).")
        return
    whole = sum(SCHEDULE, timedelta(0))
    if dead and mine.filter(failing_since__lte=at - whole).exists():
        days = whole.days
        mine.update(enabled=False, off_because=f"It took nothing for {days} days.")


def allows_private() -> bool:
    """Whether messages may go to addresses inside our own network, and without https."""
    return settings.CONFIG.webhooks_private or settings.CONFIG.demo


def tidy() -> None:
    """Delete old messages that wait for nobody, with their attempts; of `FOUND` those alone."""
    old = Message.objects.filter(created_at__lt=timezone.now() - KEEP)
    done = old.exclude(dispatches__state=State.WAITING)
    Dispatch.objects.filter(message__in=done.filter(type__in=FOUND)).delete()
    done.exclude(type__in=FOUND).delete()
