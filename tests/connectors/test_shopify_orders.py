"""What of an order is told: kinds of lines, discount, tax, shipping, where, and never who."""

import json

import pytest

from almoner.connectors import shopify
from almoner.intake.problem import Problem
from tests.connectors.conftest import read
from tests.shop import encoded, goodwill, line, order, refund, refunded

ADDRESS = {"country_code": "US", "province_code": "KY", "zip": "40202", "first_name": "Bob"}


def body(*lines, **more):
    (event, *_) = read(order(1, lines, **more))
    return event.body


def refusal(*lines, topic="orders/paid", **more):
    with pytest.raises(Problem) as caught:
        read(order(1, lines, **more), topic)
    assert caught.value.status == 422
    return caught.value.code, caught.value.field


def test_a_line_tells_its_discount_and_its_tax_beside_its_revenue():
    sold = body(
        line(1, 3, "20.00", discount_allocations=[{"amount": "6"}], tax_lines=[{"price": "4.32"}])
    )
    (told,) = sold.lines
    assert (told.revenue, told.discount, told.tax, told.kind) == (5400, 600, 432, "product")


def test_a_sold_gift_card_is_no_product_and_its_redemption_is_an_order_like_any_other():
    card, mug = body(line(1, price="50.00", gift_card=True), line(2)).lines
    assert (card.kind, mug.kind) == ("gift-card", "product")
    paid_by_card = body(line(1, price="50.00"), payment_gateway_names=["gift_card"])
    assert (paid_by_card.lines[0].kind, paid_by_card.lines[0].revenue) == ("product", 5000)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("_almoner_gift", "gift"), ("_almoner_round_up", "round-up"), ("Engraving", "product")],
)
def test_a_theme_marks_what_is_given(name, kind):
    marked = line(1, price="5.00", properties=[{"name": name, "value": "for Bob"}])
    assert body(marked).lines[0].kind == kind


def test_shipping_is_what_was_paid_for_it_after_its_discounts_and_without_tax():
    ways = [
        {
            "price": "9.00",
            "discounted_price": "9.00",
            "discount_allocations": [{"amount": "4.00"}],
            "tax_lines": [{"price": "0.40"}],
        },
        {"price": "3.00", "discounted_price": "2.00"},
    ]
    sold = body(shipping_lines=ways)
    assert (sold.shipping, sold.shipping_tax) == (700, 40)
    included = body(shipping_lines=ways, taxes_included=True)
    assert (included.shipping, included.shipping_tax) == (660, 40)


def test_of_an_address_only_the_codes_are_told():
    assert body(shipping_address=ADDRESS).place == "US-KY"
    assert body(shipping_address=None, billing_address=ADDRESS).place == "US-KY"
    assert body(shipping_address={"country_code": "FR", "province_code": None}).place == "FR"
    assert body(shipping_address={"country_code": "Kentucky"}).place == ""


def test_a_reader_is_a_pseudonym_that_only_this_installation_can_make():
    bought = order(1, customer={"id": 207119551, "email": "bob@example.com"})

    def reader(key, shop="demo"):
        return read(bought, shop=shop, key=key)[0].body.reader

    assert reader(b"") == ""
    assert len(reader(b"one")) == 32
    assert reader(b"one") == reader(b"one")
    assert len({reader(b"one"), reader(b"two"), reader(b"one", "other")}) == 3


def test_a_buyer_who_moves_makes_no_other_order(shop):
    shop.deliver(order(1, shipping_address=ADDRESS))
    moved = order(1, shipping_address={**ADDRESS, "province_code": "TN"})
    assert shop.deliver(moved)[0].status == "duplicate"


def test_twin_lines_and_a_price_below_zero_are_refused():
    assert refusal(line(1), line(1)) == ("repeated-line", "line_items")
    assert refusal(line(1, price="-5.00")) == ("invalid-amount", "line_items[0].price")
    negative = [{"amount": "-5.00"}]
    assert refusal(line(1, discount_allocations=negative))[0] == "invalid-amount"


def test_shipping_given_back_is_told_apart_by_either_way_of_writing_it():
    money = {"shop_money": {"amount": "4.00", "currency_code": "USD"}}
    for told in (
        {"refund_shipping_lines": [{"id": 5, "subtotal_amount_set": money}]},
        {"order_adjustments": [{"kind": "shipping_refund", "amount": "-4.00"}]},
    ):
        (event,) = read(refund(9, 1, [refunded()], **told), "refunds/create")
        assert (event.body.shipping, event.body.revenue) == (400, 0)
        assert event.body.lines[0].revenue == 1000


