"""A batch counts each read once, whoever sends it again, and credits what came by a share."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from almoner.campaigns.model import Action
from almoner.ledger import Database, Ledger, reads
from almoner.ledger.event import decode_occasion
from almoner.log.batch import read_of
from almoner.log.entry import decode
from almoner.log.merkle import leaf_hash
from almoner.log.proof import verify_inclusion
from almoner.reading import brake, rules, share_code, shares, spent, visitors
from almoner.reading.batch import Answer, Counted, Finished, count
from almoner.reading.share_code import ShareCode
from almoner.reading.spent import BLOCK, BLOCK_BITS
from almoner.reading.token import Token
from tests.ledger import folds
from tests.ledger.examples import NOW

BEGUN = int(NOW.timestamp() * 1000) - 60_000
KEY = bytes(32)


class Door:
    """Begins reads of one block of serials, each by a visitor of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.next = spent.reserve(ledger.db, BEGUN) << BLOCK_BITS

    def read(
        self, story: int = 41, tag: int | None = None, share: ShareCode | None = None
    ) -> Finished:
        self.next += 1
        token = Token(story, self.next, BEGUN, self.next if tag is None else tag)
        return Finished(token, ("rescue",), share)

    def count(self, *finished: Finished) -> list[Answer]:
        return list(count(self.ledger, finished, NOW).answers)


@pytest.fixture
def door(library: Ledger) -> Door:
    return Door(library)


def told(answers: list[Answer]) -> list[str]:
    return ["counted" if isinstance(each, Counted) else each.code for each in answers]


def quantities(db: Database) -> Counter[tuple[str, str]]:
    """How many reads and visits of each story are in the ledger."""
    found: Counter[tuple[str, str]] = Counter()
    for (body,) in db.rows("SELECT body FROM ledger_event WHERE kind = 'action'"):
        action = decode_occasion("action", body)
        assert isinstance(action, Action)
        found[action.kind, action.story] += action.quantity
    return found


def code(number: int, story: int = 41) -> ShareCode:
    return share_code.mint(KEY, story, number, b"zz")


def test_a_batch_is_one_event_a_story_and_every_read_is_proved_by_its_entry(door: Door) -> None:
    answers = door.count(*[door.read(story=41 + n % 2) for n in range(9)])

    assert quantities(door.ledger.db) == {("read", "41"): 5, ("read", "42"): 4}
    entries = [decode(body) for body in folds.bodies(door.ledger.db)]
    lines = set()
    for answer in answers:
        assert isinstance(answer, Counted)
        receipt = answer.receipt
        assert receipt is not None
        batch = entries[receipt.entry].reads
        assert batch is not None
        line = receipt.line.encode()
        path = [bytes.fromhex(each) for each in receipt.path]
        root = bytes.fromhex(batch.root)
        verify_inclusion(receipt.place, batch.count, leaf_hash(line), path, root)
        assert read_of(line).story in ("41", "42")
        lines.add(line)
        assert [(gift.cause, gift.share) for gift in answer.gifts] == [("meals", Fraction(1, 3))]
    assert len(lines) == 9


def test_a_token_counts_once_in_its_batch_and_in_every_later_one(door: Door) -> None:
    read = door.read()
    assert told(door.count(read, read)) == ["counted", "replayed"]
    assert told(door.count(read)) == ["replayed"]
    assert quantities(door.ledger.db) == {("read", "41"): 1}


def test_a_visitor_counts_once_a_story_and_day(door: Door) -> None:
    first, again, other = door.read(tag=7), door.read(tag=7), door.read(tag=-7)
    assert told(door.count(first, again, other)) == ["counted", "already-today", "counted"]
    assert told(door.count(door.read(tag=7))) == ["already-today"]
    tomorrow = Finished(Token(41, door.next + 1, BEGUN + 86_400_000, 7))
    assert told(door.count(tomorrow)) == ["counted"]


def test_what_is_refused_spends_no_token(door: Door) -> None:
    door.count(door.read(tag=7))
    again = door.read(tag=7)
    assert told(door.count(again)) == told(door.count(again)) == ["already-today"]


def test_a_token_whose_block_is_gone_has_expired(door: Door) -> None:
    read = door.read()
    seven_hours = BEGUN + 7 * 3_600_000
    assert spent.forget(door.ledger.db, seven_hours) == 0
    assert told(door.count(read)) == ["counted"]
    assert spent.forget(door.ledger.db, seven_hours + 1) == 1
    assert told(door.count(door.read())) == ["expired"]
    assert spent.reserve(door.ledger.db, seven_hours) == 1


