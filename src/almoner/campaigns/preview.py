"""What a campaign would have given: a fold of the rule over past events, nothing written."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from almoner.campaigns.model import CampaignVersion, Manual, Order, Standing
from almoner.campaigns.rules import after, in_force, pledge


class Preview(msgspec.Struct, frozen=True):
    """`minor` whole minor units over `events` events, of which `matched` matched."""

    events: int
    matched: int
    minor: int
    limited: int


def preview(
    version: CampaignVersion,
    events: Iterable[tuple[datetime, Order | Manual]],
    fund: int | None = None,
    *,
    ignore_dates: bool = False,
) -> Preview:
    """Run `version` over (time, body) pairs, oldest first.

    With `ignore_dates` an event outside the campaign's days counts too: what this promise
    would have given had it been running then.
    """
    standing, seen, matched, limited = Standing(), 0, 0, 0
    for when, body in events:
        seen += 1
        covered = ignore_dates or in_force([version], when) is not None
        named = not isinstance(body, Manual) or body.campaign == version.campaign
        left = None if fund is None else fund - standing.posted
        made = pledge(version, body, standing, left) if covered and named else None
        if made is not None:
            standing = after(standing, made)
            matched += 1
            limited += bool(made.limited)
    return Preview(seen, matched, standing.posted, limited)
