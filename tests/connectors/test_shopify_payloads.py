"""Every payload that Shopify's own libraries are tested with: counted, or refused with reason."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from almoner.connectors.shopify import TOPICS
from almoner.intake.problem import Problem
from tests.connectors.conftest import read

VECTORS = Path(__file__).parents[1] / "vectors"
PAYLOADS = sorted(VECTORS.glob("shopify-*/*.json"))

ORDER = ("order", "refund")
# file: what the inner body gives under its own topic, or the code of its refusal
EXPECTED = {
    "2026_07_abandoned_checkout_test_1": "not-an-order",
    "2026_07_draft_order_test_20": "not-an-order",
    "2026_07_gift_card_test_2": "not-an-order",
    "2026_07_order_test_1": ["order", "refund"],
    "2026_07_order_test_13": ["order", "refund", "refund"],  # cancelled
    "2026_07_order_test_18": ["unpaid_order"],
    "2026_07_order_test_19": ["order"],
    "2026_07_order_test_22": ["order"],
    "2026_07_order_test_24": ["order"],
    "2026_07_order_test_6": ["order"],
    "2026_07_order_test_8": ["order", "refund"],
    "2026_07_refund_test_1": ["refund"],
    "2026_07_refund_test_2": ["refund"],
    "2026_07_refund_test_5": "not-a-refund",  # a calculation: it has no id and no order
    "2026_07_transaction_test_1": "not-an-order",
    "draft_order_completed": "not-an-order",
    "gift_card": "not-an-order",
    "order": ["unpaid_order"],  # authorized, not captured
    "payouts_transactions": "not-an-order",
    "refund": ["refund"],
    "refund_calculate": "not-a-refund",
    "tender_transactions": "not-an-order",
}


def inner(path: Path) -> Iterator[tuple[str, Any]]:
    """The bodies a webhook would have, with the topic they would come under."""
    for name, value in json.loads(path.read_bytes()).items():
        topic = "refunds/create" if name.startswith("refund") else "orders/paid"
        for body in value if isinstance(value, list) else [value]:
            if isinstance(body, dict):
                yield topic, body


def sums(event):
    """Of an order: pieces, revenue, discounts, tax, shipping, place; of a refund what came back."""
    lines, body = event.body.lines, event.body
    if event.kind == "refund":
        return (
            event.ref,
            sum(each.quantity for each in lines),
            sum(each.revenue for each in lines),
            body.revenue,
            body.shipping,
        )
    told = (sum(getattr(each, name) for each in lines) for name in ("revenue", "discount", "tax"))
    return (sum(each.quantity for each in lines), *told, body.shipping, body.place)


# What the vendor's own figures come to: prices of 199.00, ten dollars off three of them, …
IPODS = (3, 58700, 1000, 1194, 0, "US-KY")
IPOD = (1, 19900, 0, 0, 0, "")
TWO_BACK = ("refund/509562969", 2, 39133, 0, 0)
SUMS = {
    "2026_07_order_test_1": [IPODS, TWO_BACK],
    "2026_07_order_test_13": [IPODS, TWO_BACK, ("cancellation/450789469", 3, 58700, 0, 0)],
    "2026_07_order_test_18": [IPOD],
    "2026_07_order_test_19": [IPOD],
    "2026_07_order_test_22": [IPOD],
    "2026_07_order_test_24": [(4, 25592, 0, 1445, 0, "")],
    "2026_07_order_test_6": [IPOD],
    "2026_07_order_test_8": [IPODS, TWO_BACK],
    "2026_07_refund_test_1": [TWO_BACK],
    "2026_07_refund_test_2": [("refund/929361472", 1, 0, 4194, 0)],
    "order": [(3, 59700, 0, 0, 0, "US-KY")],
    "refund": [("refund/509562969", 2, 39800, 0, 0)],
}


@pytest.mark.parametrize("name", SUMS)
def test_a_payload_that_is_counted_tells_exactly_what_it_says(name):
    (path,) = [each for each in PAYLOADS if each.stem == name]
    for topic, body in inner(path):
        assert [sums(event) for event in read(body, topic)] == SUMS[name]


def test_every_payload_has_its_expectation():
    assert set(SUMS) == {name for name, told in EXPECTED.items() if not isinstance(told, str)}

    assert {path.stem for path in PAYLOADS} == set(EXPECTED)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_the_body_is_counted_or_refused_for_what_it_is(path):
    expected = EXPECTED[path.stem]
    for topic, body in inner(path):
        if isinstance(expected, str):
            with pytest.raises(Problem) as caught:
                read(body, topic)
            assert (caught.value.status, caught.value.code) == (422, expected)
            assert caught.value.detail.endswith(".")
        else:
            events = read(body, topic)
            assert [event.kind for event in events] == expected


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_whole_rest_answer_is_refused_and_says_what_to_send(path):
    for topic in TOPICS:
        with pytest.raises(Problem) as caught:
            read(path.read_bytes(), topic)
        assert caught.value.status == 422
        assert caught.value.code in ("wrapped-body", "not-an-order", "not-a-refund")


def test_a_known_order_gives_exactly_what_it_should(shop):
    ((topic, body),) = inner(VECTORS / "shopify-api-ruby" / "2026_07_order_test_8.json")

    shop.deliver(body, topic)

    # Three iPods at 199.00, ten dollars off them together; two came back for 195.66 + 195.67.
    assert shop.given() == (5 * 19567 // 100, 2, 1)


def test_the_order_and_its_refunds_webhook_take_off_once(shop):
    ((_, order),) = inner(VECTORS / "shopify-api-ruby" / "2026_07_order_test_8.json")
    ((_, refund),) = inner(VECTORS / "shopify-api-ruby" / "2026_07_refund_test_1.json")

    shop.deliver(refund, "refunds/create")
    assert [each.status for each in shop.deliver(order)] == ["pledged", "conflict"]

    assert shop.given() == (978, 2, 1)


_PERSONAL = re.compile(
    "name|address|email|phone|ip|token|note|landing|customer|agent|site|latitude|longitude|zip|"
    "city|company|locale|url|session|receipt|authorization|reference|source_identifier|"
    "properties|number|graphql|code|message|fingerprint|checkout_id|user_id|device_id"
)
# What these fields hold that is no person's and stands in the ledger for reasons of its own.
_INNOCENT = {"USD", "CAD", "true", "false", "order", "refund", "shopify", "web", "meal", "None"}


def strings(value: Any, personal: bool = False) -> Iterator[str]:
    """Every text that stands in or under a field that may tell of a person."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from strings(inside, personal or bool(_PERSONAL.search(name)))
    elif isinstance(value, list):
        for inside in value:
            yield from strings(inside, personal)
    elif personal and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def kept(ledger: Any) -> str:
    """Every cell of every table as text."""
    db = ledger.db
    query = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        if db.postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    cells: list[str] = []
    for (table,) in db.rows(query):
        for row in db.rows(f"SELECT * FROM {table}"):
            cells += [
                bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell)
                for cell in row
            ]
    return "\n".join(cells)


