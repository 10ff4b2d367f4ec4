"""What everybody may know of deliveries: how much, its state, and the pictures that are public.

Not among it: what was written in a dispute, who confirmed, notes, references, the day, and
documents that are private. A shelter's place and date can be in any of them.
"""

from dataclasses import dataclass

from almoner.settlement import standing
from almoner.settlement.models import Delivery, Document

LAST = 50  # deliveries of a campaign on a page


@dataclass(frozen=True, slots=True)
class Fact:
    """A delivery in public. `entry` is where the public log has it."""

    entry: int
    what: str
    state: str
    disputed: bool
    pictures: tuple[Document, ...]


def of_campaign(slug: str) -> list[Fact]:
    """What was delivered of a campaign's promise, the newest first."""
    found = Delivery.objects.filter(lines__campaign__slug=slug, entry__isnull=False).distinct()
    facts: list[Fact] = []
    for delivery in found.prefetch_related("lines", "documents", "disputes")[:LAST]:
        assert delivery.entry is not None, delivery
        mine = {
            key: minor
            for key, minor in standing.sent(delivery).items()
            if key.partition("/")[0] == slug
        }
        facts.append(
            Fact(
                entry=delivery.entry,
                what=standing.listed(delivery, mine),
                state=delivery.get_state_display(),
                disputed=delivery.state == Delivery.State.DISPUTED,
                pictures=tuple(each for each in delivery.documents.all() if each.public),
            )
        )
    return facts
