"""Deliveries from what is owed: prepared, sent, answered by the charity, taken back.

The limits of one delivery are kept here, under its row's lock; those of an account by the
ledger, which `entering` appends to: call everything here outside a Django transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from almoner.giving.book import open_ledger
from almoner.giving.models import Charity
from almoner.ledger import settle
from almoner.settlement import moments
from almoner.settlement.entering import catch_up, enter_delivery, was_refused
from almoner.settlement.models import (
    MAX_DOCUMENTS,
    MAX_LINES,
    Answer,
    Delivery,
    Dispute,
    Line,
    Period,
    Reversal,
)
from almoner.settlement.standing import (
    Amounts,
    SettlementError,
    add,
    kept,
    lock,
    next_number,
    outstanding,
    refresh,
    steps,
    told,
)
from almoner.units import MAX_MINOR

Wanted = Sequence[tuple[Any, Any, int]]  # campaign, cause, minor units

# An append waits a minute for the ledger's lock (ledger.database.BUSY_SECONDS); after five no
# press of the button is on its way any more.
SENDING = timedelta(minutes=5)


def prepare(
    charity: Charity,
    wanted: Wanted,
    day: date,
    reference: str,
    note: str = "",
    delivery: Delivery | None = None,
) -> Delivery:
    """Keep a delivery that is not sent yet, or change `delivery` to this."""
    wanted = [each for each in wanted if each[2]]
    if not wanted:
        raise SettlementError("A delivery of nothing is none: write how much of something.")
    if len(wanted) > MAX_LINES:
        raise SettlementError(f"A delivery has {MAX_LINES} lines at most: make two of it.")
    refuse_closed(day)
    _refuse_beyond(charity, wanted)
    if delivery is not None:
        catch_up(delivery)
    try:
        with transaction.atomic():
            if delivery is None:
                delivery = Delivery(charity=charity)
            else:
                delivery = lock(delivery)
                if delivery.state != Delivery.State.PREPARED:
                    raise SettlementError("It is sent already: take it back instead.")
                delivery.lines.all().delete()
            delivery.day, delivery.reference, delivery.note = day, reference, note
            delivery.save()
            for campaign, cause, minor in wanted:
                Line.objects.create(delivery=delivery, campaign=campaign, cause=cause, minor=minor)
    except IntegrityError:
        raise SettlementError(
            f"{charity} has a delivery with the reference “{reference}” already: "
            "open that one, or choose another reference."
        ) from None
    return delivery


def discard(delivery: Delivery) -> None:
    """Forget a delivery that was never sent."""
    catch_up(delivery)
    with transaction.atomic():
        delivery = lock(delivery)
        if delivery.state != Delivery.State.PREPARED:
            raise SettlementError("It is sent already: take it back instead.")
        if is_sending(delivery, timezone.now()):
            raise SettlementError("It is being sent at this moment: look again in five minutes.")
        delivery.delete()


def refuse_closed(day: date) -> None:
    """Refuse a day of a month that is closed."""
    closed = Period.objects.filter(first_day__lte=day, last_day__gte=day).first()
    if closed is not None:
        last = Period.objects.order_by("-last_day").first()
        assert last is not None, closed
        raise SettlementError(
            f"{closed} is closed. Date the delivery after {_day(last.last_day)}, and write the "
            "day it was handed over into the note."
        )


def _refuse_beyond(charity: Charity, wanted: Wanted) -> None:
    """Refuse what is more than owed, with both figures."""
    with open_ledger() as ledger:
        owed = {each.name: each.owed for each in settle.shares(ledger.db, charity.slug)}
    for campaign, cause, minor in wanted:
        assert 0 < minor <= MAX_MINOR, f"{minor} of {campaign.slug}"
        here = owed.get((charity.slug, cause.slug, campaign.slug, cause.unit), 0)
        if minor > here:
            raise SettlementError(
                f"{charity} is owed {told(cause, here)} through {campaign}, and this delivery "
                f"has {told(cause, minor)}. Take it down to what is owed."
            )


def send(delivery: Delivery, by: Any, now: datetime) -> Delivery:
    """Enter that it was handed over, and tell the charity. Pressing twice sends it once."""
    delivery = catch_up(delivery, now)
    if delivery.state != Delivery.State.PREPARED:
        return delivery
    lines = list(delivery.lines.all())
    _refuse_beyond(delivery.charity, [(each.campaign, each.cause, each.minor) for each in lines])
    if delivery.day > timezone.localdate(now):
        raise SettlementError("That day has not come yet: send it on the day, or change the day.")
    over = was_refused(delivery)
    with transaction.atomic():
        no_closing_meanwhile()
        delivery = lock(delivery)
        refuse_closed(delivery.day)
        if delivery.attempt == over:
            delivery.attempt += 1
        delivery.sending_at, delivery.sent_by = now, by
        delivery.save()
    found = enter_delivery(delivery, now)
    delivery = catch_up(delivery, now)
    if found.entry is None:
        Delivery.objects.filter(pk=delivery.pk).update(sending_at=None)
        raise SettlementError(
            "More would go than is owed by now. Look at what is owed, and try again."
        )
    return delivery


def is_sending(delivery: Delivery, now: datetime) -> bool:
    """Whether somebody's press of the button may still be on its way to the ledger."""
    return delivery.sending_at is not None and now - delivery.sending_at < SENDING


