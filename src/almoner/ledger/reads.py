"""What the ledger can be asked. Reads only; every figure is a fold over the postings.

A cause's measures come from the accounts that name it: `opening/<cause>`,
`campaign/…/held/<cause>/…` and `charity/…/{owed,delivered,confirmed}/<cause>/…`.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import msgspec

from almoner.ledger.database import Database
from almoner.ledger.event import key, measured
from almoner.ledger.publish import read_campaigns
from almoner.log import merkle

# One page of an answer; larger ones are asked for with a cursor.
MAX_PAGE = 1_000
# Where what was pledged for a cause can lie; with what was carried forward, all it has.
PLEDGED = ("held", "owed", "delivered", "confirmed")
MEASURES = ("opening", *PLEDGED)


class Totals(msgspec.Struct, frozen=True):
    """A cause's measures in minor units.

    `pledged` is all that campaigns ever moved, net of refunds, wherever it is now;
    `delivered` includes what was confirmed since.
    """

    opening: int = 0
    held: int = 0
    owed: int = 0
    delivered: int = 0
    confirmed: int = 0

    @property
    def pledged(self) -> int:
        """Everything promised in the public record."""
        return self.held + self.owed + self.delivered

    @property
    def shown(self) -> int:
        """What the banner shows: carried forward, and pledged since."""
        return self.opening + self.pledged


class Balance(msgspec.Struct, frozen=True):
    """One account's balance, in minor units of `unit`."""

    account: str
    unit: str
    scale: int
    minor: int


class Movement(msgspec.Struct, frozen=True):
    """What one entry did to one cause: `minor` is signed."""

    entry: int
    time: str
    kind: str
    campaign: str
    minor: int


class StoredEntry(msgspec.Struct, frozen=True):
    """An entry as it was hashed."""

    index: int
    leaf: bytes
    body: bytes


class Sealed(msgspec.Struct, frozen=True):
    """An entry with the event behind it. `salt` opens its commitment; None once forgotten."""

    index: int
    body: bytes
    source: str
    ref: str
    salt: bytes | None


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as received. `pledged_since` tells of a replay after it arrived."""

    seq: int
    source: str
    ref: str
    kind: str
    occurred_at: str
    received_at: str
    body: str
    outcome: str
    campaigns: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """How much the ledger holds, and the root over it."""

    size: int
    events: int
    revision: int
    root: bytes


def head(db: Database) -> Head:
    """The ledger's head row."""
    row = db.row("SELECT size, events, revision, frontier FROM ledger_head WHERE id = 1")
    assert row is not None, "the ledger has no head row"
    return Head(row[0], row[1], row[2], merkle.root(row[0], bytes(row[3])))


def totals(db: Database) -> dict[str, Totals]:
    """The measures of every cause that anything was ever posted for."""
    found: dict[str, dict[str, int]] = {}
    for path, minor in db.rows("SELECT path, balance FROM ledger_account"):
        measure, name = measured(path)
        if measure:
            cause = found.setdefault(name, {})
            cause[measure] = cause.get(measure, 0) + minor
    return {
        cause: Totals(**{**sums, "delivered": sums.get("delivered", 0) + sums.get("confirmed", 0)})
        for cause, sums in found.items()
    }


def campaign_totals(db: Database) -> dict[str, int]:
    """What each campaign has pledged, net of refunds, in minor units."""
    found: dict[str, int] = {}
    for campaign, due, parts in db.rows("SELECT campaign, due, parts FROM ledger_standing"):
        found[campaign] = found.get(campaign, 0) + int(due) // int(parts)
    return found


