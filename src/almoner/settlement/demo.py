"""What was handed over in the demonstration's half-year, and what the charities said of it.

Guarantee: each delivery is there once, however often this runs and wherever it was stopped: it
is known by its charity and reference, and goes on from where it is. What somebody has done with
one since is left alone. Appends to the ledger: call it outside a Django transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Cause, Charity
from almoner.ledger import settle
from almoner.settlement import deliveries, disputes, evidence, links
from almoner.settlement.demo_papers import paper, picture
from almoner.settlement.models import Answer, Delivery, Dispute, Document
from almoner.settlement.periods import close, next_month
from almoner.settlement.standing import Amounts, listed, outstanding, sent


@dataclass(frozen=True, slots=True)
class Handover:
    """A delivery of all that is owed on a day, counted from the first of the history.

    It is answered `after` so many days, 0 if not at all; `missing` units of its first line did
    not arrive, and what is `wrong` opens a dispute that `reply` answers a day later. One that is
    not `sent` stays prepared.
    """

    day: int
    charity: str
    reference: str
    by: str
    note: str = ""
    shows: str = ""
    caption: str = ""
    after: int = 0
    name: str = ""
    missing: int = 0
    said: str = ""
    wrong: str = ""
    reply: str = ""
    sent: bool = True


HANDOVERS = (
    # Nothing went to the toy drive since: what it is owed is overdue by now.
    Handover(
        25, "quill-street", "QS-1", "van", shows="toys", after=3, name="Ines Okafor",
        caption="Toys on the shelves of the drive’s store room",
    ),
    Handover(
        38, "harbor-table", "HT-2201", "lorry", shows="boxes", after=3, name="Maren Holt",
        caption="Boxed meals in the food bank’s store",
    ),
    Handover(
        55, "ashgrove", "AN-118", "van", shows="blankets", after=3, name="Tobias Reed",
        caption="Blankets, folded and counted",
    ),
    Handover(62, "lantern-house", "LH-31", "bank transfer", after=1, name="R. Amadi"),
    Handover(76, "harbor-table", "HT-2207", "lorry", after=4, name="Maren Holt"),
    Handover(90, "steady-paws", "SP-7", "bank transfer", after=2, name="Joan Pell"),
    Handover(
        105, "second-road", "SR-12", "van", shows="kennels", after=1, name="Dag Lindqvist",
        caption="Travelling kennels, ready for the next road", note="Fuel and tolls, by the log.",
    ),
    Handover(
        117, "harbor-table", "HT-2213", "lorry", after=4, name="Maren Holt", missing=24,
        said="Two boxes of twelve were not on the lorry.",
    ),
    Handover(123, "lantern-house", "LH-44", "bank transfer", after=1, name="R. Amadi"),
    Handover(
        130, "ashgrove", "AN-127", "van", after=3, name="Tobias Reed",
        wrong="Twelve of the blankets arrived wet and cannot be used.",
        reply="We are sorry. Twelve new ones leave on Monday; please keep the wet ones aside.",
    ),
    Handover(144, "steady-paws", "SP-11", "bank transfer"),
    Handover(148, "second-road", "SR-15", "van", sent=False),
)  # fmt: skip


def hand_over(day: int, now: datetime, by: Any) -> Iterator[str]:
    """Do what was done on a day of the history, at `now`; says what."""
    for each in HANDOVERS:
        if each.day == day:
            yield _deliver(each, now, by)
        elif each.after and each.day + each.after == day:
            yield _answer(each, now)
        elif each.reply and each.day + each.after + 1 == day:
            yield _reply(each, now, by)


def open_page(now: datetime) -> None:
    """Give one charity a link to its own page."""
    charity = Charity.objects.get(slug="harbor-table")
    if not links.page_link(charity):
        links.make_page_link(charity, now)


def close_months(ends: datetime, by: Any) -> Iterator[str]:
    """Close what is over but for the last month, each on the fourth day of the next."""
    last = ends.date().replace(day=1) - timedelta(days=1)
    while (month := next_month(ends)) and month.last_day < last.replace(day=1):
        closed = datetime.combine(month.last_day + timedelta(days=4), time(10), UTC)
        yield f"{close(month.first_day, by, closed)} is closed"


def _deliver(each: Handover, now: datetime, by: Any) -> str:
    charity = Charity.objects.get(slug=each.charity)
    delivery = Delivery.objects.filter(charity=charity, reference=each.reference).first()
    if delivery is None:
        day = timezone.localdate(now)
        delivery = deliveries.prepare(charity, _owed(charity), day, each.reference, each.note)
    if each.sent:
        if delivery.state == Delivery.State.PREPARED:
            _attach(each, delivery, now, by)
        delivery = deliveries.send(delivery, by, now)
        for document in delivery.documents.filter(media_type="image/jpeg", public=False):
            evidence.publish(document, each.caption)
    return f"{delivery}: {listed(delivery, sent(delivery))}"


def _owed(charity: Charity) -> list[tuple[Campaign, Cause, int]]:
    with open_ledger() as ledger:
        shares = settle.shares(ledger.db, charity.slug)
    return [
        (Campaign.objects.get(slug=each.campaign), Cause.objects.get(slug=each.cause), each.owed)
        for each in shares
        if each.owed
    ]


def _attach(each: Handover, delivery: Delivery, now: datetime, by: Any) -> None:
    what, charity = listed(delivery, sent(delivery)), delivery.charity
    bank = each.by == "bank transfer"
    kind = Document.Kind.BANK if bank else Document.Kind.LADING
    lines = [f"To: {charity}", f"By: {each.by}", f"What: {what}", f"On: {delivery.day}"]
    page = paper(f"{kind.label} {each.reference}", lines)
    evidence.attach(delivery, kind, f"{each.reference}.pdf", page, by, now)
    if each.shows:
        seen = picture(each.shows)
        evidence.attach(delivery, Document.Kind.PHOTOGRAPH, f"{each.reference}.jpg", seen, by, now)


def _answer(each: Handover, now: datetime) -> str:
    delivery = _of(each)
    amounts: Amounts = {}
    kind, note = Answer.Kind.ALL, each.said
    if each.wrong:
        kind, note = Answer.Kind.WRONG, each.wrong
    elif each.missing:
        kind, amounts = Answer.Kind.PART, outstanding(delivery)
        amounts[next(iter(amounts))] -= each.missing
    deliveries.answer(delivery, 1, kind, each.name, note, amounts, now)
    return f"{delivery}: {Answer.Kind(kind).label.lower()}"


def _reply(each: Handover, now: datetime, by: Any) -> str:
    delivery = _of(each)
    dispute = Dispute.objects.filter(delivery=delivery, state=Dispute.State.OPEN).first()
    if dispute is not None:
        disputes.reply(dispute, each.reply, by, now)
    return f"{delivery}: answered"


def _of(each: Handover) -> Delivery:
    return Delivery.objects.get(charity__slug=each.charity, reference=each.reference)