def test_no_visitor_counts_again_once_who_has_read_is_forgotten(door: Door) -> None:
    first, late = door.read(tag=7), door.read(tag=7)
    assert told(door.count(first)) == ["counted"]
    over = datetime.fromtimestamp(rules.expires(BEGUN) / 1000, UTC)
    visitors.forget(door.ledger.db, rules.day_of(BEGUN) + 1)
    assert told(list(count(door.ledger, [late], over).answers)) == ["expired"]


def test_a_batch_that_fails_counts_spends_and_credits_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = door.read(share=code(1))

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(shares, "credit", fail)
        with pytest.raises(OSError, match="disk"):
            door.count(read)
    assert quantities(door.ledger.db) == {}
    assert told(door.count(read)) == ["counted"]


def test_a_braked_campaign_gives_nothing_and_the_read_counts(door: Door) -> None:
    brake.pull(door.ledger.db, "pages", "a test", NOW)
    (answer,) = door.count(door.read())
    assert answer == Counted((), None)
    assert quantities(door.ledger.db) == {("read", "41"): 1}
    assert reads.campaign_totals(door.ledger.db) == {}


def test_a_read_that_came_by_a_code_is_a_visit_too_and_is_credited(door: Door) -> None:
    came = [door.read(share=code(1)) for _ in range(2)]
    door.count(*came, door.read(share=code(2)), door.read())

    assert quantities(door.ledger.db) == {("read", "41"): 4, ("visit", "41"): 3}
    found = shares.find(door.ledger.db, code(1))
    assert (found.reads, found.passed) == (2, 0)
    # A third of a meal for each read, half of one for each visit.
    assert [(gift.cause, gift.direct) for gift in found.gifts] == [("meals", Fraction(5, 3))]
    assert shares.find(door.ledger.db, code(3)).reads == 0


def test_a_replayed_visit_is_credited_once(door: Door) -> None:
    read = door.read(share=code(1))
    door.count(read, read)
    door.count(read)
    assert shares.find(door.ledger.db, code(1)).reads == 1


def test_a_chain_counts_each_read_once_and_shows_it_as_passed_on_above(door: Door) -> None:
    db = door.ledger.db
    assert not shares.adopt(db, code(2), code(1)), "nothing has come by the first one yet"
    door.count(door.read(share=code(1)))
    assert shares.adopt(db, code(2), code(1))
    door.count(door.read(share=code(2)))
    assert shares.adopt(db, code(3), code(2))
    door.count(door.read(share=code(3)), door.read(share=code(3)))

    found = [shares.find(db, code(n)) for n in (1, 2, 3)]
    assert [(each.reads, each.passed) for each in found] == [(1, 3), (1, 2), (2, 0)]
    assert quantities(db)["visit", "41"] == 4
    one = Fraction(5, 6)
    assert [each.gifts[0].direct for each in found] == [one, one, 2 * one]
    assert [each.gifts[0].passed for each in found] == [3 * one, 2 * one, 0]


def test_a_chain_is_followed_so_far_and_no_further(door: Door) -> None:
    last = shares.MAX_CHAIN + 2
    for n in range(1, last):
        door.count(door.read(share=code(n)))
        assert shares.adopt(door.ledger.db, code(n + 1), code(n))
    before = shares.find(door.ledger.db, code(1)).passed
    door.count(door.read(share=code(last)))
    assert shares.find(door.ledger.db, code(1)).passed == before
    assert shares.find(door.ledger.db, code(2)).passed == shares.MAX_CHAIN


def test_a_script_cannot_fill_the_table_with_children(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "MAX_CHILDREN", 3)
    door.count(door.read(share=code(1)))
    adopted = [shares.adopt(door.ledger.db, code(n), code(1)) for n in range(2, 8)]
    assert adopted == [True, True, True, False, False, False]


def test_reads_long_after_midnight_keep_their_day(door: Door) -> None:
    late = count(door.ledger, [door.read()], NOW + timedelta(hours=1))
    assert isinstance(late.answers[0], Counted)


def test_a_full_block_stays_small_and_quick_to_ask(door: Door) -> None:
    base = spent.reserve(door.ledger.db, BEGUN) << BLOCK_BITS
    with door.ledger.db.transaction():
        blocks, unspent = spent.unspent(door.ledger.db, range(base, base + BLOCK))
        assert len(unspent) == BLOCK
        spent.spend(door.ledger.db, blocks, unspent)
    known = spent.Spent(spent.load(door.ledger.db))
    assert base in known
    assert base + BLOCK - 1 in known
    assert base + BLOCK not in known
    size = door.ledger.db.row(
        "SELECT LENGTH(spent) FROM reading_block WHERE block = ?", (base >> BLOCK_BITS,)
    )
    assert size is not None
    assert size[0] < 100
