"""What a charity's own page says: what is promised to it, on its way and arrived.

It reads of this one charity and of nobody else. Statements are a room above this one, which
says what to list by adding a function to `STATEMENTS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from almoner.giving.models import Cause, Charity
from almoner.giving.sentences import amount
from almoner.ledger import Database, settle
from almoner.ledger.publish import read_campaigns
from almoner.settlement import links, standing
from almoner.settlement.ages import NAMES, Ages, ages, together
from almoner.settlement.models import Delivery, Dispute
from almoner.settlement.owed import deliver_within, today

LAST = 50  # deliveries on the page; older ones are in the statements


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that the charity may read."""

    title: str
    day: date
    url: str


STATEMENTS: list[Callable[[Charity], Sequence[Statement]]] = []


@dataclass(frozen=True, slots=True)
class Promised:
    """A cause, as the charity sees it; texts carry their unit, "" where there is nothing."""

    label: str
    icon: str
    promised: str
    held: str
    on_its_way: str
    arrived: str
    waiting: tuple[tuple[str, str], ...]
    overdue: str
    days: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery, as the charity sees it. `answer_url` is "" where nothing is to be answered."""

    day: date
    reference: str
    what: str
    state: str
    note: str
    answer_url: str
    documents: tuple[tuple[str, str], ...]
    disputes: tuple[Dispute, ...]


def promised(db: Database, charity: Charity, now: datetime) -> list[Promised]:
    """What every cause owes and brought the charity, in the banner's order."""
    shares = settle.shares(db, charity.slug)
    moved = settle.movements(db, [each.name for each in shares])
    versions, day = read_campaigns(db), today(now)
    found: list[Promised] = []
    for cause in Cause.objects.filter(slug__in=[each.cause for each in shares]):
        mine = [each for each in shares if each.cause == cause.slug]
        waited = together(
            ages(
                moved[each.name],
                day,
                deliver_within(next(reversed(versions.get(each.campaign, ())), None)),
            )
            for each in mine
        )
        found.append(_told(cause, mine, waited, day))
    return found


def _told(cause: Cause, shares: Sequence[settle.Share], waited: Ages, day: date) -> Promised:
    def text(minor: int) -> str:
        return amount(minor, cause.unit, cause.kind, cause.scale) if minor else ""

    held, owed = sum(each.held for each in shares), sum(each.owed for each in shares)
    return Promised(
        label=cause.label,
        icon=cause.icon,
        promised=amount(held + owed, cause.unit, cause.kind, cause.scale),
        held=text(held),
        on_its_way=amount(
            sum(each.delivered for each in shares), cause.unit, cause.kind, cause.scale
        ),
        arrived=amount(sum(each.confirmed for each in shares), cause.unit, cause.kind, cause.scale),
        waiting=tuple(
            (name, text(minor)) for name, minor in zip(NAMES, waited.buckets, strict=True) if minor
        ),
        overdue=text(waited.overdue),
        days=waited.days(day),
    )


def sent(charity: Charity) -> list[Sent]:
    """What was sent to the charity, the newest first."""
    found: list[Sent] = []
    rows = charity.deliveries.exclude(state=Delivery.State.PREPARED)  # type: ignore[attr-defined]
    for delivery in rows.prefetch_related("documents", "disputes")[:LAST]:
        waits = any(standing.outstanding(delivery).values())
        found.append(
            Sent(
                day=delivery.day,
                reference=delivery.reference,
                what=standing.listed(delivery, standing.sent(delivery)),
                state=delivery.get_state_display(),
                note=delivery.note,
                answer_url=links.answer_link(delivery) if waits else "",
                documents=tuple(
                    (each.caption or each.get_kind_display(), each.public_url)
                    for each in delivery.documents.all()
                    if each.public
                ),
                disputes=tuple(delivery.disputes.all()),
            )
        )
    return found


def statements(charity: Charity) -> list[Statement]:
    """The statements that the charity may read, the newest first."""
    found = [each for list_them in STATEMENTS for each in list_them(charity)]
    return sorted(found, key=lambda each: each.day, reverse=True)
