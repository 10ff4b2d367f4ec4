"""Stripe: a payment counts once whoever tells of it, and goes back by refunds' own ids."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from almoner.connectors import stripe
from almoner.connectors.stripe import read, sign, verify
from almoner.intake.problem import Problem
from almoner.units import CURRENCIES
from tests.connectors.conftest import NOW

VECTORS = Path(__file__).parents[1] / "vectors"
MOCKS = VECTORS / "stripe-ruby-mock"
RESOURCES = json.loads((VECTORS / "stripe-openapi" / "resources.json").read_bytes())
SECRETS = {"test": "whsec_other", "live": "whsec_live"}
SENT = int(NOW.timestamp())


def vector(name):
    return json.loads((MOCKS / f"{name}.json").read_bytes())


def events(event, key=b""):
    raw = event if isinstance(event, bytes) else json.dumps(event).encode()
    return read({}, raw, "shop", NOW, key)


def refusal(event):
    with pytest.raises(Problem) as caught:
        events(event)
    return caught.value.status, caught.value.code, caught.value.field


def told(type, object, **more):
    return {"type": type, "created": SENT, "livemode": True, "data": {"object": object}, **more}


def session(**more):
    return told(
        "checkout.session.completed",
        {
            "id": "cs_1",
            "payment_status": "paid",
            "currency": "usd",
            "amount_total": 2700,
            "payment_intent": "pi_1",
            "shipping_cost": {"amount_subtotal": 500, "amount_tax": 50, "amount_total": 550},
            "total_details": {"amount_discount": 300, "amount_shipping": 500, "amount_tax": 200},
            **more,
        },
    )


def payment(**more):
    object = {"id": "pi_1", "currency": "usd", "amount": 2700, "amount_received": 2700, **more}
    return told("payment_intent.succeeded", object)


def charge(**more):
    object = {"id": "ch_1", "payment_intent": "pi_1", "currency": "usd", "amount": 2700}
    return told("charge.succeeded", {**object, "amount_captured": 2700, "captured": True, **more})


def refund(type="refund.created", **more):
    object = {"id": "re_1", "amount": 700, "currency": "usd", "created": SENT, "charge": "ch_1"}
    return told(type, {**object, "payment_intent": "pi_1", "status": "succeeded", **more})


def dispute(status, type="charge.dispute.closed"):
    object = {"id": "dp_1", "amount": 2700, "currency": "usd", "charge": "ch_1"}
    return told(type, {**object, "payment_intent": "pi_1", "status": status})


GIFT = {"metadata": {"almoner_kind": "gift"}}

# file: what it gives as (kind, id), or the code of its refusal
EXPECTED = {
    "charge.dispute.created": [],
    "charge.failed": "unknown-topic",
    "charge.refunded": [("refund", "refund/re_000000000000000000000000")],
    "checkout.session.completed": [("test_order", "payment/pi_000000000000000000000000")],
    "payment_intent.succeeded": [("test_order", "payment/pi_000000000000000000000000")],
}


def test_every_payload_has_its_expectation():
    assert {path.stem for path in MOCKS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_known_event_is_counted_or_refused_for_what_it_is(name):
    expected = EXPECTED[name]
    if isinstance(expected, str):
        assert refusal(vector(name))[:2] == (422, expected)
    else:
        assert [(each.kind, each.ref) for each in events(vector(name))] == expected


def test_known_events_give_exactly_what_they_should():
    live = {"livemode": True}
    (sold,) = events({**vector("checkout.session.completed"), **live})
    assert (sold.kind, sold.source) == ("order", "stripe:shop")
    assert (sold.body.currency, sold.body.lines[0].revenue) == ("USD", 3000)
    (paid,) = events({**vector("payment_intent.succeeded"), **live})
    assert (paid.kind, paid.body.lines[0].revenue, paid.body.place) == (
        "unpaid_order",
        2000,
        "US-CA",
    )
    (back,) = events({**vector("charge.refunded"), **live})
    assert back.body.order == "payment/ch_000000000000000000000000"
    assert (back.body.revenue, back.body.currency) == (100, "USD")


@pytest.mark.parametrize(
    ("type", "name", "expected"),
    [
        ("charge.succeeded", "charge", [("test_order", "payment/ch_1PgafuB7WZ01zgkWXYmPNZs8")]),
        ("charge.refunded", "charge", []),
        ("refund.created", "refund", [("refund", "refund/re_1Pgc72B7WZ01zgkWqPvrRrPE")]),
        ("charge.dispute.closed", "dispute", []),
        (
            "payment_intent.succeeded",
            "payment_intent",
            [("test_order", "payment/pi_1PgafyB7WZ01zgkWSjxsAJo3")],
        ),
    ],
)
def test_stripes_own_resources_are_read(type, name, expected):
    event = told(type, RESOURCES[name], livemode=False)
    assert [(each.kind, each.ref) for each in events(event)] == expected


def test_a_session_that_has_no_currency_yet_is_refused_by_name():
    event = told("checkout.session.completed", RESOURCES["checkout.session"])
    assert refusal(event) == (422, "unknown-currency", "data.object.currency")


def test_a_session_tells_goods_discount_tax_and_shipping_apart():
    (event,) = events(session(metadata={"almoner_sku": "BOWL", "almoner_quantity": "3"}))
    (line,) = event.body.lines
    assert (line.sku, line.quantity, line.kind) == ("BOWL", 3, "product")
    assert (line.revenue, line.discount, line.tax) == (2000, 300, 150)
    assert (event.body.shipping, event.body.shipping_tax) == (500, 50)


def test_a_payment_counts_once_though_three_events_tell_of_it(shop):
    for event in (charge(), payment(), session(), session(), charge(), payment()):
        shop.ledger.append(events(event), NOW)
    assert shop.given() == (100, 2, 1)  # 20.00 of goods


def test_a_payment_with_metadata_counts_once_by_intent_and_charge(shop):
    gift = {"metadata": {"almoner_kind": "product"}}
    outcomes = [
        shop.ledger.append(events(event), NOW)[0].status
        for event in (charge(**gift), payment(**gift), charge(**gift))
    ]
    assert outcomes == ["pledged", "duplicate", "duplicate"]
    assert shop.given() == (135, 2, 1)


@pytest.mark.parametrize("kind", ["product", "gift", "round-up", "gift-card"])
def test_metadata_says_what_the_money_is(kind):
    (event,) = events(payment(metadata={"almoner_kind": kind, "order": "5", "name": "Bob"}))
    assert (event.kind, event.body.lines[0].kind) == ("order", kind)


def test_an_intent_that_says_nothing_is_kept_as_not_yet_paid():
    assert events(payment())[0].kind == "unpaid_order"
    assert events(charge(captured=False, **GIFT))[0].kind == "unpaid_order"
    assert events(session(payment_status="unpaid"))[0].kind == "unpaid_order"


def test_a_session_that_is_paid_later_counts_then(shop):
    waiting = session(payment_status="unpaid")
    later = {**session(), "type": "checkout.session.async_payment_succeeded"}
    statuses = [shop.ledger.append(events(each), NOW)[0].status for each in (waiting, later)]
    assert statuses == ["waiting for payment", "pledged"]


def test_without_livemode_it_is_a_test():
    assert events({**session(), "livemode": False})[0].kind == "test_order"


def test_a_refund_is_taken_off_once_however_it_is_told(shop):
    shop.ledger.append(events(session()), NOW)
    inner = refund()["data"]["object"]
    listed = {"id": "ch_1", "payment_intent": "pi_1", "refunds": {"data": [inner]}}
    for event in (refund(), refund("refund.updated"), told("charge.refunded", listed)):
        shop.ledger.append(events(event), NOW)
    assert shop.given() == (65, 2, 1)


def test_several_partial_refunds_add_up_and_never_below_nothing(shop):
    shop.ledger.append(events(session()), NOW)
    for number in range(5):
        shop.ledger.append(events(refund(id=f"re_{number}")), NOW)
    assert shop.given() == (0, 0, 0)


@pytest.mark.parametrize("status", ["pending", "failed", "canceled", "requires_action"])
def test_a_refund_that_did_not_succeed_takes_nothing_off(status):
    assert events(refund(status=status)) == []


def test_a_charge_that_does_not_list_its_refunds_is_refused_not_dropped():
    for refunds in (None, {"data": [], "has_more": True}):
        event = told("charge.refunded", {"id": "ch_1", "refunds": refunds})
        assert refusal(event) == (422, "refund-not-told", "data.object.refunds")


def test_a_dispute_takes_off_when_it_is_lost_and_then_only(shop):
    shop.ledger.append(events(session()), NOW)
    for status in ("needs_response", "under_review", "warning_closed", "won"):
        assert events(dispute(status, "charge.dispute.created")) == []
        assert events(dispute(status)) == []
    shop.ledger.append(events(dispute("lost")), NOW)
    assert shop.given() == (0, 0, 0)


@pytest.mark.parametrize(
    ("code", "amount", "minor"),
    [
        ("usd", 1099, 1099),
        ("jpy", 500, 500),
        ("clp", 500, 500),
        ("kwd", 5120, 5120),
        ("isk", 500, 5),
        ("ugx", 500, 5),
        ("mga", 5, 500),
        ("huf", 1000, 1000),
    ],
)
def test_amounts_are_counted_by_stripes_rules(code, amount, minor):
    (event,) = events(payment(currency=code, amount=amount, amount_received=amount))
    assert event.body.lines[0].revenue == minor


def test_every_currency_comes_out_exact():
    for code, scale in CURRENCIES.items():
        (event,) = events(payment(currency=code.lower(), amount=10_000, amount_received=10_000))
        minor = event.body.lines[0].revenue
        assert minor * 10 ** (6 - scale) in (10**10, 10**8, 10**7), code


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        (payment(currency="isk", amount_received=505), "invalid-amount", "data.object.amount"),
        (payment(amount_received=-1), "invalid-amount", "data.object.amount"),
        (payment(amount_received=2**62), "invalid-amount", "data.object.amount"),
        (payment(currency="btc"), "unknown-currency", "data.object.currency"),
        (payment(amount="5"), "invalid-field", "data.object.amount"),
        (payment(id="pi 1"), "invalid-field", "data.object.id"),
        (
            payment(metadata={"almoner_kind": "present"}),
            "invalid-field",
            "data.object.metadata.almoner_kind",
        ),
        (
            payment(metadata={"almoner_quantity": "two"}),
            "invalid-field",
            "data.object.metadata.almoner_quantity",
        ),
        (
            payment(metadata={"almoner_quantity": "00000001" + "9" * 30}),
            "invalid-field",
            "data.object.metadata.almoner_quantity",
        ),
        (
            payment(metadata={"almoner_quantity": "9" * 9}),
            "invalid-field",
            "data.object.metadata.almoner_quantity",
        ),
        (session(amount_total=100), "invalid-amount", "data.object.amount_total"),
        (
            refund(charge=None, payment_intent=None),
            "invalid-field",
            "data.object.payment_intent",
        ),
        (refund(created=10**17), "invalid-amount", "data.object.created"),
        ({"type": "charge.succeeded"}, "invalid-field", "data"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(event, code, field):
    assert refusal(event) == (422, code, field)


def signature(body, secret="whsec_live", sent=SENT):
    return {"stripe-signature": f"t={sent},v1={sign(body, secret, sent)},v0=old"}


def test_an_account_is_known_by_its_secret():
    raw = json.dumps(payment()).encode()
    assert verify(signature(raw), raw, SECRETS, NOW) == "live"
    assert verify(signature(raw, "whsec_other"), raw, SECRETS, NOW) == "test"
    rolled = f"t={SENT},v1={sign(raw, 'whsec_old', SENT)},v1={sign(raw, 'whsec_live', SENT)}"
    assert verify({"stripe-signature": rolled}, raw, SECRETS, NOW) == "live"


def test_the_scheme_is_the_published_one():
    # HMAC-SHA-256 of "1614265330.{}" under "whsec_test_secret", by openssl.
    assert sign(b"{}", "whsec_test_secret", 1614265330) == OPENSSL


OPENSSL = "8c1a00c47d6b9f72cbeb1c009e324419d877cb08edb0805dd9fde8dddc59848c"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "no-signature"),
        ({"stripe-signature": "v1=00"}, "no-signature"),
        ({"stripe-signature": f"t={SENT}"}, "no-signature"),
        ({"stripe-signature": f"t={SENT},v1=é"}, "bad-signature"),
        ({"stripe-signature": f"t={SENT},v0={sign(b'{}', 'whsec_live', SENT)}"}, "no-signature"),
        (signature(b"{} "), "bad-signature"),
        (signature(b"{}", "whsec_guess"), "bad-signature"),
        (signature(b"{}", sent=SENT - 301), "stale-delivery"),
        (signature(b"{}", sent=SENT + 301), "stale-delivery"),
        ({"stripe-signature": f"t={SENT}," + "v1=00," * 5000}, "bad-signature"),
    ],
)
def test_any_other_signature_is_refused(given, code):
    with pytest.raises(Problem) as caught:
        verify(given, b"{}", SECRETS, NOW)
    assert (caught.value.status, caught.value.code) == (401, code)


def test_four_minutes_are_within_the_tolerance():
    for minutes in (-4, 4):
        now = datetime.fromtimestamp(SENT, UTC) + timedelta(minutes=minutes)
        assert verify(signature(b"{}"), b"{}", SECRETS, now) == "live"


def test_what_is_kept_of_a_rejected_delivery_names_nobody():
    for path in MOCKS.glob("*.json"):
        raw = path.read_bytes()
        kept = stripe.without_personal(raw)
        if not isinstance(EXPECTED[path.stem], str):
            assert events(kept, b"k") == events(raw, b"k")
        for word in (b"Jenny", b"Townsend", b"94103", b"example", b"4242", b"fingerprint"):
            assert word not in kept
