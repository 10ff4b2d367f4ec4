"""The recount: it finds what the entries make, and the first entry that is wrong."""

import pickle
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from math import floor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.log.entry import Entry, EntryPledge, EntryPosting, encode
from almoner.log.recount import (
    MEASURES,
    Recount,
    RecountError,
    Standing,
    decode_canonical,
    measured,
    shape,
)
from tests.ledger.folds import folded_balances
from tests.log.logs import BOOKS, CAMPAIGNS, STAGES, Book, Part, account, bodies

SEALED = "ab" * 32
TIME = "2026-05-20T12:00:00.000000Z"
MEALS = "charity/harbor-table/owed/meals/bowls"
BOWLS = ("bowls", "")


def recount(found: list[bytes], cuts: list[int] | None = None) -> Recount:
    """A log recounted in the runs that the cuts make of it."""
    made = Recount()
    for start, end in pairwise(sorted({0, *(cuts or []), len(found)})):
        made.add(shape(start, found[start:end]))
    return made


def outcome(found: list[bytes], cuts: list[int] | None = None) -> tuple[object, ...]:
    """What a recount finds, or which entry it refuses and why."""
    try:
        return told(recount(found, cuts))
    except RecountError as error:
        return error.entry, str(error)


def told(made: Recount) -> tuple[object, ...]:
    """Everything that a recount says."""
    standings = exact(made)
    balances = {at: minor for at, minor in made.balances.items() if minor}
    return made.size, made.time, balances, made.scales, standings, made.units, made.totals()


def exact(made: Recount) -> dict[Part, tuple[Fraction, Fraction]]:
    """What a recount has of each part: promised in all, and no longer held."""
    return {
        part: (Fraction(due, parts), Fraction(matured, parts))
        for part, (due, matured, parts) in made.standings.items()
    }


def in_units(made: Recount) -> dict[tuple[str, str], Fraction]:
    """A recount's balances as a model writes them."""
    return {
        at: Fraction(minor, 10 ** made.scales[at[1]])
        for at, minor in made.balances.items()
        if minor
    }


def pledge(
    index: int, share: str, value: str = "", *, kind: str = "pledge", corrects: int | None = None
) -> Entry:
    """An entry of one campaign, `bowls`: its exact share, and the meals that it moves."""
    debit, credit = (MEALS, "external") if value.startswith("-") else ("external", MEALS)
    postings = (EntryPosting(debit, credit, "meal", value.removeprefix("-")),) if value else ()
    return Entry(
        1, index, TIME, kind, SEALED, corrects, (EntryPledge("bowls", 1, share),), postings
    )


def moves(index: int, *postings: tuple[str, str, str, str], kind: str = "transfer") -> Entry:
    """An entry of postings alone."""
    return Entry(1, index, TIME, kind, postings=tuple(EntryPosting(*each) for each in postings))


DEPOSIT = moves(0, ("external", "sponsor/a/fund", "meal", "5"), kind="deposit")


def refusal(*entries: Entry | bytes) -> str:
    """How a log of these entries is refused; it is its last entry that must be wrong."""
    found = [each if isinstance(each, bytes) else encode(each) for each in entries]
    with pytest.raises(RecountError) as caught:
        recount(found)
    assert caught.value.entry == len(found) - 1
    assert str(caught.value).startswith(f"Entry {len(found) - 1} ")
    recount(found[:-1])
    return str(caught.value)


# The properties


@given(BOOKS)
def test_a_recount_finds_what_a_fold_with_fractions_finds(book: Book) -> None:
    found = bodies(book)

    made = recount(found)

    assert in_units(made) == folded_balances(found)
    assert {at: minor for at, minor in made.balances.items() if minor} == {
        at: minor for at, minor in book.balances.items() if minor
    }
    assert exact(made) == {
        part: (promised, book.matured[part]) for part, promised in book.promised.items()
    }


