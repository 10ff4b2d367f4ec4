"""WooCommerce: its documentation's own orders, what is given back, and who signed."""

import json
from pathlib import Path

import pytest

from almoner.connectors import woocommerce
from almoner.connectors.woocommerce import read, sign, verify
from almoner.intake.problem import Problem
from almoner.ledger import Outcome
from tests.connectors.conftest import NOW, Shop

VECTORS = Path(__file__).parents[1] / "vectors" / "woocommerce-docs"
SECRETS = {"till": "another secret", "shop": "a secret"}


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_bytes())


PAID = vector("orders_01_retrieve-an-order")


def events(order, topic="order.updated", key=b""):
    raw = order if isinstance(order, bytes) else json.dumps(order).encode()
    return read({"x-wc-webhook-topic": topic}, raw, "shop", NOW, key)


def deliver(shop: Shop, order, topic="order.updated") -> list[Outcome]:
    return shop.ledger.append(events(order, topic), NOW)


def refusal(order, topic="order.updated"):
    with pytest.raises(Problem) as caught:
        events(order, topic)
    return caught.value.status, caught.value.code, caught.value.field


def line(id=1, quantity=1, total="10.00", **more):
    return {"id": id, "quantity": quantity, "total": total, "product_id": 7, "sku": "BOWL", **more}


def order(*lines, **more):
    return {
        "id": 1,
        "status": "processing",
        "currency": "USD",
        "date_created_gmt": "2026-05-01T10:00:00",
        "date_paid_gmt": "2026-05-01T10:00:05",
        "line_items": list(lines) or [line()],
        **more,
    }


# file: the kinds of event that each of its bodies gives
EXPECTED = {
    "order-refunds_01_retrieve-a-refund": ["not-an-order"],
    "orders_00_create-an-order": [["order"]],
    "orders_01_retrieve-an-order": [["order"]],
    "orders_02_list-all-orders": [["order"], ["order", "refund", "refund"]],
    "orders_03_update-an-order": [["order"]],
    "orders_04_delete-an-order": [["order"]],
}


def test_every_payload_has_its_expectation():
    assert {path.stem for path in VECTORS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_documentations_body_is_counted_or_refused_for_what_it_is(name):
    bodies = vector(name)
    bodies = bodies if isinstance(bodies, list) else [bodies]
    for body, expected in zip(bodies, EXPECTED[name], strict=True):
        if isinstance(expected, str):
            assert refusal(body)[:2] == (422, expected)
        else:
            assert [event.kind for event in events(body)] == expected


def test_a_known_order_gives_exactly_what_it_should(shop):
    (event,) = events(PAID)
    assert (event.source, event.ref) == ("woocommerce:shop", "order/727")
    assert event.occurred_at.isoformat() == "2017-03-22T19:28:02+00:00"
    first, second = event.body.lines
    assert (first.product, first.quantity, first.revenue, first.tax) == ("93", 2, 600, 45)
    assert (second.sku, second.quantity, second.revenue, second.tax) == ("Bar3", 1, 1200, 90)
    assert (event.body.shipping, event.body.shipping_tax, event.body.place) == (1000, 0, "US-CA")

    deliver(shop, PAID)

    assert shop.given() == (90, 6, 1)  # 5 % of 18.00; three pieces at two meals; one order


@pytest.mark.parametrize(
    "name", ["orders_00_create-an-order", "orders_03_update-an-order", "orders_04_delete-an-order"]
)
def test_the_same_order_is_told_alike_wherever_it_stands(name):
    (event,) = events(vector(name))
    (known,) = events(PAID)
    assert (event.ref, event.body.lines, event.body.shipping) == (
        known.ref,
        known.body.lines,
        known.body.shipping,
    )


def test_a_known_partial_refund_is_money_by_its_total(shop):
    known = vector("orders_02_list-all-orders")[1]
    _, first, second = events(known)
    assert (first.ref, first.body.revenue) == ("refund/726", 1000)
    assert (second.ref, second.body.revenue) == ("refund/724", 900)

    deliver(shop, known)

    assert shop.given() == (50, 4, 1)  # 29.00 sold, 19.00 back


def test_its_updates_tell_a_refund_once(shop):
    known = vector("orders_02_list-all-orders")[1]
    deliver(shop, known)
    assert {each.status for each in deliver(shop, known)} == {"duplicate"}
    assert shop.given() == (50, 4, 1)


def test_the_tax_that_went_back_with_the_goods_is_not_taken_off(shop):
    taxed = order(line(total="100.00", total_tax="20.00"), total="120.00")
    deliver(shop, taxed)
    deliver(shop, {**taxed, "refunds": [{"id": 5, "reason": "", "total": "-60.00"}]})
    assert shop.given()[0] == 250


@pytest.mark.parametrize("status", ["refunded", "cancelled", "failed"])
def test_an_order_that_ends_after_it_was_paid_is_taken_off_whole(shop, status):
    deliver(shop, order(shipping_total="5.00"))
    ended = order(status=status, shipping_total="5.00", refunds=[{"id": 5, "total": "-4.00"}])
    *_, last = events(ended)
    assert (last.ref, last.body.shipping, last.body.lines[0].revenue) == (f"{status}/1", 500, 1000)
    deliver(shop, ended)
    deliver(shop, ended)
    assert shop.given() == (0, 0, 0)


@pytest.mark.parametrize("status", ["pending", "on-hold", "processing", "cancelled", "failed"])
def test_an_order_that_nothing_was_paid_for_waits(shop, status):
    unpaid = order(status=status, date_paid_gmt=None)
    assert deliver(shop, unpaid) == []
    assert [each.status for each in deliver(shop, unpaid, "order.created")] == [
        "waiting for payment"
    ]
    assert shop.given() == (0, 0, 0)
    deliver(shop, order(status="completed", date_paid_gmt=None))
    assert shop.given() == (50, 2, 1)


def test_an_order_that_is_deleted_stays_counted(shop):
    deliver(shop, order())
    assert deliver(shop, {"id": 1}, "order.deleted") == []
    assert shop.given() == (50, 2, 1)


def test_a_discount_is_what_the_line_would_have_cost():
    (event,) = events(order(line(quantity=2, subtotal="20.00", total="15.00")))
    assert (event.body.lines[0].revenue, event.body.lines[0].discount) == (1500, 500)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Donation", "gift"),
        ("Donate to Harbor Table", "gift"),
        ("Charity", "gift"),
        ("Round up for Harbor Table", "round-up"),
        ("Round-up donation", "round-up"),
        ("Gift wrapping", None),
        ("Handling", None),
        (None, None),
    ],
)
def test_a_fee_is_a_gift_by_its_name(name, kind):
    fee = {"id": 9, "name": name, "total": "0.65", "total_tax": "0.00"}
    (event,) = events(order(fee_lines=[fee]))
    assert [(each.kind, each.revenue) for each in event.body.lines[1:]] == (
        [(kind, 65)] if kind else []
    )