def needed(body: Any) -> set[str]:
    """What a campaign can need: the numbers and stock keeping units that are kept on purpose."""
    found = set()
    lines = [*body.get("line_items", []), *body.get("refund_line_items", [])]
    for each in body.get("refunds", []):
        lines += each["refund_line_items"]
    for line in lines:
        found |= {str(line.get(key)) for key in ("id", "line_item_id", "product_id", "sku")}
    return found | {str(body["id"]), str(body.get("order_id"))}


def test_of_no_payload_anything_personal_is_kept(shop):
    taken = 0
    for path in PAYLOADS:
        for topic, body in inner(path):
            try:
                shop.deliver(body, topic)
            except Problem:
                continue
            taken += 1
            text = kept(shop.ledger)
            told = {each for each in strings(body) if len(each) > 3} - needed(body) - _INNOCENT
            assert len(told) > 3, path.name
            found = {each for each in told if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text)}
            assert not found, f"{path.name}: {found}"
    assert taken >= 12


def test_a_refusal_repeats_nothing_of_the_body(shop):
    body = next(inner(VECTORS / "shopify-api-ruby" / "2026_07_order_test_8.json"))[1]
    broken = {**body, "line_items": [{**body["line_items"][0], "quantity": "many"}]}

    with pytest.raises(Problem) as caught:
        shop.deliver(broken)

    answer = caught.value.body().decode()
    assert caught.value.field == "line_items[0].quantity"
    assert not [each for each in strings(body) if len(each) > 5 and each in answer]
