"""The published schema of an entry: what a ledger writes fits it, and nothing else."""

import json
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from almoner.campaigns.model import Action, Part
from almoner.ledger import Event, Posting, Transfer, connect, mature, schema, top_up
from almoner.ledger.append import Ledger
from almoner.ledger.publish import publish
from almoner.log.entry import MAX_READS, SCHEMA, Entry, EntryPledge, EntryPosting, EntryReads
from almoner.log.recount import KINDS, Recount, shape
from almoner.units import Amount
from tests.ledger.examples import (
    MEAL,
    NOW,
    USD,
    by_hand,
    campaign,
    handed,
    order,
    pieces,
    put_up,
    refund,
    take,
)
from tests.ledger.folds import bodies
from tests.log import logs

DOCS = Path(__file__).parents[2] / "docs/reference"
DOCUMENT = json.loads(files("almoner.log").joinpath("entry.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(DOCUMENT)

OWED, DELIVERED = (
    "charity/harbor-table/owed/meals/bowls",
    "charity/harbor-table/delivered/meals/bowls",
)
PLEDGE = {"campaign": "bowls", "version": 1, "share": "2"}
MOVE = {"debit": "external", "credit": OWED, "unit": "meal", "value": "2"}
HANDED = {**MOVE, "debit": OWED, "credit": DELIVERED}
BACK = {**MOVE, "debit": DELIVERED, "credit": OWED}
EVIDENCE = ["ab" * 32]
READS = {"count": 12, "root": "ab" * 32}
ENTRY = {
    "v": 1,
    "index": 7,
    "time": "2026-05-20T12:00:00.000000Z",
    "kind": "pledge",
    "event": "ab" * 32,
    "pledges": [PLEDGE],
    "postings": [MOVE],
}


def fits(entry: object) -> bool:
    return VALIDATOR.is_valid(entry)


PROMISES = [
    campaign("bowls", rate="1/3", trigger="item"),
    campaign("by-hand", trigger="manual"),
    campaign("few", cap=1),
    campaign("pages", trigger="read", rate="1/100"),
    campaign("braked", trigger="read"),
    campaign("paid", fund="sponsor/acme/fund", rate="2"),
    campaign("daily", daily_cap=1),
    campaign("each", reader_cap=1),
    campaign("together", sponsor="acme", sponsor_cap=1),
    campaign("waits", rate="5/2", hold_days=3, minimum=40, ends_at=NOW + timedelta(days=5)),
    campaign("doubled", trigger="match", matches="waits", rate="1"),
    campaign("both", rate="2/3", split=(Part("harbor-table", 2), Part("quiet-house", 1))),
]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[list[bytes]]:
    """What a ledger wrote of every kind of entry, and with every limit."""
    db = connect(tmp_path / "ledger.db")
    schema.create(db)
    ledger = Ledger(db)
    for version in PROMISES:
        publish(db, version, NOW)
    opening = Transfer((Posting("external", "opening/meals", Amount(MEAL, 12)),))
    take(ledger, Event("admin", "opening", "opening", NOW, opening), put_up("fund", 5))
    take(ledger, *(order(f"order-{n}", pieces(2), reader="7") for n in range(4)))
    owed, delivered, confirmed = (
        f"charity/harbor-table/{stage}/meals/bowls" for stage in ("owed", "delivered", "confirmed")
    )
    take(ledger, put_up("dollars", 1234, USD), handed("box", "delivery", owed, delivered, 2))
    take(ledger, handed("arrived", "confirmation", delivered, confirmed, 1))
    take(ledger, refund("refund-1", "order-1", 1, 500), refund("refund-2", "order-2", 2, 1000))
    box = next(n for n, body in enumerate(bodies(db)) if b'"kind":"delivery"' in body)
    take(ledger, handed("back", "reversal", delivered, owed, 1, corrects=box))
    take(ledger, by_hand("hand", "by-hand", 3))
    read = Action("read", 50, story="the-long-drive", root="ab" * 32, without=("braked",))
    take(ledger, Event("reads", "batch-1", "action", NOW, read))
    mature(ledger, NOW + timedelta(days=9))
    top_up(ledger, NOW + timedelta(days=9))
    yield bodies(db)
    db.close()


def test_what_a_ledger_writes_of_every_kind_fits(written: list[bytes]) -> None:
    found = [json.loads(body) for body in written]

    for entry in found:
        VALIDATOR.validate(entry)
    assert {entry["kind"] for entry in found} == set(KINDS) - {"transfer"}
    limits = {each.get("limited") for entry in found for each in entry.get("pledges", ())}
    assert limits == {None, "cap", "daily cap", "reader cap", "sponsor cap", "fund", "delivered"}
    assert [entry["reads"] for entry in found if "reads" in entry] == [
        {"count": 50, "root": "ab" * 32}
    ]
    assert b"the-long-drive" not in b"".join(written)
    # The same entries are what a recount takes.
    made = Recount()
    made.add(shape(0, written))
    assert made.size == len(found)


def test_an_honest_log_with_every_kind_of_entry_fits() -> None:
    book = logs.book(
        [
            ("deposit", 9),
            ("give back", 1),
            ("opening", 12),
            ("pledge", {"bowls": Fraction(5), "twins": Fraction(7, 2)}, True),
            ("read", {"bowls": Fraction(1, 2)}, 50),
            ("top-up", {"soup": Fraction(2)}),
            ("mature", 9),
            ("refund", 0, Fraction(1, 2)),
            ("hand over", 0, logs.PARTS, 2),
            ("hand over", 1, logs.PARTS, 2),
            ("reverse", 1, 1),
        ]
    )

    for body in logs.bodies(book):
        VALIDATOR.validate(json.loads(body))
    assert {entry.kind for entry in book.entries} == KINDS
    assert any(entry.evidence for entry in book.entries)


@given(logs.BOOKS)
def test_whatever_an_honest_log_holds_fits(book: logs.Book) -> None:
    for body in logs.bodies(book):
        VALIDATOR.validate(json.loads(body))


def test_it_is_a_schema_of_the_version_and_fields_that_are_written() -> None:
    Draft202012Validator.check_schema(DOCUMENT)

    assert DOCUMENT["properties"]["v"]["const"] == SCHEMA
    assert DOCUMENT["$id"].endswith(f":{SCHEMA}")
    assert set(DOCUMENT["properties"]["kind"]["enum"]) == KINDS
    for part, struct in (
        (DOCUMENT, Entry),
        (DOCUMENT["$defs"]["pledge"], EntryPledge),
        (DOCUMENT["$defs"]["posting"], EntryPosting),
        (DOCUMENT["$defs"]["reads"], EntryReads),
    ):
        assert tuple(part["properties"]) == struct.__struct_fields__
        assert part["additionalProperties"] is False


def test_the_documentation_shows_the_schema_that_is_shipped() -> None:
    assert json.loads((DOCS / "entry.schema.json").read_text("utf-8")) == DOCUMENT
    page = (DOCS / "entry.md").read_text("utf-8")
    assert DOCUMENT["$defs"]["reads"]["properties"]["count"]["maximum"] == MAX_READS
    for name in (*DOCUMENT["properties"], *DOCUMENT["$defs"]["pledge"]["properties"]):
        assert f"`{name}`" in page


def with_(**changed: object) -> dict[str, Any]:
    """The example, changed; a field of None is left out."""
    return {name: value for name, value in {**ENTRY, **changed}.items() if value is not None}


def test_the_example_fits_and_its_parts_may_be_left_out() -> None:
    assert fits(ENTRY)
    assert fits(with_(event=None))
    assert fits(with_(postings=None))


@pytest.mark.parametrize(
    "changed",
    [
        {"more": 1},
        {"customer": "Jo"},
        {"pledges": [{**PLEDGE, "order": "1001"}]},
        {"postings": [{**MOVE, "note": "for Jo"}]},
    ],
)
def test_an_unknown_field_is_refused(changed: dict[str, object]) -> None:
    assert not fits(with_(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 2},
        {"v": None},
        {"index": -1},
        {"index": "7"},
        {"time": "2026-05-20T12:00:00Z"},
        {"time": "2026-05-20T12:00:00.000000+00:00"},
        {"time": "2026-13-20T12:00:00.000000Z"},
        {"kind": "gift"},
        {"event": "AB" * 32},
        {"event": "ab" * 31},
        {"event": ""},
        {"corrects": 3},
        {"pledges": None},
        {"pledges": []},
        {"postings": []},
        {"pledges": [{**PLEDGE, "share": "-2"}]},
        {"pledges": [{**PLEDGE, "share": "2/1"}]},
        {"pledges": [{**PLEDGE, "share": "0.5"}]},
        {"pledges": [{**PLEDGE, "share": 2}]},
        {"pledges": [{**PLEDGE, "limited": "other"}]},
        {"postings": [{**MOVE, "value": "0"}]},
        {"postings": [{**MOVE, "value": "0.00"}]},
        {"postings": [{**MOVE, "value": "-2"}]},
        {"postings": [{**MOVE, "value": 2}]},
        {"postings": [{**MOVE, "debit": "Jo Miller"}]},
        {"kind": "refund"},
        {"kind": "refund", "corrects": 3},
        {"kind": "deposit"},
        {"kind": "deposit", "pledges": None, "corrects": 3},
        {"kind": "deposit", "pledges": None, "postings": None},
        {"kind": "deposit", "pledges": None},
        {"kind": "transfer", "pledges": None, "postings": [HANDED]},
        {"kind": "maturity", "pledges": [{**PLEDGE, "share": "0"}]},
        {"kind": "maturity", "pledges": [{**PLEDGE, "held": True}]},
        {"kind": "maturity", "corrects": 3},
        {"kind": "top-up", "pledges": [{**PLEDGE, "share": "-1"}]},
        {"kind": "top-up", "corrects": 3},
        {"kind": "delivery"},
        {"kind": "delivery", "pledges": None},
        {"kind": "delivery", "pledges": None, "postings": [HANDED], "corrects": 3},
        {"kind": "delivery", "pledges": None, "postings": None, "evidence": EVIDENCE},
        {"kind": "confirmation", "pledges": None, "postings": [HANDED]},
        {"kind": "reversal", "pledges": None, "postings": [BACK]},
        {"kind": "reversal", "pledges": None, "postings": [HANDED], "corrects": 3},
        {"evidence": EVIDENCE},
        {"kind": "delivery", "pledges": None, "postings": [HANDED], "evidence": []},
        {"kind": "delivery", "pledges": None, "postings": [HANDED], "evidence": ["ab"]},
        {"kind": "delivery", "pledges": None, "postings": [HANDED], "evidence": EVIDENCE * 21},
        {"reads": {"count": 0, "root": "ab" * 32}},
        {"reads": {"count": 1_000_001, "root": "ab" * 32}},
        {"reads": {"count": 1, "root": "AB" * 32}},
        {"reads": {"count": 1}},
        {"reads": {"count": 1, "root": "ab" * 32, "story": "the-long-drive"}},
        {"kind": "top-up", "reads": READS},
        {"kind": "delivery", "pledges": None, "postings": [HANDED], "reads": READS},
        {"pledges": [{**PLEDGE, "held": False}]},
        {"pledges": [{**PLEDGE, "charity": ""}]},
        {"pledges": [{**PLEDGE, "limited": "another campaign"}]},
        {"postings": [{**MOVE, "credit": "charity/harbor-table/owed/meals"}]},
        {"postings": [{**MOVE, "credit": "campaign/bowls/held/meals"}]},
        {"postings": [{**MOVE, "credit": "charity/harbor-table/lost/meals/bowls"}]},
        {"postings": [{**MOVE, "credit": "a/b/c/d/e/f"}]},
    ],
)
def test_what_no_ledger_writes_is_refused(changed: dict[str, object]) -> None:
    assert not fits(with_(**changed))


def test_a_handover_moves_what_is_owed_and_shows_why() -> None:
    given = with_(kind="delivery", pledges=None, postings=[HANDED])
    back = with_(kind="reversal", pledges=None, postings=[BACK], corrects=3)
    there = {"debit": DELIVERED, "credit": DELIVERED.replace("delivered", "confirmed")}

    assert fits(given)
    assert fits({**given, "evidence": EVIDENCE * 20})
    assert fits({**back, "evidence": EVIDENCE})
    assert fits(with_(kind="confirmation", pledges=None, postings=[{**HANDED, **there}]))


def test_a_promise_says_whose_it_is_and_that_it_is_held() -> None:
    part = {**PLEDGE, "charity": "harbor-table", "held": True, "limited": "daily cap"}

    assert fits(with_(pledges=[part]))
    assert fits(with_(reads=READS))
    assert fits(with_(kind="maturity"))
    assert fits(with_(kind="top-up"))


def test_a_refund_takes_and_a_deposit_only_moves() -> None:
    taken = [{**PLEDGE, "share": "-2"}]
    nothing = [{**PLEDGE, "share": "0", "limited": "delivered"}]

    assert fits(with_(kind="refund", corrects=3, pledges=taken))
    assert fits(with_(kind="refund", corrects=3, pledges=nothing, postings=None))
    deposit = {**MOVE, "credit": "sponsor/acme/fund"}
    assert fits(with_(kind="deposit", pledges=None, postings=[deposit]))