def answer(
    delivery: Delivery,
    number: int,
    kind: str,
    name: str,
    note: str,
    amounts: Amounts,
    now: datetime,
) -> Answer:
    """Keep what the charity says and enter what arrived. The same number says it once."""
    delivery = catch_up(delivery, now)
    with transaction.atomic():
        delivery = lock(delivery)
        said = delivery.answers.filter(number=number).first()
        if said is not None:
            return said
        if number != next_number(delivery.answers):
            raise SettlementError("The page was out of date: look at it again.")
        arrived = _arrived(delivery, kind, note, amounts)
        said = Answer.objects.create(
            delivery=delivery,
            number=number,
            kind=kind,
            name=name,
            note=note,
            amounts=arrived,
            evidence=_unnamed(delivery) if arrived else [],
            at=now,
        )
        if kind == Answer.Kind.WRONG:
            dispute = Dispute.objects.create(delivery=delivery, name=name, text=note, opened_at=now)
            refresh(delivery)
            moments.disputed(dispute)
    catch_up(delivery, now)
    said.refresh_from_db()
    return said


def _arrived(delivery: Delivery, kind: str, note: str, amounts: Amounts) -> Amounts:
    if delivery.state in (Delivery.State.PREPARED, Delivery.State.REVERSED):
        raise SettlementError("There is nothing to confirm: the delivery was taken back.")
    if kind == Answer.Kind.WRONG:
        if not note:
            raise SettlementError("Write what is wrong, so that it can be put right.")
        return {}
    waiting = outstanding(delivery)
    if not any(waiting.values()):
        raise SettlementError("All of it was confirmed already.")
    if kind == Answer.Kind.ALL:
        return {key: minor for key, minor in waiting.items() if minor}
    for key, minor in amounts.items():
        if not 0 <= minor <= waiting.get(key, 0):
            raise SettlementError("More arrived than was sent? Then choose “Something is wrong”.")
    arrived = {key: minor for key, minor in amounts.items() if minor}
    if not arrived:
        raise SettlementError("If nothing arrived, choose “Something is wrong” and say so.")
    return arrived


def _unnamed(delivery: Delivery) -> list[str]:
    """Documents that came after the delivery was entered: the confirmation names them."""
    waiting = delivery.documents.filter(entry=None).order_by("sha256")
    return list(waiting.values_list("sha256", flat=True)[:MAX_DOCUMENTS])


def reverse(
    delivery: Delivery, number: int, amounts: Amounts, reason: str, by: Any, now: datetime
) -> Reversal:
    """Take back all or a part: it is owed again. The same number takes back once.

    What is not confirmed goes first; of what is confirmed, what was confirmed last.
    """
    delivery = catch_up(delivery, now)
    with transaction.atomic():
        delivery = lock(delivery)
        done = delivery.reversals.filter(number=number).first()
        if done is not None:
            return done
        if number != next_number(delivery.reversals):
            raise SettlementError("The page was out of date: look at it again.")
        if delivery.answers.filter(entry=None, refused="").exclude(amounts={}).exists():
            raise SettlementError("A confirmation is being entered: try again in a moment.")
        done = Reversal.objects.create(
            delivery=delivery,
            number=number,
            reason=reason,
            steps=_steps(delivery, amounts),
            at=now,
            by=by,
        )
    catch_up(delivery, now)
    done.refresh_from_db()
    if done.refused:
        raise SettlementError(done.refused)
    return done


def _steps(delivery: Delivery, amounts: Amounts) -> list[dict[str, Any]]:
    amounts = {key: minor for key, minor in amounts.items() if minor}
    if delivery.state == Delivery.State.PREPARED:
        raise SettlementError("It is not sent yet: change or discard it.")
    if not amounts:
        raise SettlementError("Write how much is to be taken back.")
    left, waiting = kept(delivery), outstanding(delivery)
    lines = {line.key: line for line in delivery.lines.all()}
    for key, minor in amounts.items():
        if not 0 < minor <= left.get(key, 0):
            here = told(lines[key].cause, left[key]) if key in lines else "Nothing"
            raise SettlementError(f"{here} of it can be taken back at most.")
    beyond = {key: minor - min(minor, waiting[key]) for key, minor in amounts.items()}
    found: list[dict[str, Any]] = []
    for index, confirmed in _confirmations(delivery):
        part = {key: min(beyond.get(key, 0), minor) for key, minor in confirmed.items()}
        part = {key: minor for key, minor in part.items() if minor}
        if part:
            found.append({"of": "confirmation", "corrects": index, "amounts": part})
            for key, minor in part.items():
                beyond[key] -= minor
    assert not any(beyond.values()), f"{beyond} was confirmed by nobody"
    return [*found, {"of": "delivery", "corrects": delivery.entry, "amounts": amounts}]


def _confirmations(delivery: Delivery) -> Iterable[tuple[int, Amounts]]:
    """What stands of each confirmation, by its entry, the last one first."""
    back: dict[int, Amounts] = {}
    for step in steps(delivery):
        if step["of"] == "confirmation":
            add(back.setdefault(step["corrects"], {}), step["amounts"])
    for said in delivery.answers.exclude(entry=None).order_by("-number"):
        assert said.entry is not None, said
        taken = back.get(said.entry, {})
        yield said.entry, {key: minor - taken.get(key, 0) for key, minor in said.amounts.items()}


def no_closing_meanwhile() -> None:
    """Keep a month from being closed until this transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE settlement_period IN SHARE ROW EXCLUSIVE MODE")


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
