"""Enters deliveries, answers and reversals into the ledger, and mends what was cut off.

Guarantee: what moves is in the ledger once, whatever is pressed twice or killed half-way. A
row says first what is to be entered, under a reference of its own; then it is appended, then
marked. `catch_up` mends what a kill left between: a delivery is sent if the ledger has it and
prepared if not; an answer or a reversal that the ledger does not have is appended again, and
the ledger takes it once.

Appends to the ledger: call everything here outside a Django transaction.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Cause
from almoner.ledger import Event, Posting, Transfer, settle
from almoner.ledger.settle import Recorded
from almoner.settlement import moments
from almoner.settlement.models import MAX_DOCUMENTS, Answer, Delivery, Line, Reversal
from almoner.settlement.standing import Amounts, lock, refresh
from almoner.units import Amount

SOURCE = "settlement"

_STEP = {
    "confirmation": (settle.confirmed_account, settle.delivered_account),
    "delivery": (settle.delivered_account, settle.owed_account),
}


def enter_delivery(delivery: Delivery, now: datetime) -> Recorded:
    """Append that it was handed over; what the ledger has of this attempt."""
    ref = _of_delivery(delivery)
    return _append([(ref, "delivery", _sending(delivery), _moment(delivery))], now)[ref]


def was_refused(delivery: Delivery) -> int:
    """The attempt that the ledger refused last, 0 where it never did.

    Only then is the next one another event: two presses at once are the same one.
    """
    ref = _of_delivery(delivery)
    with open_ledger() as ledger:
        found = settle.recorded(ledger.db, SOURCE, [ref]).get(ref)
    return delivery.attempt if found and found.entry is None else 0


def _sending(delivery: Delivery) -> Transfer:
    charity = delivery.charity.slug
    hashes = sorted(delivery.documents.values_list("sha256", flat=True))
    return Transfer(
        tuple(
            _posting(line, charity, settle.owed_account, settle.delivered_account, line.minor)
            for line in delivery.lines.all()
        ),
        evidence=tuple(hashes[:MAX_DOCUMENTS]),
    )


def _of_delivery(delivery: Delivery, attempt: int | None = None) -> str:
    return f"delivery/{delivery.uuid}/{delivery.attempt if attempt is None else attempt}"


def _moment(delivery: Delivery) -> datetime:
    return datetime.combine(delivery.day, time.min, UTC)


def _take(delivery: Delivery, found: Recorded) -> None:
    """Mark as sent what the ledger holds; its lines are what the ledger says."""
    with transaction.atomic():
        delivery = lock(delivery)
        if delivery.state != Delivery.State.PREPARED:
            return
        _take_lines(delivery, found.transfer)
        delivery.entry, delivery.sent_at, delivery.sending_at = found.entry, found.time, None
        delivery.state = Delivery.State.SENT
        delivery.link_number = 1
        delivery.save()
        delivery.documents.filter(sha256__in=found.transfer.evidence).update(entry=found.entry)
        moments.sent(delivery)


def _take_lines(delivery: Delivery, transfer: Transfer) -> None:
    """Give the lines the ledger's amounts, where somebody changed them while it was entered."""
    entered = {_promise(each.debit): each.amount.minor for each in transfer.postings}
    lines = {(line.campaign.slug, line.cause.slug): line for line in delivery.lines.all()}
    for name, line in lines.items():
        if name not in entered:
            line.delete()
        elif line.minor != entered[name]:
            line.minor = entered[name]
            line.save()
    for campaign, cause in entered.keys() - lines.keys():
        Line.objects.create(
            delivery=delivery,
            campaign=Campaign.objects.get(slug=campaign),
            cause=Cause.objects.get(slug=cause),
            minor=entered[campaign, cause],
        )


def _promise(path: str) -> tuple[str, str]:
    """The campaign and the cause of one of our accounts."""
    _, _, _, cause, campaign = path.split("/")
    return campaign, cause