@given(BOOKS)
def test_what_is_held_and_what_is_not_is_the_floor_of_what_was_promised(book: Book) -> None:
    made = recount(bodies(book))

    for part, (promised, matured) in exact(made).items():
        unit = CAMPAIGNS[part[0]].unit
        held, *given = (
            made.balances.get((account(part, stage), unit), 0) for stage in ("held", *STAGES)
        )
        assert held == floor(promised) - floor(matured)
        assert sum(given) == floor(matured)


@given(BOOKS)
def test_the_counters_are_sums_of_balances_by_cause(book: Book) -> None:
    found = recount(bodies(book)).totals()

    model: dict[str, dict[str, int]] = {}
    for (path, _), minor in book.balances.items():
        named = path.split("/")
        measure = next((each for each in named if each in MEASURES), "")
        cause = named[1] if measure == "opening" else named[-2] if measure else ""
        if measure:
            sums = model.setdefault(cause, dict.fromkeys(MEASURES, 0))
            sums[measure] += minor
    for cause, sums in model.items():
        # What is confirmed was delivered too.
        delivered = sums["delivered"] + sums["confirmed"]
        pledged = sums["held"] + sums["owed"] + delivered
        assert found[cause] == {
            **sums,
            "delivered": delivered,
            "pledged": pledged,
            "shown": sums["opening"] + pledged,
        }
    assert found.keys() == model.keys()


@given(BOOKS, st.lists(st.integers(0, 25), max_size=5))
def test_any_runs_give_the_same_recount(book: Book, cuts: list[int]) -> None:
    found = bodies(book)
    within = [cut for cut in cuts if cut <= len(found)]

    assert told(recount(found, within)) == told(recount(found))


@given(BOOKS, st.integers(0, 25))
def test_a_recount_goes_on_from_where_an_earlier_one_was(book: Book, cut: int) -> None:
    found = bodies(book)
    first = recount(found[:cut])

    later = Recount.resumed(
        first.size,
        first.time,
        dict(first.balances),
        dict(first.scales),
        dict(first.standings),
    )
    later.add(shape(first.size, found[cut:]))

    assert told(later) == told(recount(found))


@given(st.binary() | st.binary().map(lambda tail: b'{"v":1,"index":0,"time":"' + tail))
def test_any_bytes_are_an_entry_or_an_error_that_says_why(found: bytes) -> None:
    with suppress(RecountError):
        recount([found])
    with suppress(RecountError):
        decode_canonical(found, 0)


@given(BOOKS.filter(lambda book: book.entries), st.data())
def test_a_byte_changed_in_an_entry_breaks_it_or_its_leaf(book: Book, data: st.DataObject) -> None:
    """Whatever the bytes become, a recount says so or says what they now are: no crash."""
    found = bodies(book)
    at = data.draw(st.integers(0, len(found) - 1))
    place = data.draw(st.integers(0, len(found[at]) - 1))
    other = bytes([data.draw(st.integers(0, 255))])
    found[at] = found[at][:place] + other + found[at][place + 1 :]

    with suppress(RecountError):
        assert in_units(recount(found)) == folded_balances(found)


# By example


def test_thirds_of_a_meal_are_counted_to_the_last_one() -> None:
    found = [encode(pledge(n, "1/3", "1" if n % 3 == 2 else "")) for n in range(1000)]

    made = recount(found)

    assert made.balances[MEALS, "meal"] == 333
    assert made.standings == {BOWLS: (1000, 1000, 3)}


def test_a_refund_in_parts_takes_off_no_more_than_was_given() -> None:
    given_two, half = pledge(0, "2", "2"), pledge(1, "-1", "-1", kind="refund", corrects=0)
    rest = pledge(2, "-1", "-1", kind="refund", corrects=0)
    other = pledge(3, "5", "5")

    assert recount([*map(encode, [given_two, half, rest])]).balances[MEALS, "meal"] == 0
    more = pledge(4, "-1", "-1", kind="refund", corrects=0)
    assert "takes more off bowls than entry 0 gave it" in refusal(
        given_two, half, rest, other, more
    )


