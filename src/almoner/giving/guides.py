"""How each kind of sender is connected, step by step, and what to do about what went wrong.

Words only: the names of menus are the vendors' own, as their English screens have them in
2026. Limit: a vendor may rename them any day.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_bytes

from almoner.intake.connections import make_secret


def _standard_secret() -> str:
    """32 random bytes as Standard Webhooks writes them."""
    return f"whsec_{b64encode(token_bytes(32)).decode()}"


def _standard_objection(secret: str) -> str:
    try:
        b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return "This is no base64 after whsec_: paste the whole secret, or leave it empty."
    return ""


def _stripe_objection(secret: str) -> str:
    if secret.startswith("whsec_"):
        return ""
    return "A destination's signing secret begins with whsec_; an API key (sk_, rk_) is none."


@dataclass(frozen=True, slots=True)
class Guide:
    """What a person reads while connecting. `make` makes the secret where the sender lets us.

    `topics` are what is to be sent: the vendor's words, and what they are called in a
    delivery. `steps` come before the form; the address and the topics stand below the second.
    `objection` says what cannot be right about a secret that was pasted, or "".
    """

    kind: str
    title: str
    what: str
    steps: tuple[str, ...]
    topics: tuple[tuple[str, str], ...]
    secret: str
    make: Callable[[], str] | None = None
    after: str = ""
    objection: Callable[[str], str] = lambda secret: ""


GUIDES: Mapping[str, Guide] = {
    guide.kind: guide
    for guide in (
        Guide(
            "shopify",
            "Shopify",
            "Orders, refunds and cancellations of a Shopify shop.",
            (
                "In the shop's admin open Settings, then Notifications, then Webhooks.",
                "Press “Create webhook” once for each event below. Choose the format JSON and "
                "the latest stable version, and paste this address as the URL.",
                "Below the list stands “Your webhooks will be signed with …”. Copy what stands "
                "there into the form.",
            ),
            (
                ("Order payment", "orders/paid"),
                ("Order update", "orders/updated"),
                ("Order cancellation", "orders/cancelled"),
                ("Refund create", "refunds/create"),
            ),
            "The signing secret that Shopify shows under Settings, Notifications, Webhooks.",
            after="“Send test notification” in Shopify sends an order marked as a test: it is "
            "received, and never counts.",
        ),
        Guide(
            "woocommerce",
            "WooCommerce",
            "Orders and refunds of a WooCommerce shop on WordPress.",
            (
                "In WordPress open WooCommerce, then Settings, then Advanced, then Webhooks.",
                "Press “Add webhook” once for each topic below, with the status Active and the "
                "API version v3, and paste this address as the delivery URL.",
                "Paste the secret into each of them, and save.",
            ),
            (("Order created", "order.created"), ("Order updated", "order.updated")),
            "Leave it empty and one is made for you. Or paste the one your webhooks have.",
            make_secret,
            after="WooCommerce tests the address when a webhook is saved, and switches a webhook "
            "off after five deliveries that were refused: look at its status there when this "
            "page shows rejected ones, and after a pause.",
        ),
        Guide(
            "stripe",
            "Stripe",
            "Payments, refunds and disputes of a Stripe account.",
            (
                "In Stripe's dashboard open Developers, then Webhooks, and add a destination.",
                "Choose events of your own account, pick the events below, and paste this "
                "address as the endpoint URL.",
                "Open the destination that was made, reveal its signing secret, which begins "
                "with whsec_, and copy it into the form.",
            ),
            (
                ("A checkout was paid", "checkout.session.completed"),
                ("A checkout was paid later", "checkout.session.async_payment_succeeded"),
                ("A payment without a checkout", "payment_intent.succeeded"),
                ("A refund was made", "refund.created"),
                ("A refund went through", "refund.updated"),
                ("A dispute was decided", "charge.dispute.closed"),
            ),
            "The signing secret of the destination: it begins with whsec_.",
            after="Payments in test mode are received, and never count. A payment without a "
            "checkout counts if its metadata has almoner_kind.",
            objection=_stripe_objection,
        ),
        Guide(
            "webhooks",
            "Standard Webhooks",
            "Any other shop or program that signs by Standard Webhooks.",
            (
                "Let your program send what is described under /api/v1/docs, one event a delivery.",
                "Let it post to this address.",
                "Let it sign with the secret, as standardwebhooks.com says; "
                "there are libraries for most languages.",
            ),
            (
                ("A paid order", "order"),
                ("A refund of one", "refund"),
                ("An entry by hand", "manual"),
            ),
            "Leave it empty and one is made for you. Or paste one that begins with whsec_.",
            _standard_secret,
            objection=_standard_objection,
        ),
    )
}

_LOOK = "Look at what was kept below. When its cause is mended, here or in the shop, replay it."
ADVICE: Mapping[str, str] = {
    "paused": "The connection was paused when it came. Resume it, then replay this.",
    "unknown-topic": "The shop sends a topic that is not read here. Delete that webhook in the "
    "shop, or leave it: nothing is missing.",
    "unknown-currency": "The currency is no ISO 4217 code that is known here. Mend it in the shop "
    "and let the shop send the order again.",
    "invalid-amount": "An amount is larger or finer than its currency allows. Mend the order in "
    "the shop and let it be sent again.",
    "malformed-json": "The sender's program sends no JSON: choose JSON as the webhook's format.",
    "no-signature": "Somebody sent without a secret. If it was your shop, set the secret there.",
    "bad-signature": "The sender signs with another secret than the one kept here. Compare them; "
    "if in doubt exchange it here and set the same in the shop.",
    "stale-delivery": "It came days late, so it could be a recording. Bring what is missing in "
    "from a file instead.",
    "conflict": "The order was edited in the shop after it was counted. What was counted stays. If "
    "goods or money went back, the shop's refund takes them off; if more was sold, enter the "
    "difference through the API under an id of its own.",
}


def advice(code: str) -> str:
    """What to do about a delivery that came to this."""
    return ADVICE.get(code, _LOOK)