def campaign_total(db: Database, campaign: str) -> int:
    """What one campaign has pledged, net of refunds, in minor units."""
    rows = db.rows("SELECT due, parts FROM ledger_standing WHERE campaign = ?", (campaign,))
    return sum(int(due) // int(parts) for due, parts in rows)


def promised(db: Database, campaign: str) -> Fraction:
    """What one campaign has pledged, net of refunds, in exact minor units."""
    rows = db.rows("SELECT due, parts FROM ledger_standing WHERE campaign = ?", (campaign,))
    return sum((Fraction(int(due), int(parts)) for due, parts in rows), Fraction(0))


def carried(db: Database, campaign: str) -> Fraction:
    """What a campaign has promised and not yet posted: less than a minor unit a charity."""
    rows = db.rows("SELECT due, parts FROM ledger_standing WHERE campaign = ?", (campaign,))
    return sum((Fraction(int(due), int(parts)) % 1 for due, parts in rows), Fraction(0))


def balances(db: Database, after: str = "", limit: int = MAX_PAGE) -> list[Balance]:
    """Accounts by path and unit, from after the cursor `path unit`."""
    path, _, unit = after.partition(" ")
    return [
        Balance(*row)
        for row in db.rows(
            "SELECT path, unit, scale, balance FROM ledger_account "
            "WHERE (path, unit) > (?, ?) ORDER BY path, unit LIMIT ?",
            (path, unit, min(limit, MAX_PAGE)),
        )
    ]


def balance(db: Database, account: str, unit: str) -> int:
    """One account's balance in minor units; 0 where nothing was ever posted."""
    row = db.row("SELECT balance FROM ledger_account WHERE path = ? AND unit = ?", (account, unit))
    return int(row[0]) if row else 0


def entries(db: Database, start: int = 0, limit: int = MAX_PAGE) -> list[StoredEntry]:
    """Entries in log order from index `start`."""
    return [
        StoredEntry(row[0], bytes(row[1]), bytes(row[2]))
        for row in db.rows(
            "SELECT idx, leaf, body FROM ledger_entry WHERE idx >= ? ORDER BY idx LIMIT ?",
            (start, min(limit, MAX_PAGE)),
        )
    ]


def sealed(db: Database, index: int) -> Sealed | None:
    """Entry `index` and what opens it, or None where there is no such entry."""
    return next(iter(_sealed(db, "n.idx = ?", index)), None)


def sealed_of(db: Database, event: int) -> list[Sealed]:
    """The entries that event number `event` made, in log order."""
    return _sealed(db, "n.event = ?", event)


def event_number(db: Database, source: str, ref: str) -> int | None:
    """The number of the event `ref` of `source`, or None where it never came."""
    row = db.row("SELECT seq FROM ledger_event WHERE key = ?", (key(source, ref),))
    return int(row[0]) if row else None


def _sealed(db: Database, where: str, value: int) -> list[Sealed]:
    return [
        Sealed(row[0], bytes(row[1]), row[2], row[3], None if row[4] is None else bytes(row[4]))
        for row in db.rows(
            "SELECT n.idx, n.body, v.source, v.ref, s.salt FROM ledger_entry n "
            "JOIN ledger_event v ON v.seq = n.event LEFT JOIN ledger_salt s ON s.event = v.seq "
            f"WHERE {where} ORDER BY n.idx",
            (value,),
        )
    ]


def movements(db: Database, cause: str, limit: int = 20) -> list[Movement]:
    """The last entries that changed what is shown for a cause, the newest first."""
    change: dict[int, int] = {}
    for account in _cause_accounts(db, cause):
        for side, sign in (("credit", 1), ("debit", -1)):
            for entry, amount in db.rows(
                f"SELECT entry, SUM(amount) FROM ledger_posting WHERE {side} = ? "
                "GROUP BY entry ORDER BY entry DESC LIMIT ?",
                (account, limit),
            ):
                change[entry] = change.get(entry, 0) + sign * int(amount)
    newest = [entry for entry in sorted(change, reverse=True)[:limit] if change[entry]]
    causes = {campaign: versions[-1].cause for campaign, versions in read_campaigns(db).items()}
    campaigns = {
        (entry, causes[campaign]): campaign
        for entry, campaign in db.rows_in(
            "SELECT l.entry, l.campaign FROM ledger_entry e JOIN ledger_pledge l "
            "ON l.event = e.event AND l.entry = e.idx WHERE e.idx IN ? ORDER BY l.campaign DESC",
            newest,
        )
    }
    return [
        Movement(entry, time, kind, campaigns.get((entry, cause), ""), change[entry])
        for entry, time, kind in db.rows_in(
            "SELECT idx, time, kind FROM ledger_entry WHERE idx IN ? ORDER BY idx DESC", newest
        )
    ]


def daily(db: Database, cause: str) -> list[tuple[str, int]]:
    """What is shown for a cause at the end of each day that changed it: (UTC day, total)."""
    series: list[tuple[str, int]] = []
    total = 0
    for day, change in db.rows_in(
        "SELECT day, SUM(change) FROM ledger_day WHERE account IN ? GROUP BY day ORDER BY day",
        _cause_accounts(db, cause),
    ):
        total += int(change)
        series.append((day, total))
    return series


def pledged_on(db: Database, cause: str, first: date, before: date) -> int:
    """What was pledged for a cause from one UTC day until before another, net, in minor units."""
    accounts = _cause_accounts(db, cause, of=PLEDGED)
    rows = db.rows_in("SELECT day, change FROM ledger_day WHERE account IN ?", accounts)
    return sum(int(change) for day, change in rows if f"{first}" <= day < f"{before}")


def events(
    db: Database, *, outcome: str = "", before: int | None = None, limit: int = 50
) -> list[StoredEvent]:
    """Received events, the newest first, from before the cursor `seq`."""
    rows = db.rows(
        "SELECT seq, source, ref, kind, occurred_at, received_at, body, outcome FROM ledger_event "
        "WHERE seq < ? AND (outcome = ? OR ? = '') ORDER BY seq DESC LIMIT ?",
        (before if before is not None else 2**62, outcome, outcome, min(limit, MAX_PAGE)),
    )
    pledged: dict[int, tuple[str, ...]] = {}
    for seq, campaign in db.rows_in(
        "SELECT event, campaign FROM ledger_pledge WHERE event IN ? ORDER BY campaign",
        [row[0] for row in rows],
    ):
        pledged[seq] = (*pledged.get(seq, ()), campaign)
    return [StoredEvent(*row, campaigns=pledged.get(row[0], ())) for row in rows]


def recent_occasions(db: Database, limit: int = MAX_PAGE) -> list[StoredEvent]:
    """The last events that campaigns promise for, the newest first: what a preview runs over."""
    rows: Sequence[Sequence[object]] = db.rows(
        "SELECT seq, source, ref, kind, occurred_at, received_at, body, outcome FROM ledger_event "
        "WHERE kind IN ('order', 'manual', 'action') ORDER BY seq DESC LIMIT ?",
        (min(limit, MAX_PAGE),),
    )
    return [StoredEvent(*row) for row in rows]  # type: ignore[arg-type]


def unmatched(db: Database) -> int:
    """How many orders, actions and entries by hand no campaign has pledged for."""
    row = db.row(
        "SELECT COUNT(*) FROM ledger_event e "
        "WHERE kind IN ('order', 'manual', 'action') AND NOT EXISTS "
        "(SELECT 1 FROM ledger_pledge p WHERE p.event = e.seq)"
    )
    return int(row[0]) if row else 0


def _cause_accounts(db: Database, cause: str, of: Sequence[str] = MEASURES) -> list[int]:
    named = {(measure, cause) for measure in of}
    rows = db.rows("SELECT id, path FROM ledger_account")
    return [row[0] for row in rows if measured(row[1]) in named]