def test_a_resumed_recount_does_not_see_what_a_refund_takes_from_before_it() -> None:
    first = recount([encode(pledge(0, "2", "2"))])
    later = Recount.resumed(
        1, first.time, dict(first.balances), dict(first.scales), dict(first.standings)
    )

    later.add(shape(1, [encode(pledge(1, "-2", "-2", kind="refund", corrects=0))]))

    assert later.balances[MEALS, "meal"] == 0


def test_an_empty_run_changes_nothing() -> None:
    made = Recount()

    made.add(shape(0, []))

    assert told(made) == told(Recount())


def test_runs_are_folded_in_their_order() -> None:
    with pytest.raises(AssertionError, match="entries from 3 after 0"):
        Recount().add(shape(3, []))


def test_an_entry_at_another_place_is_refused() -> None:
    assert "does not begin as entry 0 of version 1 does" in refusal(pledge(1, "1", "1"))
    assert "does not begin as" in refusal(encode(pledge(0, "1", "1")).replace(b'"v":1', b'"v":2'))
    assert "does not begin as" in refusal(b"")


@pytest.mark.parametrize(
    "time",
    ["", "2026-05-20", "2026-05-20T12:00:00.000000+00:00", "2026-05-20 12:00:00.000000Z", "x" * 27],
)
def test_an_entry_without_its_time_is_refused(time: str) -> None:
    assert "has no time in UTC with microseconds" in refusal(
        msgspec.structs.replace(pledge(0, "1", "1"), time=time)
    )


def test_an_entry_of_an_earlier_time_is_refused_in_a_run_and_between_runs() -> None:
    early = msgspec.structs.replace(pledge(1, "1", "1"), time=TIME.replace("12:00", "11:59"))
    found = [encode(pledge(0, "1", "1")), encode(early)]

    assert "is of 2026-05-20T11:59:00.000000Z, before the entry before it" in refusal(*found)
    assert outcome(found, [1]) == outcome(found)


def test_an_entry_that_is_written_otherwise_is_refused() -> None:
    whole = encode(pledge(0, "1", "1"))

    assert "is not written as its content is written" in refusal(whole[:-1] + b" }")
    assert "is not written as" in refusal(whole[:-1] + b',"more":1}')
    assert "is not written as" in refusal(whole[:-1] + b',"pledges":[]}')
    assert "cannot be read" in refusal(whole[:-1])
    assert "cannot be read" in refusal(whole + b"{}")
    assert "cannot be read" in refusal(whole.replace(b'"meal"', b'"\xff"'))


def test_a_commitment_must_be_hexadecimal() -> None:
    assert "has a commitment that is not 64 hexadecimal digits" in refusal(
        msgspec.structs.replace(pledge(0, "1", "1"), event="x" * 64)
    )


@pytest.mark.parametrize("share", ["", "x", "1.5", "1/0", "01", "--1", "1e3", " 1", "١"])
def test_a_share_that_is_no_fraction_is_refused(share: str) -> None:
    assert f"gives a share of {share!r}" in refusal(pledge(0, share, "1"))


@pytest.mark.parametrize("value", ["", "0", "0.00", "01", "1.", ".5", "-1", "1e3", "١"])
def test_a_posting_of_nothing_or_of_no_number_is_refused(value: str) -> None:
    assert f"moves {value!r} meal" in refusal(moves(0, ("external", MEALS, "meal", value)))


def test_a_posting_in_another_scale_is_refused() -> None:
    first = moves(0, ("external", "sponsor/a/fund", "USD", "1.00"), kind="deposit")

    assert "writes 1 USD in another scale" in refusal(
        first, moves(1, ("external", "sponsor/a/fund", "USD", "1"), kind="deposit")
    )


