"""Orders, refunds and campaigns that the tests of this room tell their stories with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from almoner.campaigns.model import CampaignVersion, Line, Manual, Order, Refund, RefundedLine
from almoner.ledger import Database, Event, Ledger, Outcome, Posting, Transfer, connect, schema
from almoner.ledger.event import EventKind
from almoner.units import Amount, Unit, currency

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
START = NOW - timedelta(days=30)
MEAL = Unit("meal", "count", 0)
USD = currency("USD")
FUND = "sponsor/acme/fund"


def emptied(url: str) -> Database:
    """The database at `url` with a ledger that holds nothing."""
    if not url.startswith("postgresql:"):
        for suffix in ("", "-wal", "-shm"):
            Path(url + suffix).unlink(missing_ok=True)
    db = connect(url)
    if db.postgresql:
        for (table,) in db.rows("SELECT tablename FROM pg_tables WHERE tablename LIKE 'ledger_%'"):
            db.run(f"DROP TABLE {table}")
        db.run("DROP FUNCTION IF EXISTS ledger_refuse")
    else:
        # Nobody cuts the power in these tests, and a flush a commit would take minutes.
        db.run("PRAGMA synchronous = OFF")
    schema.create(db)
    return db


def campaign(slug: str = "bowls", **terms: object) -> CampaignVersion:
    """A campaign that gives one meal an order to Harbor Table, unless `terms` say otherwise."""
    chosen: dict[str, object] = {
        "version": 1,
        "cause": "meals",
        "unit": "meal",
        "scale": 0,
        "charity": "harbor-table",
        "trigger": "order",
        "rate": "1",
        "starts_at": START,
        "effective_from": START,
        **terms,
    }
    return CampaignVersion(campaign=slug, **chosen)  # type: ignore[arg-type]


def order(
    ref: str,
    *lines: Line,
    when: datetime = NOW,
    kind: str = "order",
    tags: tuple[str, ...] = (),
    currency: str = "USD",
    reader: str = "",
) -> Event:
    """A paid order; of one piece at 10.00 where no lines are given."""
    body = Order(currency, lines or (Line("1", 1, 1000),), tags, reader=reader)
    return Event("shop", ref, kind, when, body)  # type: ignore[arg-type]


def pieces(quantity: int, revenue: int = 1000, product: str = "", line: str = "1") -> Line:
    """A line of `quantity` pieces for `revenue` cents in all."""
    return Line(line, quantity, revenue, product)


def refund(
    ref: str, of: str, quantity: int = 1, revenue: int = 1000, *, line: str = "1", loose: int = 0
) -> Event:
    """Some pieces of one line given back."""
    lines = (RefundedLine(line, quantity, revenue),) if quantity or revenue else ()
    return Event("shop", ref, "refund", NOW, Refund(of, lines, loose))


def by_hand(ref: str, slug: str, quantity: int, when: datetime = NOW) -> Event:
    """An entry by hand."""
    return Event("admin", ref, "manual", when, Manual(slug, quantity))


def moved(ref: str, debit: str, credit: str, minor: int, unit: Unit = MEAL) -> Event:
    """A transfer of one posting."""
    body = Transfer((Posting(debit, credit, Amount(unit, minor)),))
    return Event("admin", ref, "transfer", NOW, body)


def handed(
    ref: str,
    stage: EventKind,
    debit: str,
    credit: str,
    minor: int,
    unit: Unit = MEAL,
    corrects: int | None = None,
) -> Event:
    """A delivery, what a charity confirms of one, or what is taken back of either."""
    body = Transfer((Posting(debit, credit, Amount(unit, minor)),), corrects)
    return Event("admin", ref, stage, NOW, body)


def put_up(ref: str, minor: int, unit: Unit = MEAL) -> Event:
    """A sponsor's deposit into its fund."""
    body = Transfer((Posting("external", FUND, Amount(unit, minor)),))
    return Event("admin", ref, "deposit", NOW, body)


def take(ledger: Ledger, *events: Event, now: datetime = NOW) -> list[Outcome]:
    """Append and return the outcomes."""
    return ledger.append(events, now)


def statuses(outcomes: list[Outcome]) -> list[str]:
    """What became of each event, in one word or two."""
    return [outcome.status for outcome in outcomes]
