"""Every field that cannot be used is named, with a status and a code that stay."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from almoner.intake.api import parse
from almoner.intake.keys import MAX_NAME
from almoner.intake.problem import Problem
from almoner.ledger.event import MAX_ID

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LINE = {"id": "1", "quantity": 2, "revenue": "19.98"}
ORDER = {"kind": "order", "id": "o-1", "currency": "USD", "lines": [LINE]}
REFUND = {"kind": "refund", "id": "r-1", "order": "o-1", "currency": "USD"}
ACTION = {"kind": "action", "id": "a-1", "action": "sign-up"}
MANUAL = {"kind": "manual", "id": "m-1", "campaign": "rescue-road", "quantity": 12}


def read(event, default_id=""):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return parse(body, "till", default_id, NOW)


def refusal(event):
    with pytest.raises(Problem) as caught:
        read(event)
    problem = caught.value
    assert problem.detail.endswith(".")
    return problem.status, problem.code, problem.field


def test_good_events_are_read():
    order = read({**ORDER, "tags": ["winter"], "occurred_at": "2026-05-01T12:00:00+02:00"})
    assert (order.source, order.ref, order.kind) == ("api:till", "o-1", "order")
    assert order.body.lines[0].revenue == 1998
    assert order.occurred_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert read({**ORDER, "test": True}).kind == "test_order"
    assert read({**ORDER, "source": "kiosk"}).source == "api:till/kiosk"
    assert read(REFUND).body.order == "o-1"
    assert read(MANUAL).body.quantity == 12


def test_an_order_may_tell_kinds_discounts_tax_shipping_place_and_reader():
    line = {**LINE, "kind": "round-up", "collections": ["toys"], "discount": "1", "tax": "0.5"}
    told = {"shipping": "4.90", "shipping_tax": "0.39", "place": "US-AL", "reader": "customer 5"}
    order = read({**ORDER, "lines": [line], **told}).body
    (sold,) = order.lines
    assert (sold.kind, sold.collections) == ("round-up", ("toys",))
    assert (sold.revenue, sold.discount, sold.tax) == (1998, 100, 50)
    assert (order.shipping, order.shipping_tax, order.place) == (490, 39, "US-AL")
    assert read({**REFUND, "shipping": "4.90"}).body.shipping == 490


def test_a_reader_is_kept_as_a_hash_within_its_source():
    def reader(**more):
        return read({**ORDER, "reader": "customer 5", **more}).body.reader

    assert re.fullmatch("[0-9a-f]{32}", reader())
    assert reader() == reader(id="o-2")
    assert len({reader(), reader(source="kiosk"), reader(reader="customer 6")}) == 3
    assert read(ORDER).body.reader == ""


def test_an_action_is_what_a_reader_did_without_paying():
    event = read({**ACTION, "tags": ["story-5"], "place": "GB-SCT", "reader": "customer 5"})
    assert (event.kind, event.ref) == ("action", "a-1")
    assert (event.body.kind, event.body.quantity, event.body.tags) == ("sign-up", 1, ("story-5",))
    bought = read({**ORDER, "reader": "customer 5"})
    assert event.body.reader == bought.body.reader != ""


LINES = "lines[0]"
BAD = {
    "no kind": ({"id": "1"}, "invalid-field", "kind"),
    "another kind": ({**ORDER, "kind": "gift"}, "invalid-field", "kind"),
    "a field nobody knows": ({**ORDER, "email": "a@b.example"}, "invalid-field", ""),
    "no currency": ({"kind": "order", "id": "1", "lines": [LINE]}, "invalid-field", "currency"),
    "lower-case currency": ({**ORDER, "currency": "usd"}, "unknown-currency", "currency"),
    "no such currency": ({**ORDER, "currency": "XXX"}, "unknown-currency", "currency"),
    "no lines": ({**ORDER, "lines": []}, "invalid-field", "lines"),
    "too many lines": (
        {**ORDER, "lines": [{"id": str(n)} for n in range(1001)]},
        "invalid-field",
        "lines",
    ),
    "two lines of one id": ({**ORDER, "lines": [LINE, LINE]}, "repeated-line", "lines"),
    "a line without id": ({**ORDER, "lines": [{}]}, "invalid-field", f"{LINES}.id"),
    "a colour": ({**ORDER, "lines": [{**LINE, "colour": "red"}]}, "invalid-field", LINES),
    "less than none": (
        {**ORDER, "lines": [{**LINE, "quantity": -1}]},
        "invalid-field",
        f"{LINES}.quantity",
    ),
    "half a piece": (
        {**ORDER, "lines": [{**LINE, "quantity": 1.5}]},
        "invalid-field",
        f"{LINES}.quantity",
    ),
    "ten million pieces": (
        {**ORDER, "lines": [{**LINE, "quantity": 10_000_000}]},
        "invalid-field",
        f"{LINES}.quantity",
    ),
    "money as a number": (
        {**ORDER, "lines": [{**LINE, "revenue": 19.98}]},
        "invalid-field",
        f"{LINES}.revenue",
    ),
    "money below zero": (
        {**ORDER, "lines": [{**LINE, "revenue": "-1"}]},
        "invalid-amount",
        f"{LINES}.revenue",
    ),
    "a tenth of a cent": (
        {**ORDER, "lines": [{**LINE, "revenue": "1.001"}]},
        "invalid-amount",
        f"{LINES}.revenue",
    ),
    "an exponent": (
        {**ORDER, "lines": [{**LINE, "revenue": "1e5"}]},
        "invalid-amount",
        f"{LINES}.revenue",
    ),
    "a comma": (
        {**ORDER, "lines": [{**LINE, "revenue": "1,000"}]},
        "invalid-amount",
        f"{LINES}.revenue",
    ),
    "more than all money": (
        {**ORDER, "lines": [{**LINE, "revenue": "9" * 19}]},
        "invalid-amount",
        f"{LINES}.revenue",
    ),
    "an empty id": ({**ORDER, "id": ""}, "invalid-field", "id"),
    "a long id": ({**ORDER, "id": "x" * 201}, "invalid-field", "id"),
    "a number as id": ({**ORDER, "id": 5}, "invalid-field", "id"),
    "two lines as id": ({**ORDER, "id": "a\nb"}, "invalid-field", "id"),
    "a line break after the id": ({**ORDER, "id": "a\n"}, "invalid-field", "id"),
    "no id": ({k: v for k, v in ORDER.items() if k != "id"}, "no-id", "id"),
    "a null character": ({**ORDER, "tags": ["a\0b"]}, "invalid-field", ""),
    "a long source": ({**ORDER, "source": "s" * 96}, "invalid-field", "source"),
    "two lines as source": ({**ORDER, "source": "a\nb"}, "invalid-field", "source"),
    "a time without a zone": (
        {**ORDER, "occurred_at": "2026-05-01T12:00:00"},
        "invalid-field",
        "occurred_at",
    ),
    "a time in words": ({**ORDER, "occurred_at": "today"}, "invalid-field", "occurred_at"),
    "a time before time": (
        {**ORDER, "occurred_at": "0001-01-01T00:00:00+14:00"},
        "invalid-field",
        "occurred_at",
    ),
    "a time to come": (
        {**ORDER, "occurred_at": (NOW + timedelta(days=2)).isoformat()},
        "in-the-future",
        "occurred_at",
    ),
    "a long tag": ({**ORDER, "tags": ["x" * 256]}, "invalid-field", "tags[0]"),
    "tags as text": ({**ORDER, "tags": "winter"}, "invalid-field", "tags"),
    "test as text": ({**ORDER, "test": "yes"}, "invalid-field", "test"),
    "nothing by hand": ({**MANUAL, "quantity": 0}, "invalid-field", "quantity"),
    "no campaign": ({"kind": "manual", "id": "1", "quantity": 1}, "invalid-field", "campaign"),
    "a refund of nothing": (
        {"kind": "refund", "id": "1", "currency": "USD"},
        "invalid-field",
        "order",
    ),
    "another kind of line": (
        {**ORDER, "lines": [{**LINE, "kind": "shipping"}]},
        "invalid-field",
        f"{LINES}.kind",
    ),
    "a discount below zero": (
        {**ORDER, "lines": [{**LINE, "discount": "-1"}]},
        "invalid-amount",
        f"{LINES}.discount",
    ),
    "an e-mail as collection": (
        {**ORDER, "lines": [{**LINE, "collections": ["for a@b.example"]}]},
        "personal-data",
        f"{LINES}.collections",
    ),
    "an e-mail as tag": ({**ORDER, "tags": ["a@b.example"]}, "personal-data", "tags"),
    "an e-mail as reader": ({**ORDER, "reader": "a@b.example"}, "personal-data", "reader"),
    "a country's name": ({**ORDER, "place": "Kentucky"}, "invalid-field", "place"),
    "a place in two lines": ({**ORDER, "place": "US\n"}, "invalid-field", "place"),
    "a tenth of a cent of shipping": ({**ORDER, "shipping": "1.001"}, "invalid-amount", "shipping"),
    "shipping back below zero": ({**REFUND, "shipping": "-1"}, "invalid-amount", "shipping"),
    "another action": ({**ACTION, "action": "click"}, "invalid-field", "action"),
    "no action": ({"kind": "action", "id": "1"}, "invalid-field", "action"),
    "an action that did not happen": ({**ACTION, "quantity": 0}, "invalid-field", "quantity"),
    "an action of a story with a name of its own": (
        {**ACTION, "story": "The Long Drive"},
        "invalid-field",
        "story",
    ),
    "an action with a root": ({**ACTION, "root": "ab" * 32}, "invalid-field", ""),
    "an action that leaves one out": ({**ACTION, "without": ["bowls"]}, "invalid-field", ""),
    "an action of somebody": ({**ACTION, "reader": "a@b.example"}, "personal-data", "reader"),
    "a list": ([], "invalid-field", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_field_that_cannot_be_used_is_named(name):
    event, code, field = BAD[name]
    assert refusal(event) == (422, code, field)


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b"\xff\xfe", b'{"id":"\\ud800"}'])
def test_what_is_no_json_is_told_apart(body):
    assert refusal(body) == (400, "malformed-json", "")


def test_a_body_nested_without_end_is_refused():
    assert refusal(b"[" * 100_000)[0] in (400, 422)
    assert refusal(b'{"kind":"order","lines":' + b"[" * 100_000)[0] in (400, 422)


def test_the_header_names_an_event_that_has_no_id_of_its_own():
    without = {k: v for k, v in ORDER.items() if k != "id"}
    assert read(without, "from-the-header").ref == "from-the-header"
    assert read(ORDER, "from-the-header").ref == "o-1"


def test_a_source_stays_within_its_key_and_within_the_ledgers_bound():
    longest = parse(json.dumps({**ORDER, "source": "s" * 95}).encode(), "k" * MAX_NAME, "", NOW)
    assert len(longest.source) == MAX_ID
    assert read({**REFUND, "source": "kiosk"}).source == read({**ORDER, "source": "kiosk"}).source
