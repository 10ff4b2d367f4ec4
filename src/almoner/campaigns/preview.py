"""What a campaign would have given: a fold of the rule over past events, nothing written."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from almoner.campaigns.force import in_force
from almoner.campaigns.given import Memory
from almoner.campaigns.model import CampaignVersion, Manual, Occasion
from almoner.campaigns.rules import pledges


class Preview(msgspec.Struct, frozen=True):
    """`minor` whole minor units over `events` events, of which `matched` matched."""

    events: int
    matched: int
    minor: int
    limited: int


def preview(
    version: CampaignVersion,
    events: Iterable[tuple[datetime, Occasion]],
    fund: int | None = None,
    *,
    ignore_dates: bool = False,
) -> Preview:
    """Run `version` over (time, body) pairs, oldest first, as if it were the only campaign.

    With `ignore_dates` an event outside the campaign's days counts too: what this promise
    would have given had it been running then.
    """
    given = Memory({} if fund is None else {version.fund: fund})
    seen = matched = limited = 0
    for when, body in events:
        seen += 1
        covered = ignore_dates or in_force([version], when) is not None
        if isinstance(body, Manual) and body.campaign != version.campaign:
            covered = False
        made = pledges(body, when, [version], given) if covered else []
        matched += bool(made)
        limited += any(each.limited for _, each in made)
    minor = sum(standing.posted for standing in given.standings.values())
    return Preview(seen, matched, minor, limited)
