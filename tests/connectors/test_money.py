"""What an order or a refund moves, to the minor unit, in the shop's own currency."""

from decimal import Decimal

import pytest

from almoner.intake.problem import Problem
from tests.connectors.conftest import read
from tests.shop import encoded, goodwill, line, order, refund, refunded

JPY = {"revenue": {"unit": "JPY", "scale": 0}}
KWD = {"revenue": {"unit": "KWD", "scale": 3}}


def money(amount, shop_currency="USD", presented="0.00", presentment="EUR"):
    return {
        "shop_money": {"amount": amount, "currency_code": shop_currency},
        "presentment_money": {"amount": presented, "currency_code": presentment},
    }


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def test_discounts_are_off_and_shipping_and_tax_are_no_revenue(shop):
    bowls = line(
        1,
        3,
        "20.00",
        discount_allocations=[{"amount": "6.00"}, {"amount": "4.00"}],
        tax_lines=[{"price": "4.00"}],
    )
    shop.deliver(order(1, [bowls], shipping_lines=[{"price": "9.00"}], total_price="63.00"))
    assert shop.given() == (250, 6, 1)


def test_the_older_way_of_telling_a_discount_is_read(shop):
    bowls = line(1, 1, "20.00", total_discount="5.00")
    del bowls["discount_allocations"]
    shop.deliver(order(1, [bowls]))
    assert shop.given() == (75, 2, 1)


def test_tax_that_is_included_in_the_price_is_no_revenue(shop):
    bowls = line(1, 1, "121.00", tax_lines=[{"price": "21.00"}])
    shop.deliver(order(1, [bowls], taxes_included=True))
    assert shop.given() == (500, 2, 1)


def test_a_refund_of_a_price_with_tax_in_it_leaves_nothing_behind(shop):
    bowls = line(1, 1, "121.00", tax_lines=[{"price": "21.00"}])
    shop.deliver(order(1, [bowls], taxes_included=True))
    shop.deliver(refund(9, 1, [refunded(1, 1, "121.00", total_tax="21.00")]), "refunds/create")
    assert shop.given() == (0, 0, 0)


def test_a_discount_of_everything_still_counts_its_items(shop):
    free = line(1, 2, "10.00", discount_allocations=[{"amount": "20.00"}])
    shop.deliver(order(1, [free]))
    assert shop.given() == (0, 4, 1)


def test_yen_have_no_cents(open_at):
    shop = open_at(**JPY)
    shop.deliver(order(1, [line(1, 2, "1500")], currency="JPY"))
    shop.deliver(order(2, [line(1, 1, "1000.00")], currency="JPY"))
    assert shop.given()[0] == 200


def test_dinars_have_a_thousand_fils(open_at):
    shop = open_at(**KWD)
    shop.deliver(order(1, [line(1, 1, "10.500")], currency="KWD"))
    assert shop.given()[0] == 525


@pytest.mark.parametrize(("currency", "price"), [("JPY", "10.50"), ("USD", "10.005")])
def test_a_price_finer_than_its_currency_is_refused_not_rounded(currency, price):
    body = encoded(order(1, [line(1, 1, price)], currency=currency))
    with pytest.raises(Problem) as caught:
        read(body, "orders/paid")
    assert (caught.value.status, caught.value.code) == (422, "invalid-amount")
    assert caught.value.field == "line_items[0].price"


@pytest.mark.parametrize("currency", ["XXX", "usd", "", "BTC", "US"])
def test_an_unknown_currency_is_refused_by_name(currency):
    with pytest.raises(Problem) as caught:
        read(order(1, currency=currency))
    assert (caught.value.status, caught.value.code) == (422, "unknown-currency")
    assert caught.value.field == "currency"


def test_an_order_in_another_currency_gives_no_share_of_its_revenue(shop):
    shop.deliver(order(1, [line(1, 1, "10.00")], currency="EUR"))
    assert shop.given() == (0, 2, 1)


def test_what_the_buyer_paid_in_does_not_matter(shop):
    bowls = line(
        1,
        1,
        "100.00",
        price_set=money("100.00", presented="15000", presentment="JPY"),
        discount_allocations=[{"amount": "10.00", "amount_set": money("10.00", presented="1500")}],
    )
    shop.deliver(order(1, [bowls], presentment_currency="JPY"))
    assert shop.given() == (450, 2, 1)

    back = refunded(1, 1, "13500", subtotal_set=money("90.00", presented="13500"))
    paid_back = [{"kind": "refund", "status": "success", "amount": "13500", "currency": "JPY"}]
    shop.deliver(refund(9, 1, [back], transactions=paid_back), "refunds/create")
    assert shop.given() == (0, 0, 0)