def test_goodwill_in_the_buyers_currency_only_is_refused_not_dropped():
    told = [{"kind": "refund", "status": "success", "amount": "9.00", "currency": "EUR"}]
    with pytest.raises(Problem) as caught:
        read(refund(9, 1, transactions=told), "refunds/create")
    assert (caught.value.code, caught.value.field) == ("foreign-refund", "transactions[0].currency")
    assert refusal(refunds=[refund(9, 1, transactions=told)])[0] == "foreign-refund"


def test_a_refund_that_names_no_currency_at_all_is_refused():
    nameless = refund(9, 1, [refunded()])
    del nameless["total_duties_set"]
    with pytest.raises(Problem) as caught:
        read(nameless, "refunds/create")
    assert (caught.value.code, caught.value.field) == ("unknown-currency", "transactions")


def test_a_cancelled_order_gives_back_its_lines_and_its_shipping():
    cancelled = order(1, cancelled_at="2026-05-03T10:00:00Z", shipping_lines=[{"price": "5.00"}])
    _, event = read(cancelled, "orders/cancelled")
    assert event.ref == "cancellation/1"
    assert (event.body.lines[0].revenue, event.body.shipping) == (1000, 500)


def test_an_update_tells_refunds_and_cancellations_under_the_ids_they_have_elsewhere(shop):
    shop.deliver(order(1, [line(1, 2)]))
    shop.deliver(goodwill(9, 1, "5.00"), "refunds/create")
    updated = order(1, [line(1, 2)], refunds=[goodwill(9, 1, "5.00"), goodwill(10, 1, "5.00")])
    statuses = [each.status for each in shop.deliver(updated, "orders/updated")]
    assert statuses == ["duplicate", "duplicate", "taken off"]
    assert shop.given() == (50, 4, 1)


def test_what_an_edit_removes_comes_as_a_refund_and_is_taken_off(shop):
    shop.deliver(order(1, [line(1, 2), line(2, 1)]))
    removed = refund(9, 1, [refunded(2, 1, "10.00")])
    edited = order(1, [line(1, 2), line(2, 1, current_quantity=0)], refunds=[removed])
    shop.deliver(edited, "orders/updated")
    assert shop.given() == (100, 4, 1)


def test_an_update_of_what_is_not_paid_says_nothing():
    assert read(order(1, financial_status="pending"), "orders/updated") == []


def test_a_rejected_delivery_can_be_kept_without_anything_personal():
    raw = encoded(
        order(
            1,
            [line(1, properties=[{"name": "_almoner_gift", "value": "for Bob"}])],
            email="bob@example.com",
            shipping_address=ADDRESS,
            customer={"id": 207119551, "email": "bob@example.com", "first_name": "Bob"},
            refunds=[goodwill(9, 1, "5.00", note="Bob was cross")],
        )
    )
    kept = shopify.without_personal(raw)
    assert b"Bob" not in kept
    assert b"bob" not in kept
    assert b"40202" not in kept
    told = read(raw, key=b"k")
    assert read(kept, key=b"k") == told


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"Bob", b""),
        (b'"Bob"', b""),
        (b"{", b""),
        (b'{"id": 1, "line_items": "Bob", "customer": "Bob", "tags": {"a": "Bob"}}', b'{"id":1}'),
        (b'{"refunds": [{"id": 1.10, "note": "Bob"}]}', b'{"refunds":[{"id":1.10}]}'),
        (b'{"line_items": [["Bob"], "Bob", null]}', b'{"line_items":[null]}'),
        (b"[" * 100_000, b""),
    ],
)
def test_what_is_of_another_shape_is_not_kept_either(raw, kept):
    assert shopify.without_personal(raw) == kept


def test_keeping_leaves_every_number_as_it_was_written():
    raw = json.dumps({"id": 1, "line_items": []}).replace("1,", "1e0,").encode()
    assert b"1e0" in shopify.without_personal(raw)


def test_more_refunds_than_an_order_can_have_are_refused_before_the_ledger_meets_them():
    many = [refund(at + 1, 1) for at in range(1_001)]
    assert refusal(line(1), refunds=many) == ("invalid-field", "refunds")