def test_an_account_does_not_pay_itself() -> None:
    assert f"moves from {MEALS} to itself" in refusal(moves(0, (MEALS, MEALS, "meal", "1")))


def test_an_account_that_is_overdrawn_is_named_with_what_it_lacks() -> None:
    first = moves(0, ("external", "sponsor/a/fund", "USD", "1.00"), kind="deposit")

    assert refusal(first, moves(1, ("sponsor/a/fund", "external", "USD", "1.07"))) == (
        "Entry 1 leaves sponsor/a/fund at -7 USD in minor units."
    )


def test_a_posting_that_no_pledge_accounts_for_is_refused() -> None:
    extra = pledge(0, "1", "1")
    twice = msgspec.structs.replace(extra, postings=extra.postings * 2)

    assert "has a posting that no pledge accounts for" in refusal(twice)
    assert "has a posting that no pledge" in refusal(pledge(0, "1/3", "1"))


@pytest.mark.parametrize(("share", "value"), [("1", ""), ("1", "2"), ("3", "2"), ("7/2", "4")])
def test_a_posting_is_the_growth_of_its_campaigns_floor(share: str, value: str) -> None:
    said = refusal(pledge(0, share, value))

    moved = f"{value} from payer to owed" if value else "nothing"
    due = f"{int(Fraction(share))} from payer to owed"
    assert f"moves {moved} for bowls, whose exact totals make it {due}" in said


def test_a_campaign_is_not_left_below_nothing() -> None:
    assert "takes more off bowls" in refusal(
        DEPOSIT, pledge(1, "1", "1"), pledge(2, "-2", "-2", kind="refund", corrects=1)
    )
    resumed = Recount.resumed(3, b"", {(MEALS, "meal"): 5}, {"meal": 0}, {BOWLS: Standing(1, 1)})
    with pytest.raises(RecountError, match="Entry 3 leaves bowls below nothing"):
        resumed.add(shape(3, [encode(pledge(3, "-2", "-2", kind="refund", corrects=1))]))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (pledge(0, "1", "1", kind="gift"), "is of an unknown kind: 'gift'"),
        (pledge(0, "1", "1", kind="refund"), "is a refund with corrects: None"),
        (pledge(0, "1", "1", corrects=0), "is a pledge with corrects: 0"),
        (pledge(0, "1", "1", kind="deposit"), "is a deposit with 1 pledges"),
        (moves(0, ("external", MEALS, "meal", "1"), kind="pledge"), "is a pledge with 0 pledges"),
        (moves(0, kind="deposit"), "is a deposit that moves nothing"),
        (pledge(0, "-1", "-1", kind="refund", corrects=0), "corrects entry 0, which is not before"),
    ],
)
def test_an_entry_whose_kind_and_content_differ_is_refused(entry: Entry, said: str) -> None:
    assert said in refusal(entry)


def test_only_a_pledge_can_be_taken_back() -> None:
    assert "corrects entry 0, which is a deposit" in refusal(
        DEPOSIT, pledge(1, "-1", "-1", kind="refund", corrects=0)
    )
    assert "takes more off soup than entry 1 gave it" in refusal(
        DEPOSIT,
        pledge(1, "1", "1"),
        msgspec.structs.replace(
            pledge(2, "0", "", kind="refund", corrects=1),
            pledges=(EntryPledge("bowls", 1, "0"), EntryPledge("soup", 1, "-1")),
        ),
    )


def test_a_campaign_is_named_once_in_an_entry() -> None:
    twice = msgspec.structs.replace(
        pledge(0, "1", "2"), pledges=(EntryPledge("bowls", 1, "1"), EntryPledge("bowls", 1, "1"))
    )

    assert "names a campaign twice" in refusal(twice)


