"""Disagreements over a delivery: opened by the charity, answered by us, settled.

Whether a delivery is disputed is public; what was written is for the two sides.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from almoner.settlement.models import Dispute
from almoner.settlement.standing import SettlementError, lock, refresh


def reply(dispute: Dispute, text: str, by: Any, now: datetime) -> None:
    """Answer the charity. A later answer takes the place of the one before."""
    with transaction.atomic():
        dispute = _open(dispute)
        dispute.reply, dispute.replied_at, dispute.replied_by = text, now, by
        dispute.state = Dispute.State.ANSWERED
        dispute.save()


def settle(dispute: Dispute, outcome: str, by: Any, now: datetime) -> None:
    """Say what it came to: the delivery's state is again what arrived of it."""
    with transaction.atomic():
        dispute = _open(dispute)
        dispute.outcome, dispute.settled_at, dispute.settled_by = outcome, now, by
        dispute.state = Dispute.State.SETTLED
        dispute.save()
        refresh(dispute.delivery)


def _open(dispute: Dispute) -> Dispute:
    delivery = lock(dispute.delivery)
    dispute = delivery.disputes.get(pk=dispute.pk)
    if dispute.state == Dispute.State.SETTLED:
        raise SettlementError("It is settled already. The charity can open another from its link.")
    return dispute