def _enter_answer(delivery: Delivery, said: Answer, now: datetime) -> None:
    ref = f"confirmation/{delivery.uuid}/{said.number}"
    moved = _transfer(
        delivery, said.amounts, settle.delivered_account, settle.confirmed_account, None
    )
    transfer = Transfer(moved.postings, evidence=tuple(said.evidence))
    found = _append([(ref, "confirmation", transfer, said.at)], now)[ref]
    with transaction.atomic():
        delivery = lock(delivery)
        said = delivery.answers.get(pk=said.pk)
        if said.entry is not None or said.refused:
            return
        said.entry = found.entry
        said.refused = "" if found.entry is not None else "It was taken back meanwhile."
        said.save()
        delivery.documents.filter(sha256__in=said.evidence, entry=None).update(entry=found.entry)
        refresh(delivery)
        if found.entry is not None:
            moments.confirmed(said)


def _enter_reversal(delivery: Delivery, done: Reversal, now: datetime) -> None:
    events: list[tuple[str, str, Transfer, datetime]] = []
    for at, step in enumerate(done.steps):
        source, target = _STEP[step["of"]]
        transfer = _transfer(delivery, step["amounts"], source, target, step["corrects"])
        events.append(
            (f"reversal/{delivery.uuid}/{done.number}/{at}", "reversal", transfer, done.at)
        )
    found = _append(events, now)
    entry = found[events[-1][0]].entry
    with transaction.atomic():
        delivery = lock(delivery)
        done = delivery.reversals.get(pk=done.pk)
        if done.entry is not None or done.refused:
            return
        done.entry = entry
        done.refused = "" if entry is not None else "The ledger refused to take it back."
        done.save()
        refresh(delivery)


def catch_up(delivery: Delivery, now: datetime | None = None) -> Delivery:
    """Mend what was cut off between a row and the ledger; the delivery as it is now."""
    now = now or timezone.now()
    delivery = Delivery.objects.select_related("charity").get(pk=delivery.pk)
    if delivery.state == Delivery.State.PREPARED and delivery.attempt:
        refs = [_of_delivery(delivery, at) for at in range(1, delivery.attempt + 1)]
        with open_ledger() as ledger:
            found = settle.recorded(ledger.db, SOURCE, refs)
        for each in found.values():
            if each.entry is not None:
                _take(delivery, each)
    for said in delivery.answers.filter(entry=None, refused="").exclude(amounts={}):
        _enter_answer(delivery, said, now)
    for done in delivery.reversals.filter(entry=None, refused=""):
        _enter_reversal(delivery, done, now)
    return Delivery.objects.select_related("charity").get(pk=delivery.pk)


def catch_up_all() -> None:
    """Mend every delivery that needs it."""
    said = Answer.objects.filter(entry=None, refused="").exclude(amounts={})
    done = Reversal.objects.filter(entry=None, refused="")
    waiting = Delivery.objects.filter(
        Q(state=Delivery.State.PREPARED, attempt__gt=0)
        | Q(pk__in=said.values("delivery"))
        | Q(pk__in=done.values("delivery"))
    )
    for delivery in waiting:
        catch_up(delivery)


def _append(
    events: Sequence[tuple[str, str, Transfer, datetime]], now: datetime
) -> dict[str, Recorded]:
    """Append transfers, and read back what the ledger has of them."""
    with open_ledger() as ledger:
        ledger.append(
            [Event(SOURCE, ref, kind, when, body) for ref, kind, body, when in events],  # type: ignore[arg-type]
            now,
        )
        found = settle.recorded(ledger.db, SOURCE, [ref for ref, *_ in events])
    assert len(found) == len(events), f"the ledger has {sorted(found)}"
    return found


def _transfer(
    delivery: Delivery, amounts: Amounts, source: Any, target: Any, corrects: int | None
) -> Transfer:
    lines = {line.key: line for line in delivery.lines.all()}
    charity = delivery.charity.slug
    return Transfer(
        tuple(
            _posting(lines[key], charity, source, target, minor) for key, minor in amounts.items()
        ),
        corrects,
    )


def _posting(line: Line, charity: str, source: Any, target: Any, minor: int) -> Posting:
    names = (charity, line.cause.slug, line.campaign.slug)
    return Posting(source(*names), target(*names), Amount(line.cause.exact_unit, minor))
