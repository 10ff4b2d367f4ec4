"""The moments of a settlement that charities, sponsors and programs are told of.

What is told is kept in the transaction of what happened, so neither is without the other, and
once, whatever is done again; the worker sends it. A sponsor is told of its own campaigns.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from almoner.giving.models import Sponsor
from almoner.notices.mail import send
from almoner.notices.webhooks import publish
from almoner.settlement import links
from almoner.settlement.models import Answer, Delivery, Dispute, Line, Period
from almoner.settlement.standing import kept, lock, outstanding, told
from almoner.units import decimal

REMIND_AFTER = timedelta(days=14)


def sent(delivery: Delivery) -> None:
    """A delivery is on its way: the charity gets its link."""
    amounts = kept(delivery)
    _ask(delivery, "delivery-sent", amounts)
    publish(
        "delivery.sent",
        {
            **_named(delivery),
            "day": delivery.day.isoformat(),
            "lines": _lines(delivery, amounts),
            "entry": delivery.entry,
        },
        f"delivery.sent/{delivery.uuid}",
    )


def confirmed(answer: Answer) -> None:
    """The charity says that something arrived: its sponsors are told."""
    delivery = answer.delivery
    key = f"{delivery.uuid}/{answer.number}"
    for sponsor, lines in _by_sponsor(delivery, answer.amounts):
        said = {
            "name": sponsor.name,
            "charity": delivery.charity.name,
            "reference": delivery.reference,
            "lines": [_in_words(line, answer.amounts) for line in lines],
        }
        mail_key = f"delivery-confirmed/{key}/{sponsor.slug}"
        send("delivery-confirmed", sponsor.contact_email, said, mail_key)
    publish(
        "delivery.confirmed",
        {
            **_named(delivery),
            "lines": _lines(delivery, answer.amounts),
            "whole": not any(outstanding(delivery).values()),
            "entry": answer.entry,
        },
        f"delivery.confirmed/{key}",
    )


def disputed(dispute: Dispute) -> None:
    """The charity says that something is wrong: it and the sponsors are told that it does."""
    delivery, charity = dispute.delivery, dispute.delivery.charity
    parties = [(charity.name, charity.contact_email)]
    parties += [
        (sponsor.name, sponsor.contact_email)
        for sponsor, _ in _by_sponsor(delivery, kept(delivery))
    ]
    for at, (name, to) in enumerate(parties):
        said = {"name": name, "charity": charity.name, "reference": delivery.reference}
        send("delivery-disputed", to, said, f"delivery-disputed/{dispute.pk}/{at}")
    publish("delivery.disputed", _named(delivery), f"delivery.disputed/{dispute.pk}")


def period_closed(period: Period) -> None:
    """A month is closed."""
    month = f"{period.first_day:%Y-%m}"
    publish("period.closed", {"period": month, "size": period.end_entry}, f"period.closed/{month}")


def remind(now: datetime) -> int:
    """Ask once more about what was sent two weeks ago and not answered; how many were asked."""
    waiting = Delivery.objects.filter(
        state__in=(Delivery.State.SENT, Delivery.State.PARTLY),
        sent_at__lte=now - REMIND_AFTER,
        reminded_at=None,
    )
    asked = 0
    for each in waiting:
        with transaction.atomic():
            delivery = lock(each)
            left = outstanding(delivery)
            if delivery.reminded_at or not any(left.values()):
                continue
            delivery.reminded_at = now
            delivery.save(update_fields=["reminded_at"])
            _ask(delivery, "delivery-reminder", left)
            asked += 1
    return asked


def _ask(delivery: Delivery, kind: str, amounts: Mapping[str, int]) -> None:
    """Send the charity its link. An earlier one stays good for its own days."""
    lines = delivery.lines.all()
    said: dict[str, str | list[str]] = {
        "charity": delivery.charity.name,
        "reference": delivery.reference,
        "day": _day(delivery.day),
        "lines": [_in_words(line, amounts) for line in lines if amounts.get(line.key)],
        "link": links.answer_link(delivery),
        "until": _day(timezone.localdate() + timedelta(days=links.DAYS)),
    }
    send(kind, delivery.charity.contact_email, said, f"{kind}/{delivery.uuid}")


def _by_sponsor(
    delivery: Delivery, amounts: Mapping[str, int]
) -> Iterable[tuple[Sponsor, list[Line]]]:
    found: dict[Sponsor, list[Line]] = {}
    for line in delivery.lines.select_related("campaign__sponsor"):
        if line.campaign.sponsor is not None and amounts.get(line.key):
            found.setdefault(line.campaign.sponsor, []).append(line)
    return found.items()


def _named(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery": str(delivery.uuid),
        "charity": delivery.charity.slug,
        "reference": delivery.reference,
    }


def _lines(delivery: Delivery, amounts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "campaign": line.campaign.slug,
            "cause": line.cause.slug,
            "amount": {
                "unit": line.cause.unit,
                "value": decimal(amounts[line.key], line.cause.scale),
            },
        }
        for line in delivery.lines.all()
        if amounts.get(line.key)
    ]


def _in_words(line: Line, amounts: Mapping[str, int]) -> str:
    return f"{told(line.cause, amounts[line.key])} of {line.campaign}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