def test_goodwill_in_the_buyers_currency_counts_in_the_shops(shop):
    shop.deliver(order(1, [line(1, 1, "100.00")], presentment_currency="JPY"))
    given_back = refund(
        9,
        1,
        order_adjustments=[
            {
                "kind": "refund_discrepancy",
                "amount": "-3000",
                "amount_set": money("-20.00", presented="-3000", presentment="JPY"),
            }
        ],
        transactions=[{"kind": "refund", "status": "success", "amount": "3000", "currency": "JPY"}],
    )
    shop.deliver(given_back, "refunds/create")
    assert shop.given() == (400, 2, 1)


@pytest.mark.parametrize(
    ("price", "cents"),
    [(10, 1000), (10.0, 1000), (19.99, 1999), (0.07, 7), ("1e1", 1000), (1e2, 10000)],
)
def test_numbers_that_are_no_strings_are_read_exactly(price, cents):
    events = read(order(1, [line(1, 1, price)]))
    assert events[0].body.lines[0].revenue == cents


@pytest.mark.parametrize(
    "price",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "1e999999999",
        "1E+999999999999",
        "1e-999999999",
        "1." + "0" * 60 + "1",
        "9" * 40,
    ],
)
@pytest.mark.parametrize("field", ["price", "total_tax"])
def test_a_number_without_end_is_refused_at_once(price, field):
    if field == "price":
        body, topic = order(1, [line(1, 3, price)]), "orders/paid"
    else:
        body, topic = refund(9, 1, [refunded(1, 1, total_tax=price)]), "refunds/create"
    with pytest.raises(Problem) as caught:
        read(body, topic)
    assert (caught.value.status, caught.value.code) == (422, "invalid-amount")


@pytest.mark.parametrize(
    "created_at", ["2026-05-01T10:00:00", "0001-01-01T00:00:00+14:00", "soon", None]
)
def test_an_order_without_a_time_that_can_be_placed_is_refused(created_at):
    with pytest.raises(Problem) as caught:
        read(order(1, created_at=created_at))
    assert caught.value.status == 422


def test_some_pieces_come_back(shop):
    shop.deliver(order(1, [line(1, 4, "10.00"), line(2, 1, "20.00")]))
    assert shop.given() == (300, 10, 1)
    shop.deliver(refund(9, 1, [refunded(1, 1, "10.00")]), "refunds/create")
    assert shop.given() == (250, 8, 1)


