"""What stands of a delivery: handed over, taken back, arrived, on its way.

A fold over its rows. Amounts are minor units by line: {"may-bowls/meals": 60}.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from almoner.giving.models import Cause
from almoner.giving.sentences import amount
from almoner.settlement.models import Delivery, Dispute

Amounts = dict[str, int]


class SettlementError(ValueError):
    """Something that cannot be done; the message says why and what to do."""


def sent(delivery: Delivery) -> Amounts:
    """What was handed over, by line."""
    return {line.key: line.minor for line in delivery.lines.all()}


def kept(delivery: Delivery) -> Amounts:
    """What was handed over and not taken back, by line."""
    left = sent(delivery)
    for step in steps(delivery):
        if step["of"] == "delivery":
            add(left, step["amounts"], -1)
    return left


def confirmed(delivery: Delivery) -> Amounts:
    """What the charity says arrived, by line."""
    found = dict.fromkeys(sent(delivery), 0)
    for said in delivery.answers.filter(refused=""):
        add(found, said.amounts)
    for step in steps(delivery):
        if step["of"] == "confirmation":
            add(found, step["amounts"], -1)
    return found


def outstanding(delivery: Delivery) -> Amounts:
    """What is on its way, by line."""
    there = confirmed(delivery)
    return {key: minor - there[key] for key, minor in kept(delivery).items()}


def refresh(delivery: Delivery) -> None:
    """Bring a sent delivery's state up to what was said and taken back."""
    delivery.state = _state(delivery)
    delivery.save(update_fields=["state"])


def _state(delivery: Delivery) -> str:
    if delivery.disputes.exclude(state=Dispute.State.SETTLED).exists():
        return Delivery.State.DISPUTED
    if not any(kept(delivery).values()):
        return Delivery.State.REVERSED
    if not any(outstanding(delivery).values()):
        return Delivery.State.CONFIRMED
    return Delivery.State.PARTLY if any(confirmed(delivery).values()) else Delivery.State.SENT


def next_number(rows: Any) -> int:
    """The number that the next answer or reversal of a delivery gets."""
    return 1 + (rows.order_by("-number").values_list("number", flat=True).first() or 0)


def told(cause: Any, minor: int) -> str:
    """A figure with its unit, as people write it."""
    return amount(minor, cause.unit, cause.kind, cause.scale)


def listed(delivery: Delivery, amounts: Mapping[str, int]) -> str:
    """Several lines in a few words, those of one cause as one: `60 meals, $20.00`."""
    causes = {line.key: line.cause for line in delivery.lines.all()}
    sums: dict[Cause, int] = {}
    for key, minor in amounts.items():
        sums[causes[key]] = sums.get(causes[key], 0) + minor
    return ", ".join(told(cause, minor) for cause, minor in sums.items() if minor)


def lock(delivery: Delivery) -> Delivery:
    """The delivery, alone, until the transaction ends. SQLite's transactions are alone anyway."""
    return Delivery.objects.select_for_update().get(pk=delivery.pk)


def steps(delivery: Delivery) -> Iterable[dict[str, Any]]:
    """The transfers of everything that was taken back of a delivery."""
    for done in delivery.reversals.filter(refused=""):
        yield from done.steps


def add(to: Amounts, amounts: Mapping[str, int], sign: int = 1) -> None:
    """Add amounts, line by line."""
    for key, minor in amounts.items():
        to[key] = to.get(key, 0) + sign * minor
