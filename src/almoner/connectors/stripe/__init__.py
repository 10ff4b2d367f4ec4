"""Stripe's webhooks: payments, refunds and lost disputes.

Source: docs.stripe.com/webhooks/signature (HMAC-SHA-256 of "time.body", in hexadecimal, as v1
of Stripe-Signature, within five minutes) and the API's objects. A payment is one order, known
by its payment intent, however many events tell of it, and happened when the first says so.

- A checkout session counts once it is paid, less its tax and shipping.
- A payment intent or charge counts if its metadata has `almoner_kind`. One without may be a
  checkout's, which tells more, or a subscription's: it is kept as not yet paid.
- `almoner_kind` is product, gift, round-up or gift-card; `almoner_sku` and `almoner_quantity`
  say what was sold. A session without them sells one product.
- A refund is taken off when it succeeds, by its own id, wherever it is told. It is money: of
  an order with tax or shipping it takes the goods first.
- A dispute is taken off when it is lost, not when it is opened: nothing can give a refund
  back, and most that are won would have to be.

`livemode` false is a test. Amounts are in the minor units that Stripe counts in, which for
some currencies are not those of ISO 4217.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

import msgspec

from almoner.connectors import kept
from almoner.connectors.signing import signer, unsigned
from almoner.connectors.stripe import body as bodies
from almoner.connectors.stripe.counting import time
from almoner.connectors.stripe.payments import of_charge, of_session
from almoner.connectors.stripe.refunds import of_dispute, of_refund, of_refunded, order_of
from almoner.intake.problem import Problem, decode
from almoner.ledger import Event

NAME = "stripe"
TITLE = "Stripe"
HEADERS: tuple[str, ...] = ()
MAX_BODY = 512 * 1024  # an event has 10 KB, and metadata at most 25 KB
TOLERANCE = timedelta(minutes=5)  # as Stripe's own libraries have it

SESSIONS = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
PAYMENTS = ("payment_intent.succeeded", "charge.succeeded")
REFUNDS = ("refund.created", "refund.updated", "charge.refund.updated")
DISPUTES = ("charge.dispute.created", "charge.dispute.closed")
TYPES = (*SESSIONS, *PAYMENTS, *REFUNDS, "charge.refunded", *DISPUTES)

Decoded = TypeVar("Decoded")

_envelope = msgspec.json.Decoder(bodies.Envelope).decode
_session = msgspec.json.Decoder(bodies.Session).decode
_charge = msgspec.json.Decoder(bodies.Charge).decode
_refund = msgspec.json.Decoder(bodies.Refund).decode
_refunded = msgspec.json.Decoder(bodies.RefundedCharge).decode
_dispute = msgspec.json.Decoder(bodies.Dispute).decode


def sign(body: bytes, secret: str, sent: int) -> str:
    """The v1 of a Stripe-Signature made at `sent`, in seconds since 1970."""
    return hmac.digest(secret.encode(), b"%d." % sent + body, sha256).hex()


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], now: datetime
) -> str:
    """The account that signed, within five minutes of `now`; a 401 `Problem` otherwise."""
    given = headers.get("stripe-signature", "")
    if not given:
        raise unsigned("Stripe-Signature")
    pairs = [each.strip().partition("=")[::2] for each in given[:4096].split(",")]
    sent = next((value for name, value in pairs if name == "t"), "")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 11):
        raise unsigned("Stripe-Signature with its time (t=…)")
    if abs(now - datetime.fromtimestamp(int(sent), UTC)) > TOLERANCE:
        raise Problem(
            401,
            "stale-delivery",
            "The delivery is stale",
            f"Stripe-Signature was made at {sent}, more than five minutes from now. Stripe signs "
            "each attempt anew: set this machine's clock.",
        )
    return signer(
        [value for name, value in pairs if name == "v1"],
        secrets,
        lambda secret: sign(body, secret, int(sent)),
        "Stripe-Signature",
        TITLE,
    )


def read(
    headers: Mapping[str, str], body: bytes, name: str, now: datetime, key: bytes = b""
) -> list[Event]:
    """The payment, refund or lost dispute that a verified event tells of."""
    event = decode(_envelope, body)
    if event.type not in TYPES:
        raise Problem(
            422,
            "unknown-topic",
            "This type of event is not read here",
            f"type is {event.type[:60]!r}; subscribe to {', '.join(TYPES)} only.",
            field="type",
        )
    source, inner = f"{NAME}:{name}", bytes(event.data.object)
    when = time(event.created, "created")
    if event.type in SESSIONS:
        return [of_session(_decode(_session, inner), event, source, when, key)]
    if event.type in PAYMENTS:
        return [of_charge(_decode(_charge, inner), event, source, when, key)]
    if event.type in REFUNDS:
        refund = _decode(_refund, inner)
        return of_refund(refund, order_of(refund.payment_intent, refund.charge), source)
    if event.type == "charge.refunded":
        return of_refunded(_decode(_refunded, inner), source)
    return of_dispute(_decode(_dispute, inner), source, when)


def without_personal(body: bytes) -> bytes:
    """The body with the keys alone that an event is read by."""
    return kept.keep(body, bodies.Kept)


def _decode(decoder: Callable[[bytes], Decoded], inner: bytes) -> Decoded:
    """Decode the event's object; a `Problem` names the field from the event on."""
    try:
        return decode(decoder, inner)
    except Problem as problem:
        field = ".".join(filter(None, ("data.object", problem.field)))
        detail = problem.detail.replace(f"{problem.field}: ", f"{field}: ", 1)
        raise Problem(problem.status, problem.code, problem.title, detail, field=field) from None
