"""Publishes campaigns, ends them, and runs them over what was received before.

What is published is frozen in the ledger: a later change of the form is a draft until it is
published as the next version, which counts from that moment on. Publishing the same terms
twice publishes once. All of it writes to the ledger: call it outside a Django transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from almoner.campaigns.force import in_force
from almoner.campaigns.given import Memory
from almoner.campaigns.model import CampaignVersion, Manual, Occasion
from almoner.campaigns.preview import Preview, preview
from almoner.campaigns.rules import pledges
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign
from almoner.giving.problems import problems
from almoner.giving.terms import version_of
from almoner.ledger import Database, publish, reads, replay
from almoner.ledger.event import OCCASIONS, decode_occasion, instant
from almoner.ledger.publish import PublishError, read_campaigns
from almoner.ledger.replay import Progress

# How far back a preview looks, and a page of the ledger's answers.
RECENT = 1_000

Occurred = tuple[datetime, Occasion]


class TermsError(ValueError):
    """A draft that cannot be published. `problems` says why, by field."""

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__(" ".join(found.values()))
        self.problems = found


class Foresight(msgspec.Struct, frozen=True):
    """What a promise would have given: inside its own dates, and had it run all the time."""

    within: Preview
    ignoring_dates: Preview
    # What it would have come to after each event that gives, had it run all the time.
    series: list[tuple[datetime, int]]


class Missed(msgspec.Struct, frozen=True):
    """Received events that a published campaign covers and has not pledged for."""

    events: int
    minor: int


def versions(slug: str) -> Sequence[CampaignVersion]:
    """What was published of a campaign so far, the oldest first."""
    with open_ledger() as ledger:
        return read_campaigns(ledger.db).get(slug, ())


def publish_draft(campaign: Campaign, now: datetime) -> CampaignVersion:
    """Freeze the draft as the next version and return it; the last one if nothing changed."""
    with open_ledger() as ledger:
        earlier = read_campaigns(ledger.db).get(campaign.slug, ())
        last = earlier[-1] if earlier else None
        found = problems(campaign, last)
        if found:
            raise TermsError(found)
        version = _next(campaign, last, now)
        if last is None or not same_terms(last, version):
            try:
                version = publish(ledger.db, version, now)
            except PublishError as error:
                raise TermsError({"": str(error)}) from None
            last = version
    over = last.ends_at is not None and last.ends_at <= now
    _settle(campaign, Campaign.State.ENDED if over else Campaign.State.PUBLISHED)
    return last


def end(campaign: Campaign, now: datetime) -> CampaignVersion:
    """End a published campaign now: the next version of its terms, ending at this moment."""
    with open_ledger() as ledger:
        earlier = read_campaigns(ledger.db).get(campaign.slug, ())
        assert earlier, f"{campaign.slug} was never published"
        last = earlier[-1]
        if last.ends_at is None or last.ends_at > now:
            # One that has not begun gets a moment that is past, so that nothing ever counts.
            begun = min(last.starts_at, now - timedelta(microseconds=1))
            last = msgspec.structs.replace(
                last,
                version=last.version + 1,
                starts_at=begun,
                ends_at=now,
                effective_from=max(now, last.effective_from),
            )
            last = publish(ledger.db, last, now)
    _settle(campaign, Campaign.State.ENDED)
    return last


def run_over(campaign: Campaign, now: datetime) -> Progress:
    """Pledge for every received event the campaign covers and was not yet run over."""
    with open_ledger() as ledger:
        steps = list(replay(ledger, campaign.slug, now))
    return steps[-1] if steps else Progress(0, 0)


def foresee(
    version: CampaignVersion, db: Database, occurred: Sequence[Occurred] | None = None
) -> Foresight:
    """Run terms over the last events received, or over `occurred` (oldest first)."""
    events = recent(db) if occurred is None else occurred
    matched = read_campaigns(db).get(version.matches, ())[-1:]
    within, _ = _foresee(db, [*matched, version], events, ignore_dates=False)
    ignoring, series = _foresee(db, [*matched, version], events, ignore_dates=True)
    return Foresight(within, ignoring, series)


def _foresee(
    db: Database,
    versions: Sequence[CampaignVersion],
    events: Sequence[Occurred],
    *,
    ignore_dates: bool,
) -> tuple[Preview, list[tuple[datetime, int]]]:
    """What the last of `versions` would have given if only these had run, and when."""
    last, given = versions[-1], Memory()
    for version in versions:
        left = _left(db, version)
        if left is not None:
            given.funds[version.fund] = left
    matched = limited = 0
    series: list[tuple[datetime, int]] = []
    for when, body in events:
        running = [each for each in versions if ignore_dates or in_force([each], when)]
        if isinstance(body, Manual) and body.campaign != versions[0].campaign:
            running = []
        made = [each for of, each in pledges(body, when, running, given) if of is last]
        if made:
            matched += 1
            limited += any(each.limited for each in made)
            series.append((when, _given(given, last)))
    return Preview(len(events), matched, _given(given, last), limited), series


def _given(given: Memory, version: CampaignVersion) -> int:
    return sum(given.standing(version.campaign, part.charity).posted for part in version.parts)


def recent(db: Database) -> list[Occurred]:
    """The last events that campaigns promise for, in the order they arrived."""
    return [
        (instant(each.occurred_at), read_body(each))
        for each in reversed(reads.recent_occasions(db, RECENT))
    ]


def missed(db: Database, version: CampaignVersion) -> Missed:
    """What running `version` over the last events received would add."""
    left_out = [
        (instant(each.occurred_at), read_body(each))
        for each in reversed(reads.events(db, limit=RECENT))
        if each.kind in OCCASIONS and version.campaign not in each.campaigns
    ]
    found = preview(version, left_out, _left(db, version))
    return Missed(found.matched, found.minor)


def read_body(event: reads.StoredEvent) -> Occasion:
    """What an event that campaigns promise for said."""
    return decode_occasion(event.kind, event.body)


def same_terms(one: CampaignVersion, other: CampaignVersion) -> bool:
    """Whether two versions promise the same, whatever their numbers."""
    return one == msgspec.structs.replace(
        other, version=one.version, effective_from=one.effective_from
    )


def draft_version(campaign: Campaign, now: datetime | None = None) -> CampaignVersion:
    """The draft as if it were published now for the first time: what a preview runs."""
    now = now or datetime.now(UTC)
    version = version_of(campaign, 1, now)
    return msgspec.structs.replace(version, effective_from=min(now, version.starts_at))


def _next(campaign: Campaign, last: CampaignVersion | None, now: datetime) -> CampaignVersion:
    if last is None:
        # From its start, so that what happened before it was set up can be replayed.
        return draft_version(campaign, now)
    return version_of(campaign, last.version + 1, max(now, last.effective_from))


def _left(db: Database, version: CampaignVersion) -> int | None:
    """What is left in the fund that pays; None without a fund."""
    return reads.balance(db, version.fund, version.unit) if version.fund else None


def _settle(campaign: Campaign, state: Campaign.State) -> None:
    campaign.state = state
    campaign.save(update_fields=["state"])
