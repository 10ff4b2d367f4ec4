"""Any system that signs by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.

Source: github.com/standard-webhooks/standard-webhooks, specification 1.0.0; its own library
makes the signature that is compared. The body is one of the API's events, bare or as `data` of
`{"type": …, "timestamp": …, "data": …}`. An event without an id has the message's, so a message
that is sent again counts once; one without a time happened at the message's `timestamp`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from almoner.connectors import kept
from almoner.connectors.signing import signer, unsigned
from almoner.intake import wire
from almoner.intake.problem import Problem, decode
from almoner.ledger import Event

NAME = "webhooks"
TITLE = "Standard Webhooks"
HEADERS: tuple[str, ...] = ("webhook-id",)
MAX_BODY = 256 * 1024  # as one event of the API: a thousand lines of an order fit twice
TOLERANCE = timedelta(minutes=5)  # the specification's own
_MAX_MESSAGE = 150  # as an Idempotency-Key


class _Envelope(msgspec.Struct, frozen=True):
    data: wire.WireEvent
    timestamp: wire.Time | None = None


_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_envelope = msgspec.json.Decoder(_Envelope).decode


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], now: datetime
) -> str:
    """The connection that signed, within five minutes of `now`; a 401 `Problem` otherwise."""
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        if not headers.get(name):
            raise unsigned(name)
    sent = _sent(headers["webhook-timestamp"])
    if sent is None or abs(now - sent) > TOLERANCE:
        raise Problem(
            401,
            "stale-delivery",
            "The delivery is stale",
            f"webhook-timestamp is {headers['webhook-timestamp'][:40]!r}, which is not within five "
            "minutes of now, in seconds since 1970: sign each attempt anew, and set the clock.",
        )
    return signer(
        headers["webhook-signature"].split(),
        secrets,
        lambda secret: sign(body, secret, headers["webhook-id"], sent),
        "webhook-signature",
        TITLE,
    )


def sign(body: bytes, secret: str, message: str, sent: datetime) -> str:
    """The webhook-signature of a message; "" under a secret that is no base64."""
    try:
        return Webhook(secret).sign(message, sent, body.decode())
    except (ValueError, EmptyWebhookSecretError):
        return ""


def read(
    headers: Mapping[str, str], body: bytes, name: str, now: datetime, key: bytes = b""
) -> list[Event]:
    """The one event of a verified delivery; a `Problem` names the field that cannot be used.

    A reader is hashed within the connection, as in the API: `key` changes nothing.
    """
    if b"\\u0000" in body:
        raise Problem(422, "invalid-field", "A field cannot be used", "A text holds U+0000.")
    keys = decode(_keys, body)
    if "kind" in keys:
        event = decode(wire.decode, body)
    elif "data" in keys:
        envelope = decode(_envelope, body)
        event = envelope.data
        if event.occurred_at is None:
            event = msgspec.structs.replace(event, occurred_at=envelope.timestamp)
    else:
        raise Problem(
            422,
            "not-an-event",
            "This is not an event",
            'The body has neither a kind nor data with one: send an event such as {"kind": '
            '"order", …}, bare or as data.',
            field="data",
        )
    message = headers.get("webhook-id", "")
    if len(message) > _MAX_MESSAGE or not message.isprintable():
        raise Problem(
            400,
            "unusable-key",
            "webhook-id cannot be used",
            f"Use at most {_MAX_MESSAGE} characters, all of them printable.",
        )
    return [wire.read(event, f"{NAME}:{name}", message, now)]


def without_personal(body: bytes) -> bytes:
    """The body with an event's own keys, less the sender's word for a reader."""
    return kept.keep(body, wire.WireEvent | _Envelope, without=frozenset({"reader"}))


def _sent(timestamp: str) -> datetime | None:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 11:
        return None
    return datetime.fromtimestamp(int(timestamp), UTC)
