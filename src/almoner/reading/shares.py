"""What came by a share code: reads, what they gave, and what was passed on from there.

A read is credited to the code that it came by, once, and shown as passed on at the codes which
that one came from. Nothing is kept for a code until a read has come by it, but for one made by
somebody who came by another: its origin is written down, for at most `MAX_CHILDREN` of a code
that has brought a read itself, so that no script fills the table. Limit: a chain is followed
`MAX_CHAIN` steps up.
"""

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from almoner.ledger import Database
from almoner.reading.share_code import ShareCode

MAX_CHAIN = 8
MAX_CHILDREN = 1_000


class Gift(msgspec.Struct, frozen=True):
    """What reads gave for a cause, in exact minor units: by the code itself, and passed on."""

    cause: str
    direct: Fraction
    passed: Fraction


class Share(msgspec.Struct, frozen=True):
    """What a code did. `reads` came by it, `passed` by codes that came from it."""

    story: int
    reads: int
    passed: int
    gifts: tuple[Gift, ...]


def adopt(db: Database, code: ShareCode, parent: ShareCode) -> bool:
    """Write down that a new code's maker came by `parent`; whether there was room."""
    assert code.story == parent.story, f"{code.text} and {parent.text} are of two stories"
    with db.transaction():
        room = db.run(
            "UPDATE reading_share SET children = children + 1 "
            "WHERE code = ? AND reads > 0 AND children < ?",
            (parent.text, MAX_CHILDREN),
        )
        if room:
            _open(db, code, parent.text)
    return bool(room)


def credit(db: Database, code: ShareCode, reads: int, given: Mapping[str, Fraction]) -> None:
    """Credit reads and what each cause got to a code, and as passed on to where it came from."""
    _open(db, code, "")
    db.run("UPDATE reading_share SET reads = reads + ? WHERE code = ?", (reads, code.text))
    _give(db, code.text, given, "share")
    above, at = 0, _parent(db, code.text)
    while at and above < MAX_CHAIN:
        db.run("UPDATE reading_share SET passed = passed + ? WHERE code = ?", (reads, at))
        _give(db, at, given, "passed")
        above, at = above + 1, _parent(db, at)


def find(db: Database, code: ShareCode) -> Share:
    """What a code did so far; nothing where no read came by it yet."""
    row = db.row("SELECT reads, passed FROM reading_share WHERE code = ?", (code.text,))
    if row is None:
        return Share(code.story, 0, 0, ())
    gifts = db.rows(
        "SELECT cause, share, passed FROM reading_share_given WHERE code = ? ORDER BY cause",
        (code.text,),
    )
    return Share(
        code.story,
        int(row[0]),
        int(row[1]),
        tuple(Gift(cause, Fraction(share), Fraction(passed)) for cause, share, passed in gifts),
    )


def _open(db: Database, code: ShareCode, parent: str) -> None:
    db.run(
        "INSERT INTO reading_share (code, story, parent, children, reads, passed) "
        "VALUES (?, ?, ?, 0, 0, 0) ON CONFLICT (code) DO NOTHING",
        (code.text, code.story, parent),
    )


def _parent(db: Database, code: str) -> str:
    row = db.row("SELECT parent FROM reading_share WHERE code = ?", (code,))
    return str(row[0]) if row else ""


def _give(db: Database, code: str, given: Mapping[str, Fraction], column: str) -> None:
    """Add to one of the two sums of each cause. Both are exact, so they are text."""
    for cause, more in given.items():
        row = db.row(
            "SELECT share, passed FROM reading_share_given WHERE code = ? AND cause = ?",
            (code, cause),
        )
        sums = {"share": Fraction(row[0]), "passed": Fraction(row[1])} if row else {}
        sums[column] = sums.get(column, Fraction(0)) + more
        db.run(
            "INSERT INTO reading_share_given (code, cause, share, passed) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (code, cause) DO UPDATE SET share = excluded.share, "
            "passed = excluded.passed",
            (code, cause, str(sums.get("share", 0)), str(sums.get("passed", 0))),
        )
