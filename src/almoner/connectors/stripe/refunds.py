"""Money that went back, by refunds and by disputes that were lost."""

from datetime import datetime

from almoner.campaigns.model import Refund
from almoner.connectors.stripe import body
from almoner.connectors.stripe.counting import currency, minor, time
from almoner.intake.problem import Problem
from almoner.ledger import Event


def of_refund(refund: body.Refund, order: str, source: str) -> list[Event]:
    """What a refund that succeeded takes off, under the id that it has at Stripe."""
    if refund.status not in ("succeeded", None):
        return []  # pending may still fail; refund.updated tells how it ends
    unit = currency(refund.currency, "data.object.currency")
    told = Refund(
        order, revenue=minor(refund.amount, unit, "data.object.amount"), currency=unit.code
    )
    when = time(refund.created, "data.object.created")
    return [Event(source, f"refund/{refund.id}", "refund", when, told)]


def of_refunded(charge: body.RefundedCharge, source: str) -> list[Event]:
    """The refunds that a charge lists."""
    if charge.refunds is None or charge.refunds.has_more:
        raise Problem(
            422,
            "refund-not-told",
            "The charge does not name its refunds",
            "data.object.refunds: newer versions of Stripe's API leave the refunds out of "
            "charge.refunded. Subscribe to refund.created and refund.updated in its place.",
            field="data.object.refunds",
        )
    order = order_of(charge.payment_intent, charge.id)
    return [each for one in charge.refunds.data for each in of_refund(one, order, source)]


def of_dispute(dispute: body.Dispute, source: str, when: datetime) -> list[Event]:
    """What a dispute that was lost takes off."""
    if dispute.status != "lost":
        return []
    unit = currency(dispute.currency, "data.object.currency")
    told = Refund(
        order_of(dispute.payment_intent, dispute.charge),
        revenue=minor(dispute.amount, unit, "data.object.amount"),
        currency=unit.code,
    )
    return [Event(source, f"dispute/{dispute.id}", "refund", when, told, dated=False)]


def order_of(payment_intent: str | None, charge: str | None) -> str:
    """The id of the order that money went back of."""
    if payment_intent is None and charge is None:
        raise Problem(
            422,
            "invalid-field",
            "A field cannot be used",
            "data.object.payment_intent: neither a payment intent nor a charge is named.",
            field="data.object.payment_intent",
        )
    return f"payment/{payment_intent or charge}"
