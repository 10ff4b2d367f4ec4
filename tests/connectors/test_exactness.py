"""Whoever sells, in whichever currency: money is exact, and nothing falls below nothing."""

import json

from hypothesis import given
from hypothesis import strategies as st

from almoner.campaigns.refunds import net
from almoner.connectors import stripe, woocommerce
from almoner.units import currency, decimal
from tests.connectors.conftest import NOW, read
from tests.shop import line, order, refund

CODES = st.sampled_from(["USD", "JPY", "KWD"])
MINOR = st.integers(0, 10**9)
SENT = int(NOW.timestamp())


def written(minor, code):
    return decimal(minor, currency(code).scale)


def money(minor, code):
    return {"shop_money": {"amount": written(minor, code), "currency_code": code}}


def left_of(events):
    sold, *back = events
    left = net(sold.body, [each.body for each in back])
    for one, before in zip(left.lines, sold.body.lines, strict=True):
        assert 0 <= one.revenue <= before.revenue
        assert 0 <= one.quantity <= before.quantity
    assert 0 <= left.shipping <= sold.body.shipping
    assert 0 <= left.returned <= sum(each.revenue for each in left.lines)
    return left


@st.composite
def shopify_orders(draw):
    code, included = draw(CODES), draw(st.booleans())
    lines, refunds, expected = [], [], []
    for at in range(draw(st.integers(1, 3))):
        pieces, price = draw(st.integers(1, 9)), draw(MINOR)
        off = draw(st.integers(0, pieces * price))
        tax = draw(st.integers(0, (pieces * price - off) if included else 10**6))
        revenue = pieces * price - off - (tax if included else 0)
        expected.append((pieces, revenue, off, tax))
        lines.append(
            line(
                at,
                pieces,
                written(price, code),
                discount_allocations=[{"amount": written(off, code)}],
                tax_lines=[{"price": written(tax, code)}],
            )
        )
        for again in range(draw(st.integers(0, 2))):
            back, its_tax = draw(MINOR), draw(st.integers(0, 10**6))
            refunds.append(
                refund(
                    10 * at + again,
                    1,
                    [
                        {
                            "line_item_id": at,
                            "quantity": draw(st.integers(0, 9)),
                            "subtotal_set": money(back, code),
                            "total_tax_set": money(its_tax, code),
                        }
                    ],
                    order_adjustments=[
                        {
                            "kind": draw(
                                st.sampled_from(["refund_discrepancy", "shipping_refund"])
                            ),
                            "amount": "0",
                            "amount_set": money(0, code)
                            if draw(st.booleans())
                            else {
                                "shop_money": {
                                    "amount": "-" + written(draw(MINOR), code),
                                    "currency_code": code,
                                }
                            },
                        }
                    ],
                )
            )
    body = order(
        1,
        lines,
        currency=code,
        taxes_included=included,
        refunds=refunds,
        shipping_lines=[{"price": written(draw(MINOR), code)}],
    )
    return body, expected


@given(shopify_orders())
def test_shopify(made):
    body, expected = made
    events = read(body)
    told = [(x.quantity, x.revenue, x.discount, x.tax) for x in events[0].body.lines]
    assert told == expected
    left_of(events)
    gone = read({**body, "cancelled_at": "2026-05-03T10:00:00Z"})
    left = left_of(gone)
    assert sum(each.revenue + each.quantity for each in left.lines) + left.shipping == 0


@given(
    CODES,
    st.lists(st.tuples(st.integers(1, 9), MINOR, st.integers(0, 10**6)), min_size=1, max_size=3),
    st.lists(MINOR, max_size=4),
)
def test_woocommerce(code, lines, refunds):
    body = {
        "id": 1,
        "status": "processing",
        "currency": code,
        "date_created_gmt": "2026-05-01T10:00:00",
        "date_paid_gmt": "2026-05-01T10:00:05",
        "line_items": [
            {
                "id": at,
                "quantity": pieces,
                "total": written(total, code),
                "total_tax": written(tax, code),
            }
            for at, (pieces, total, tax) in enumerate(lines)
        ],
        "refunds": [
            {"id": at, "total": "-" + written(each, code)} for at, each in enumerate(refunds)
        ],
    }

    def told(**changed):
        raw = json.dumps({**body, **changed}).encode()
        return woocommerce.read({"x-wc-webhook-topic": "order.updated"}, raw, "shop", NOW)

    events = told()
    assert [each.revenue for each in events[0].body.lines] == [total for _, total, _ in lines]
    goods, tax = sum(each[1] for each in lines), sum(each[2] for each in lines)
    for event, back in zip(events[1:], refunds, strict=True):
        assert event.body.revenue <= back
        assert event.body.revenue * (goods + tax) <= back * goods
    left_of(events)
    left = left_of(told(status="refunded"))
    assert sum(each.revenue + each.quantity for each in left.lines) == 0


@given(CODES, MINOR, st.integers(0, 10**6), st.integers(0, 10**6), st.lists(MINOR, max_size=4))
def test_stripe(code, goods, tax, shipping, refunds):
    def told(type, object):
        event = {"type": type, "created": SENT, "data": {"object": object}}
        return stripe.read({}, json.dumps(event).encode(), "shop", NOW)

    events = told(
        "checkout.session.completed",
        {
            "id": "cs_1",
            "payment_intent": "pi_1",
            "payment_status": "paid",
            "currency": code.lower(),
            "amount_total": goods + tax + shipping,
            "total_details": {"amount_tax": tax, "amount_shipping": shipping},
        },
    )
    (sold,) = events[0].body.lines
    assert (sold.revenue, sold.tax, events[0].body.shipping) == (goods, tax, shipping)
    for at, back in enumerate(refunds):
        object = {"id": f"re_{at}", "amount": back, "currency": code.lower(), "created": SENT}
        events += told(
            "refund.created", {**object, "payment_intent": "pi_1", "status": "succeeded"}
        )
    left = left_of(events)
    assert left.lines[0].revenue - left.returned == max(0, goods - sum(refunds))
