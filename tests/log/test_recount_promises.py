"""What is promised, held, split, delivered and taken back: every lie about it is refused."""

import pytest

from almoner.log.entry import Entry, encode
from almoner.log.recount import Recount, RecountError, shape
from tests.log.lies import (
    DELIVERED,
    GIVEN,
    HELD,
    KEPT,
    LIES,
    OWED,
    RIPE,
    SOLD,
    TRUTH,
    Lie,
    back,
    bowls,
    entry,
    lie,
    takes,
)
from tests.log.test_recount_verdict import first_wrong


def bodies(entries: tuple[Entry, ...]) -> list[bytes]:
    return [encode(each) for each in entries]


def counted(entries: tuple[Entry, ...], start: int = 0, earlier: Recount | None = None) -> Recount:
    made = earlier or Recount()
    made.add(shape(start, bodies(entries[start:])))
    return made


def resumed(made: Recount) -> Recount:
    """Another recount that goes on from what one had found."""
    found = made.balances, made.scales, made.standings
    return Recount.resumed(made.size, made.time, *(dict(each) for each in found))


def refusal(made: Recount, run: list[bytes]) -> RecountError:
    with pytest.raises(RecountError) as caught:
        made.add(shape(made.size, run))
    return caught.value


@pytest.mark.parametrize("told", LIES.values(), ids=[*LIES])
def test_a_lie_is_refused_and_the_entry_named(told: Lie) -> None:
    last = len(told.entries) - 1

    error = refusal(Recount(), bodies(told.entries))

    assert (error.entry, told.said in str(error)) == (last, True), str(error)
    assert counted(told.entries[:last]).size == last
    assert first_wrong(told.entries) == last


def test_a_whole_life_is_counted() -> None:
    made = counted(TRUTH.entries)

    assert made.totals() == {
        "meals": {
            "opening": 0,
            "held": 0,
            "owed": 6,
            "delivered": 1,
            "confirmed": 1,
            "pledged": 7,
            "shown": 7,
        }
    }
    assert made.standings["bowls", ""] == (7, 7, 2)
    assert first_wrong(TRUTH.entries) is None


def test_a_recount_goes_on_with_what_was_held_and_split() -> None:
    whole = counted(TRUTH.entries)

    for cut in range(len(TRUTH.entries)):
        made = counted(TRUTH.entries, cut, resumed(counted(TRUTH.entries[:cut])))
        assert (made.standings, made.totals()) == (whole.standings, whole.totals())


# What these are lies about is in an earlier entry, which a recount that goes on has not got.
OF_EARLIER = {
    name
    for name, told in LIES.items()
    if told.said.startswith("gives again") or any(e.corrects is not None for e in told.entries)
}


@pytest.mark.parametrize("name", [name for name in LIES if name not in OF_EARLIER])
def test_a_lie_is_refused_by_a_recount_that_goes_on(name: str) -> None:
    told = LIES[name]
    last = len(told.entries) - 1

    error = refusal(resumed(counted(told.entries[:last])), bodies(told.entries)[last:])

    assert (error.entry, told.said in str(error)) == (last, True), str(error)


def test_a_recount_that_goes_on_does_not_see_what_was_delivered_before() -> None:
    """It is the balances that what is taken back must be on."""
    entries = lie("", SOLD, GIVEN, back(DELIVERED, OWED, "3", 0)).entries
    made = resumed(counted(entries[:2]))

    made.add(shape(2, bodies(entries)[2:]))

    assert made.balances[DELIVERED, "meal"] == 0


def test_a_recount_that_goes_on_does_not_see_the_reads_before() -> None:
    twice = LIES["the same reads twice"].entries
    made = resumed(counted(twice[:1]))

    made.add(shape(1, bodies(twice)[1:]))

    assert made.standings["bowls", ""].due == 8


def test_what_is_held_again_and_again_is_added_up_at_once() -> None:
    """As what is not held, until something of it matures between."""
    half = entry("pledge", bowls("1/2", held=True))
    one = entry("pledge", bowls("1/2", held=True), ("external", HELD, "1"))
    ripe = entry("maturity", bowls("1"), (HELD, OWED, "1"))
    entries = lie("", half, one, half, ripe, one, half, one, half).entries

    made = counted(entries)

    assert made.standings["bowls", ""] == (7, 2, 2)
    assert made.balances[HELD, "meal"] == 2
    assert refusal(Recount(), bodies(lie("", half, one, half, half).entries)).entry == 3


def test_a_campaign_that_once_held_is_checked_as_before() -> None:
    """Both totals go their own way from the first hold on, and meet again."""
    unheld = entry("pledge", bowls("1/2"), ("external", OWED, "1"))
    entries = lie("", KEPT, RIPE, unheld, entry("pledge", bowls("1/2")), unheld).entries

    assert counted(entries).standings["bowls", ""] == (8, 8, 2)
    off = takes("-1/2", (OWED, "external", "1"), held=True)
    assert "leaves more of bowls matured" in str(
        refusal(Recount(), bodies(lie("", KEPT, RIPE, off).entries))
    )


def test_more_evidence_than_there_may_be_is_refused() -> None:
    body = encode(lie("", GIVEN).entries[0])
    more = body.replace(b'"evidence":[', b'"evidence":[' + b'"%b",' % (b"cd" * 32) * 20)

    assert "has 21 pieces of evidence, over 20" in str(refusal(Recount(), [more]))