def test_a_fee_or_a_line_is_a_gift_by_its_meta_key():
    marked = {"meta_data": [{"id": 1, "key": "_almoner_round_up", "value": "Bob's"}]}
    fee = {"id": 9, "name": "Aufrunden", "total": "0.65", **marked}
    given = line(2, meta_data=[{"id": 2, "key": "_almoner_gift", "value": True}])
    card = line(3, meta_data=[{"id": 2, "key": "pw_gift_card_to", "value": "bob@example.com"}])
    (event,) = events(order(line(), given, card, fee_lines=[fee]))
    assert [each.kind for each in event.body.lines] == [
        "product",
        "gift",
        "gift-card",
        "round-up",
    ]


def test_a_fee_below_zero_is_a_discount_of_the_order():
    fee = {"id": 9, "name": "Loyalty", "total": "-12.00"}
    (event,) = events(order(line(1), line(2), fee_lines=[fee]))
    assert [(each.revenue, each.discount) for each in event.body.lines] == [(800, 200), (0, 1000)]


@pytest.mark.parametrize(
    ("currency", "total", "minor"), [("JPY", "1500", 1500), ("JPY", "1500.00", 1500)]
)
def test_yen_have_no_cents(currency, total, minor):
    (event,) = events(order(line(total=total), currency=currency))
    assert event.body.lines[0].revenue == minor


def test_dinars_have_a_thousand_fils():
    (event,) = events(order(line(total="1.505"), currency="KWD"))
    assert event.body.lines[0].revenue == 1505


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"line_items": [line(total="10.005")]}, "invalid-amount", "line_items[0].total"),
        ({"line_items": [line(total="-1")]}, "invalid-amount", "line_items[0].total"),
        ({"line_items": [line(1), line(1)]}, "repeated-line", "line_items"),
        ({"line_items": [line(total="NaN")]}, "invalid-amount", "line_items[0].total"),
        ({"currency": "usd"}, "unknown-currency", "currency"),
        ({"date_created_gmt": "soon"}, "invalid-field", "date_created_gmt"),
        ({"shipping_total": "1e999999999"}, "invalid-amount", "shipping_total"),
        ({"refunds": [{"id": 1, "total": "x"}]}, "invalid-field", "refunds[0].total"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(changed, code, field):
    assert refusal(order(**changed)) == (422, code, field)


def test_another_topic_and_another_body_are_told_apart():
    assert refusal(order(), "product.updated")[:2] == (422, "unknown-topic")
    assert refusal({"id": 1})[:2] == (422, "not-an-order")
    assert refusal(b"{")[:2] == (400, "malformed-json")


def test_a_reader_is_a_pseudonym_and_a_guest_is_none():
    assert events(order(customer_id=0), key=b"k")[0].body.reader == ""
    assert len(events(order(customer_id=26), key=b"k")[0].body.reader) == 32


def test_a_shop_is_known_by_its_secret():
    raw = json.dumps(order()).encode()
    signed = {"x-wc-webhook-signature": sign(raw, "a secret")}
    assert verify(signed, raw, SECRETS, NOW) == "shop"
    for headers, code in (
        ({}, "no-signature"),
        ({"x-wc-webhook-signature": sign(raw, "a guess")}, "bad-signature"),
        ({"x-wc-webhook-signature": sign(raw + b" ", "a secret")}, "bad-signature"),
    ):
        with pytest.raises(Problem) as caught:
            verify(headers, raw, SECRETS, NOW)
        assert (caught.value.status, caught.value.code) == (401, code)


def test_the_ping_is_nobodys_and_says_nothing():
    ping = b"webhook_id=12"
    assert verify({}, ping, SECRETS, NOW) == ""
    assert read({}, ping, "", NOW) == []
    with pytest.raises(Problem):
        verify({}, ping + b"&x=1", SECRETS, NOW)


def test_what_is_kept_of_a_rejected_delivery_names_nobody():
    for path in VECTORS.glob("orders_*.json"):
        bodies = json.loads(path.read_bytes())
        for body in bodies if isinstance(bodies, list) else [bodies]:
            kept = woocommerce.without_personal(json.dumps(body).encode())
            assert events(kept, key=b"k") == events(body, key=b"k")
            for word in (b"Doe", b"Market", b"94103", b"555", b"example", b"M Test"):
                assert word not in kept