def test_money_of_a_line_comes_back_but_no_piece(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    shop.deliver(refund(9, 1, [refunded(1, 0, "4.00")]), "refunds/create")
    assert shop.given() == (80, 4, 1)


def test_goodwill_takes_off_money_only(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    shop.deliver(goodwill(9, 1, "5.00"), "refunds/create")
    assert shop.given() == (75, 4, 1)


def test_goodwill_told_by_its_transaction_alone_is_read(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    told = [
        {"kind": "refund", "status": "success", "amount": "3.00", "currency": "USD"},
        {"kind": "refund", "status": "pending", "amount": "2.00", "currency": "USD"},
        {"kind": "refund", "status": "failure", "amount": "9.00", "currency": "USD"},
        {"kind": "sale", "status": "success", "amount": "9.00", "currency": "USD"},
    ]
    shop.deliver(refund(9, 1, transactions=told), "refunds/create")
    assert shop.given() == (75, 4, 1)


def test_a_restocking_fee_stays_revenue(shop):
    shop.deliver(order(1, [line(1, 1, "10.00")]))
    kept_back = [{"kind": "refund_discrepancy", "amount": "2.00"}]
    shop.deliver(
        refund(9, 1, [refunded(1, 1, "10.00")], order_adjustments=kept_back), "refunds/create"
    )
    assert shop.given() == (10, 0, 0)


def test_shipping_given_back_changes_nothing(shop):
    shop.deliver(order(1, [line(1, 1, "10.00")]))
    shipping = [{"kind": "shipping_refund", "amount": "-9.00"}]
    paid_back = [{"kind": "refund", "status": "success", "amount": "9.00", "currency": "USD"}]
    outcome = shop.deliver(
        refund(9, 1, order_adjustments=shipping, transactions=paid_back), "refunds/create"
    )
    assert statuses(outcome) == ["nothing to take off"]
    assert shop.given() == (50, 2, 1)


@pytest.mark.parametrize("named", ["refund_shipping_lines", "duties", "additional_fees"])
def test_what_is_given_back_beside_the_goods_changes_nothing(shop, named):
    shop.deliver(order(1, [line(1, 1, "10.00")]))
    paid_back = [{"kind": "refund", "status": "success", "amount": "25.00", "currency": "USD"}]
    outcome = shop.deliver(
        refund(9, 1, transactions=paid_back, **{named: [{"id": 5}]}), "refunds/create"
    )
    assert statuses(outcome) == ["nothing to take off"]
    assert shop.given() == (50, 2, 1)


def test_goodwill_beside_shipping_takes_off_the_goodwill_only(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    shop.deliver(goodwill(9, 1, "5.00", refund_shipping_lines=[{"id": 5}]), "refunds/create")
    assert shop.given() == (75, 4, 1)


def test_an_adjustment_without_a_kind_is_goodwill(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    shop.deliver(refund(9, 1, order_adjustments=[{"amount": "-5.00"}]), "refunds/create")
    assert shop.given() == (75, 4, 1)


@pytest.mark.parametrize("id", [-1, 2**63, 10**250])
def test_a_number_that_is_none_of_shopifys_is_refused(shop, id):
    with pytest.raises(Problem) as caught:
        shop.deliver(order(id))
    assert (caught.value.status, caught.value.field) == (422, "id")


def test_a_refund_that_overtakes_its_order_waits_for_it(shop):
    early = shop.deliver(refund(9, 1, [refunded(1, 1, "10.00")]), "refunds/create")
    assert statuses(early) == ["waiting for its order"]
    shop.deliver(order(1, [line(1, 3, "10.00")]))
    assert shop.given() == (100, 4, 1)


def test_several_refunds_add_up_and_never_below_nothing(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    for number in range(3):
        shop.deliver(refund(number, 1, [refunded(1, 1, "10.00")]), "refunds/create")
    shop.deliver(goodwill(8, 1, "1000.00"), "refunds/create")
    assert shop.given() == (0, 0, 0)


def test_a_refund_of_a_line_nobody_bought_takes_nothing_off(shop):
    shop.deliver(order(1, [line(1, 2, "10.00")]))
    shop.deliver(refund(9, 1, [refunded(404, 1, "10.00")]), "refunds/create")
    assert shop.given() == (100, 4, 1)


def test_a_cancelled_order_gives_nothing(shop):
    shop.deliver(order(1, cancelled_at="2026-05-01T11:00:00-04:00"))
    assert shop.given() == (0, 0, 0)


def test_an_order_counts_when_it_is_paid_and_once(shop):
    pending = order(1, financial_status="pending")
    assert statuses(shop.deliver(pending, "orders/create")) == ["waiting for payment"]
    assert shop.given() == (0, 0, 0)
    assert statuses(shop.deliver(order(1), "orders/paid")) == ["pledged"]
    assert statuses(shop.deliver(order(1), "orders/paid")) == ["duplicate"]
    assert shop.given() == (50, 2, 1)


def test_a_creation_that_comes_after_the_payment_changes_nothing(shop):
    shop.deliver(order(1), "orders/paid")
    for late in (order(1), order(1, financial_status="pending")):
        assert statuses(shop.deliver(late, "orders/create")) == ["duplicate"]
    assert shop.given() == (50, 2, 1)


@pytest.mark.parametrize("status", ["pending", "authorized", "partially_paid", "voided", "expired"])
def test_an_order_in_any_other_state_is_not_paid(shop, status):
    shop.deliver(order(1, financial_status=status), "orders/paid")
    assert shop.given() == (0, 0, 0)


def test_a_test_order_is_kept_and_never_counts(shop):
    assert statuses(shop.deliver(order(1, test=True))) == ["test"]
    shop.deliver(refund(9, 1, [refunded(1, 1, "10.00")]), "refunds/create")
    assert shop.given() == (0, 0, 0)


def test_an_order_edited_before_it_is_paid_counts_as_it_was_paid(shop):
    shop.deliver(order(1, [line(1, 1, "10.00")], financial_status="pending"), "orders/create")
    shop.deliver(order(1, [line(1, 3, "10.00")], financial_status="pending"), "orders/create")
    shop.deliver(order(1, [line(1, 5, "10.00")]), "orders/paid")
    assert shop.given() == (250, 10, 1)


def test_an_order_edited_after_it_was_paid_is_a_conflict_and_changes_nothing(shop):
    shop.deliver(order(1, [line(1, 1, "10.00")]))
    assert statuses(shop.deliver(order(1, [line(1, 9, "10.00")]))) == ["conflict"]
    assert shop.given() == (50, 2, 1)


def test_a_tag_added_later_makes_no_other_order(shop):
    shop.deliver(order(1, tags="winter"))
    assert statuses(shop.deliver(order(1, tags="winter, packed"))) == ["duplicate"]


def test_a_tag_that_names_a_person_is_not_kept(shop):
    tags = "winter, bob@example.com, +1 502 459 2181, vip"
    (event,) = read(order(1, tags=tags))
    assert event.body.tags == ("winter", "vip")


def test_a_thousand_orders_at_a_third_of_a_meal_give_333(open_at):
    shop = open_at(items={"rate": "1/3"})
    for number in range(1000):
        shop.deliver(order(number))
    assert shop.given()[1] == 333


def test_the_discount_of_an_amount_is_exact_where_floats_are_not():
    bowls = line(1, 3, 0.1, discount_allocations=[{"amount": 0.3}])
    (event,) = read(order(1, [bowls]))
    assert event.body.lines[0].revenue == 0
    assert Decimal("0.1") * 3 == Decimal("0.3")
