"""Only a shop's own, fresh signature opens the door."""

from base64 import b64encode
from datetime import timedelta

import pytest

from almoner.connectors.shopify import sign, verify
from almoner.intake.problem import Problem
from tests.connectors.conftest import NOW, read
from tests.shop import encoded, order, refund

SHOPS = {"demo": "demo-shop-secret", "other": "other-shop-secret"}
BODY = encoded(order(1))
GOOD = sign(BODY, SHOPS["demo"])


def verified(body=BODY, signature=GOOD, triggered_at="", shops=SHOPS):
    headers = {"x-shopify-hmac-sha256": signature, "x-shopify-triggered-at": triggered_at}
    return verify(headers, body, shops, NOW)


def refused(**changes):
    with pytest.raises(Problem) as caught:
        verified(**changes)
    assert caught.value.detail
    return caught.value.status, caught.value.code


def test_a_shop_is_known_by_its_secret_and_by_nothing_else():
    assert verified() == "demo"
    assert verified(signature=sign(BODY, SHOPS["other"])) == "other"


def test_the_known_vector_of_the_vendors_documentation_verifies():
    # RFC 4231, test case 2: HMAC-SHA-256 under "Jefe".
    signature = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
    assert sign(b"what do ya want for nothing?", "Jefe") == signature


@pytest.mark.parametrize(
    "signature",
    [
        sign(BODY, "another-secret"),
        sign(BODY + b" ", SHOPS["demo"]),
        GOOD[:-1],
        GOOD.lower(),
        GOOD.rstrip("="),
        b64encode(GOOD.encode()).decode(),
        "é" * 44,
        "sha256=" + GOOD,
    ],
    ids=["forged", "body", "cut", "case", "unpadded", "twice", "not-ascii", "prefix"],
)
def test_any_other_signature_is_refused(signature):
    assert refused(signature=signature) == (401, "bad-signature")


def test_a_signature_in_hexadecimal_is_refused():
    import hmac

    digest = hmac.new(SHOPS["demo"].encode(), BODY, "sha256").hexdigest()
    assert refused(signature=digest) == (401, "bad-signature")


def test_no_signature_is_told_apart_from_a_bad_one():
    assert refused(signature="") == (401, "no-signature")


def test_without_any_shop_nothing_verifies():
    assert refused(shops={}) == (401, "bad-signature")


def test_a_delivery_of_two_days_is_late_and_of_four_is_stale():
    late = (NOW - timedelta(days=2)).isoformat()
    assert verified(triggered_at=late) == "demo"
    stale = (NOW - timedelta(days=4)).isoformat()
    assert refused(triggered_at=stale) == (401, "stale-delivery")


@pytest.mark.parametrize("time", ["yesterday", "2026-06-01T10:00:00", "0"])
def test_a_time_that_is_no_instant_is_refused(time):
    assert refused(triggered_at=time) == (400, "bad-triggered-at")


def test_shopifys_own_way_of_writing_the_time_is_read():
    assert verified(triggered_at="2026-05-31T23:59:59.123456789Z") == "demo"


def test_an_order_replayed_under_another_topic_moves_nothing(shop):
    pending = order(1, financial_status="pending")
    assert shop.deliver(pending, "orders/create")[0].status == "waiting for payment"

    assert shop.deliver(pending, "orders/paid")[0].status == "duplicate"

    with pytest.raises(Problem) as caught:
        shop.deliver(pending, "refunds/create")
    assert caught.value.code == "not-a-refund"
    assert shop.given() == (0, 0, 0)


def test_a_refund_replayed_as_an_order_is_refused(shop):
    with pytest.raises(Problem) as caught:
        shop.deliver(refund(9, 1), "orders/paid")
    assert caught.value.code == "not-an-order"


@pytest.mark.parametrize("topic", ["", "orders/edited", "ORDERS/PAID", "x" * 4000])
def test_another_topic_is_named_in_the_refusal(topic):
    with pytest.raises(Problem) as caught:
        read(BODY, topic)
    assert (caught.value.status, caught.value.code) == (422, "unknown-topic")
    assert "orders/paid" in caught.value.detail
    assert len(caught.value.detail) < 300


def test_two_shops_may_have_orders_of_one_number(shop):
    shop.deliver(order(1), shop="demo")
    assert shop.deliver(order(1), shop="other")[0].status == "pledged"
    assert shop.given() == (100, 4, 2)
