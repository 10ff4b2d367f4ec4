"""The terms of a published promise one by one, as a reader looks them up.

The same terms as in the promise's sentences (`sentences`), each under a name of its own; what a
promise does not have is not listed, but for its end and its limit, whose absence says something.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from almoner.campaigns.model import CampaignVersion, rational
from almoner.giving import sentences, wording

Condition = tuple[str, str]


def conditions(
    version: CampaignVersion,
    kind: str,
    charity: str,
    sponsor: str = "",
    *,
    charities: Mapping[str, str] | None = None,
    matched: str = "",
) -> list[Condition]:
    """Each term by its name. The arguments are those of `sentences.promise`."""
    return [
        ("Who receives", sentences.receivers(version, charity, charities or {})),
        ("Who pays", _payer(version, sponsor)),
        *_gives(version, kind, matched),
        *_counts(version),
        *_days(version),
        *_limits(version, kind, sponsor),
        *_waits(version),
    ]


def _payer(version: CampaignVersion, sponsor: str) -> str:
    if version.trigger in ("gift", "round-up") and not sponsor:
        return "Who gives"
    by_reader = version.trigger in sentences.ACTIONS  # a site may have no shop
    name = sponsor or ("The site itself" if by_reader else "The shop itself")
    return f"{name}, as far as its fund reaches" if version.fund else name


def _gives(version: CampaignVersion, kind: str, matched: str) -> Iterator[Condition]:
    if version.matches:
        each = wording.amount(1, version.unit, kind, 0) if kind == "money" else version.unit
        what = sentences.given(version, version.rate, kind)
        yield "Matches", f"“{matched or version.matches}”: {what} for each {each} that it gives"
    for tier in version.tiers:
        what = sentences.given(version, tier.rate, kind)
        yield f"From {sentences.threshold(version, tier.at)} on", what
    if version.price:
        price = wording.exact_money(rational(version.price), version.currency)
        yield f"Price of a {version.unit}", price
    if version.trigger == "revenue" or (version.trigger == "order" and version.tiers):
        yield "Sales are counted", sentences.basis(version)


def _counts(version: CampaignVersion) -> Iterator[Condition]:
    for name, of in (("Products", version.products), ("Collections", version.collections)):
        if of:
            yield name, wording.every(wording.quoted(of))
    if version.tags:
        yield "Tagged", wording.either(wording.quoted(version.tags), "tags")
    if version.countries:
        yield "Only in", wording.place_names(version.countries)
    if version.excluded:
        yield "Not in", wording.place_names(version.excluded)
    if version.group:
        first = "the first that gives something keeps the event to itself"
        yield "Group", f"“{version.group}”: {first}"


def _days(version: CampaignVersion) -> Iterator[Condition]:
    here = ZoneInfo(version.time_zone)
    yield "Begins", wording.moment(version.starts_at.astimezone(here))
    yield "Ends", _last(version.ends_at.astimezone(here)) if version.ends_at else "No end is set"
    yield "Time zone", wording.clock(version.time_zone)


def _last(end: datetime) -> str:
    """The last day that counts; with the hour where it is not a whole one."""
    last = end - timedelta(days=1) if wording.is_midnight(end) else end
    return wording.moment(last)


def _limits(version: CampaignVersion, kind: str, sponsor: str) -> Iterator[Condition]:
    def told(minor: int) -> str:
        return wording.amount(minor, version.unit, kind, version.scale)

    yield "Limit", told(version.cap) if version.cap is not None else "None"
    if version.minimum is not None:
        yield "Guaranteed minimum", f"{told(version.minimum)}, topped up after the end"
    if version.daily_cap is not None:
        yield "Limit a day", told(version.daily_cap)
    if version.reader_cap is not None:
        yield f"Limit for one {sentences.actor(version)}", told(version.reader_cap)
    if version.sponsor_cap is not None:
        yield f"Limit of {sponsor}", f"{told(version.sponsor_cap)}, over all its campaigns with one"
    if not version.partial:
        yield "At a limit", "What would go over it gives nothing"


def _waits(version: CampaignVersion) -> Iterator[Condition]:
    if version.hold_days:
        window = wording.number_of_days(version.hold_days)
        yield "Return window", f"{window}; after that a gift is counted for good"
    if version.deliver_days:
        yield "Delivered", f"within {wording.number_of_days(version.deliver_days)}"