def test_accounts_count_for_their_cause() -> None:
    assert measured("opening/meals") == ("opening", "meals")
    assert measured("campaign/winter/held/meals/x") == ("held", "meals")
    for stage in STAGES:
        assert measured(f"charity/x/{stage}/meals/winter") == (stage, "meals")
    for path in (
        "external",
        "sponsor/a/fund",
        "charity/x/lost/meals/winter",
        "charity/x/owed/meals",
        "campaign/winter/held/meals",
        "charity//owed/meals/winter",
        "opening",
        "opening/",
        "a/b/c/d/e",
        "",
    ):
        assert measured(path) == ("", "")


def test_a_workers_refusal_reaches_the_process_that_asked() -> None:
    caught = RecountError(7, "is wrong")

    brought = pickle.loads(pickle.dumps(caught))

    assert (brought.entry, str(brought)) == (7, "Entry 7 is wrong.")


@pytest.mark.parametrize("target", [-1, -(2**70), 1, 2**70])
def test_a_refund_takes_from_an_entry_that_is_there(target: int) -> None:
    """Entry -1 is before every recount, and is not one that a resumed recount has passed."""
    taken = pledge(1, "-1", "-1", kind="refund", corrects=target)

    assert f"corrects entry {target}, which is not before it" in refusal(pledge(0, "2", "2"), taken)


def test_a_pledge_only_gives_and_a_refund_only_takes() -> None:
    """Else a gift could vanish without an entry that says from which one it was taken."""
    first = pledge(0, "2", "2")

    assert "is a pledge with a share of -1" in refusal(first, pledge(1, "-1", "-1"))
    assert "is a refund with a share of 1" in refusal(
        first, pledge(1, "1", "1", kind="refund", corrects=0)
    )
    resumed = Recount.resumed(3, b"", {(MEALS, "meal"): 5}, {"meal": 0}, {BOWLS: Standing(1, 1)})
    with pytest.raises(RecountError, match="is a refund with a share of 1"):
        resumed.add(shape(3, [encode(pledge(3, "1", "1", kind="refund", corrects=1))]))


WRONG = {
    "overdraws": moves(0, ("sponsor/a/fund", "external", "USD", "1")),
    "is of no kind": moves(0, ("external", "sponsor/a/fund", "USD", "1"), kind="gift"),
    "has no time": msgspec.structs.replace(pledge(0, "1", "1"), time="x" * 27),
    "is unsealed": msgspec.structs.replace(pledge(0, "1", "1"), event="x" * 64),
    "moves too much": pledge(0, "1", "2"),
    "lies elsewhere": None,
}


@given(
    st.dictionaries(st.integers(0, 9), st.sampled_from([*WRONG]), min_size=1),
    st.lists(st.integers(1, 9), max_size=3),
)
def test_it_is_the_first_wrong_entry_that_is_named_in_whatever_runs(
    wrong: dict[int, str], cuts: list[int]
) -> None:
    found = [encode(pledge(index, "1", "1")) for index in range(10)]
    for index, how in wrong.items():
        entry = WRONG[how]
        found[index] = encode(
            msgspec.structs.replace(entry, index=index) if entry else pledge(index + 1, "1", "1")
        )

    with pytest.raises(RecountError) as caught:
        recount(found, cuts)

    assert caught.value.entry == min(wrong)
    assert outcome(found, cuts) == outcome(found)


def test_postings_of_one_entry_may_come_in_any_order() -> None:
    paid_before_it_came = moves(
        0,
        ("sponsor/a/fund", "sponsor/b/fund", "USD", "1"),
        ("external", "sponsor/a/fund", "USD", "1"),
    )

    assert recount([encode(paid_before_it_came)]).balances == {
        ("external", "USD"): -1,
        ("sponsor/a/fund", "USD"): 0,
        ("sponsor/b/fund", "USD"): 1,
    }


def test_numbers_longer_than_any_ledger_writes_are_refused() -> None:
    for share in ("9" * 5000, "1/" + "9" * 5000, "-" + "9" * 1001):
        assert "gives a share of" in refusal(pledge(0, share, "1"))
    for value in ("9" * 5000, "0." + "9" * 5000):
        assert "moves '" in refusal(moves(0, ("external", MEALS, "meal", value)))


@pytest.mark.parametrize("kind", ["pledge", "deposit"])
def test_nothing_follows_a_time_or_a_commitment(kind: str) -> None:
    whole = pledge(0, "1", "1") if kind == "pledge" else moves(0, ("external", "a", "x", "1"))
    whole = msgspec.structs.replace(whole, kind=kind, event=SEALED)

    for time in (f"{TIME} or so", TIME * 2):
        assert "has no time in UTC" in refusal(msgspec.structs.replace(whole, time=time))
    for event in (f"{SEALED}0", f"{SEALED}!", SEALED[1:], "a", SEALED.upper(), "é" * 32):
        assert "a commitment that is not 64" in refusal(msgspec.structs.replace(whole, event=event))


def test_an_entry_that_is_nested_or_long_beyond_reason_is_refused() -> None:
    deep = encode(pledge(0, "1", "1"))[:-1] + b',"more":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    long = encode(moves(0, ("external", "x" * 65_000, "meal", "1"), kind="deposit"))

    assert "cannot be read: maximum recursion depth" in refusal(deep)
    assert "has 65536 bytes, over 65535" in refusal(long[:-1] + b" " * (65_535 - len(long)) + b"}}")


@pytest.mark.parametrize(
    "time",
    [
        "2026-02-29T12:00",
        "2026-13-01T12:00",
        "2026-00-01T12:00",
        "0000-01-01T12:00",
        "2026-05-20T24:00",
        "2026-05-20T29:00",
        "2026-05-20T12:60",
    ],
)
def test_a_time_is_one_that_a_calendar_has(time: str) -> None:
    assert "has no time in UTC" in refusal(
        msgspec.structs.replace(pledge(0, "1", "1"), time=f"{time}:00.000000Z")
    )
    assert "has no time in UTC" in refusal(
        msgspec.structs.replace(pledge(0, "1", "1"), time="2026-05-20T12:00:60.000000Z")
    )
    leap = msgspec.structs.replace(pledge(0, "1", "1"), time="2028-02-29T23:59:59.999999Z")
    assert recount([encode(leap)]).size == 1


def test_a_cause_is_counted_in_one_unit() -> None:
    first = pledge(0, "1", "1")
    in_miles = moves(1, ("external", MEALS, "mile", "1.00"))

    assert "counts meals in mile, not in meal" in refusal(first, in_miles)
    resumed = Recount.resumed(1, b"", {(MEALS, "meal"): 1}, {"meal": 0}, {BOWLS: Standing(1, 1)})
    with pytest.raises(RecountError, match="counts meals in mile, not in meal"):
        resumed.add(shape(1, [encode(in_miles)]))


def test_a_repeated_shape_is_folded_as_often_as_it_is_there() -> None:
    """Some are added up all at once: what lies between them must still come in its order."""
    fund = ("external", "sponsor/tinwood/fund", "meal", "2")
    spend = ("sponsor/tinwood/fund", "charity/north-pantry/owed/meals/soup", "meal", "1")
    gift = EntryPledge("soup", 1, "1")

    def soup(index: int) -> Entry:
        return msgspec.structs.replace(
            moves(index, spend, kind="pledge"), pledges=(gift,), time=TIME
        )

    found = [pledge(0, "1/2"), moves(1, fund, kind="deposit"), soup(2), pledge(3, "1/2", "1")]
    made = recount([*map(encode, [*found, soup(4), pledge(5, "1/2")])])

    assert made.balances["charity/north-pantry/owed/meals/soup", "meal"] == 2
    assert made.balances[MEALS, "meal"] == 1
    assert "leaves sponsor/tinwood/fund at -1 meal" in refusal(*found, soup(4), soup(5))
