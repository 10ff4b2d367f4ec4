"""Publishes campaign versions into the ledger, where they are frozen.

A version is a row that is never changed. The next one has the next number, the same cause,
charities, unit and trigger, and takes effect from the moment it is published: what happened
before stays with the version before it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from almoner.campaigns.counting import OF_MONEY, minor_rate
from almoner.campaigns.model import CampaignVersion, rational
from almoner.ledger.database import Database
from almoner.ledger.event import instant, measured, timestamp
from almoner.units import MAX_MINOR, Unit, currency

# Part of an account path (see ledger.event).
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FUND = re.compile(r"(sponsor/[a-z0-9][a-z0-9-]{0,63}/fund)?")
# The exact total of a campaign has the common denominator of all its rates; this keeps it short.
MAX_DENOMINATOR = 10**9
MAX_PARTS = 12  # charities: each has a posting in every entry
MAX_DAYS = 365  # of a return window


class PublishError(ValueError):
    """A version that cannot be published; the message says why and what to do."""


def publish(db: Database, version: CampaignVersion, now: datetime) -> CampaignVersion:
    """Freeze a campaign version and return it; every append from now on goes by it.

    A version that follows another takes effect after everything that was appended while this
    one waited for the lock, so that an event's version can be told from its times for ever.
    """
    _check(version)
    with db.transaction():
        head = db.row("SELECT time FROM ledger_head" + (" FOR UPDATE" if db.postgresql else ""))
        assert head is not None, "the ledger has no head row"
        version = _after(version, head[0])
        earlier = read_campaigns(db).get(version.campaign, ())
        _check_follows(version, earlier, now)
        _check_match(db, version)
        _check_units(db, version)
        db.insert(
            "ledger_campaign",
            "campaign, version, body, published_at",
            [
                (
                    version.campaign,
                    version.version,
                    msgspec.json.encode(version).decode(),
                    timestamp(now),
                )
            ],
        )
        db.run("UPDATE ledger_head SET revision = revision + 1")
    return version


def _after(version: CampaignVersion, last: str) -> CampaignVersion:
    if version.version == 1 or not last:
        return version
    moment = instant(last) + timedelta(microseconds=1)
    return msgspec.structs.replace(version, effective_from=max(version.effective_from, moment))


def read_campaigns(db: Database) -> Mapping[str, Sequence[CampaignVersion]]:
    """Every published version in ascending order, by campaign.

    Campaigns are sorted here, by code point: a database sorts by its own collation, and the
    order decides which campaign gets the last of a shared fund.
    """
    campaigns: dict[str, tuple[CampaignVersion, ...]] = {}
    for campaign, body in db.rows("SELECT campaign, body FROM ledger_campaign ORDER BY version"):
        version = msgspec.json.decode(body, type=CampaignVersion)
        campaigns[campaign] = (*campaigns.get(campaign, ()), version)
    return dict(sorted(campaigns.items()))


def read_version(db: Database, campaign: str, number: int) -> CampaignVersion:
    """One published version, which must exist."""
    row = db.row(
        "SELECT body FROM ledger_campaign WHERE campaign = ? AND version = ?", (campaign, number)
    )
    assert row is not None, f"{campaign} has no version {number}"
    return msgspec.json.decode(row[0], type=CampaignVersion)


def _check(version: CampaignVersion) -> None:
    found = _problem(version)
    if found:
        raise PublishError(f"{version.campaign}: {found}.")
    if version.ends_at is not None and version.ends_at <= version.starts_at:
        raise PublishError(f"{version.campaign} ends before it starts: change the end.")
    for name in ("starts_at", "ends_at", "effective_from"):
        when = getattr(version, name)
        assert when is None or when.tzinfo is not None, f"{name} of {version.campaign} has no zone"


def _problem(version: CampaignVersion) -> str:
    names = [("campaign", version.campaign), ("cause", version.cause)]
    names += [("charity", part.charity) for part in version.parts]
    names += [("sponsor", version.sponsor)] if version.sponsor else []
    names += [("campaign", version.matches)] if version.trigger == "match" else []
    for name, slug in names:
        if not _SLUG.fullmatch(slug):
            return f"{name} {slug!r} is not a name such as harbor-table"
    if not _FUND.fullmatch(version.fund):
        return f"{version.fund!r} is not a fund such as sponsor/acme/fund"
    return _rate_problem(version) or _limit_problem(version) or _term_problem(version)


def _rate_problem(version: CampaignVersion) -> str:
    money = version.unit.isupper()
    try:
        Unit(version.unit, "money" if money else "count", version.scale)
        if version.currency:
            currency(version.currency)
        price = rational(version.price) if version.price else None
        if price is not None and (money or not version.currency or not price):
            return "a price is what one unit of a thing costs, in a currency"
        rates = [
            minor_rate(version.trigger, rate, version.scale, version.price, version.currency)
            for rate in (version.rate, *(tier.rate for tier in version.tiers))
        ]
    except ValueError as error:
        return str(error)
    if not any(rates):
        return f"{version.rate} is not a rate to give by: write 2, 0.5 or 1/3"
    weights = sum(part.weight for part in version.parts)
    if max(rate.denominator for rate in rates) * weights > MAX_DENOMINATOR:
        return f"{version.rate} is finer than any rate kept here: round it"
    if version.trigger in OF_MONEY and not money and not version.price:
        return f"a share of money is money, not {version.unit}: say at what price it is bought"
    thresholds = [tier.at for tier in version.tiers]
    if thresholds != sorted(set(thresholds)) or any(at <= 0 for at in thresholds):
        return f"tiers at {thresholds} do not rise from above nothing"
    if version.tiers and version.trigger in ("match", "manual", "sign-up", "read", "visit"):
        return f"a {version.trigger} has no size for tiers to go by"
    if version.tiers and version.trigger != "item" and not version.money:
        return "tiers by money need a currency"
    return ""


def _limit_problem(version: CampaignVersion) -> str:
    for name in ("cap", "daily_cap", "reader_cap", "sponsor_cap", "minimum"):
        limit = getattr(version, name)
        if limit is not None and not 0 <= limit <= MAX_MINOR:
            return f"a {name} of {limit} is not within 0…{MAX_MINOR}"
    if version.minimum is not None and version.ends_at is None:
        return "a minimum is topped up at the end: say when that is"
    if version.minimum is not None and version.cap is not None and version.minimum > version.cap:
        return f"a minimum of {version.minimum} is above the cap of {version.cap}"
    if version.sponsor_cap is not None and not version.sponsor:
        return "a sponsor's cap needs a sponsor"
    return ""


def _term_problem(version: CampaignVersion) -> str:
    charities = [part.charity for part in version.parts]
    if len(set(charities)) < len(charities) or len(charities) > MAX_PARTS:
        return f"a split between {charities} is not between up to {MAX_PARTS} charities"
    if any(part.weight <= 0 for part in version.parts):
        return "every charity's part is above nothing"
    if version.split and version.charity not in charities:
        return f"{version.charity} is not among {charities}"
    if (version.trigger == "match") != bool(version.matches):
        return "a match names the campaign that it matches, and nothing else does"
    if version.matches == version.campaign:
        return "a campaign cannot match itself"
    if not 0 <= version.hold_days <= MAX_DAYS:
        return f"a hold of {version.hold_days} days is not within 0…{MAX_DAYS}"
    if "shipping" in version.including and (version.products or version.collections):
        return "shipping belongs to a whole order: leave out the products, or shipping"
    return ""


def _check_units(db: Database, version: CampaignVersion) -> None:
    """One unit has one scale, and one cause one unit, in the whole ledger."""
    used = [(each[-1].cause, each[-1].unit, each[-1].scale) for each in read_campaigns(db).values()]
    for path, unit, scale in db.rows("SELECT path, unit, scale FROM ledger_account"):
        used.append((measured(path)[1], unit, scale))
    for cause, unit, scale in used:
        if unit == version.unit and scale != version.scale:
            raise PublishError(
                f"{version.campaign}: {unit} has {scale} decimal places in this ledger, "
                f"not {version.scale}."
            )
        if cause == version.cause and unit != version.unit:
            raise PublishError(
                f"{version.campaign}: {cause} is counted in {unit}, not in {version.unit}: "
                "make another cause."
            )


def _check_match(db: Database, version: CampaignVersion) -> None:
    if version.trigger != "match":
        return
    matched = read_campaigns(db).get(version.matches)
    if not matched:
        raise PublishError(
            f"{version.campaign} matches {version.matches}, which is not published: "
            "publish it first."
        )
    if matched[-1].trigger == "match":
        raise PublishError(
            f"{version.campaign} matches {version.matches}, which is a match itself."
        )
    if matched[-1].unit != version.unit:
        raise PublishError(
            f"{version.campaign} gives {version.unit} for each {matched[-1].unit} of "
            f"{version.matches}: a match is in the same unit."
        )


def _check_follows(
    version: CampaignVersion, earlier: Sequence[CampaignVersion], now: datetime
) -> None:
    expected = len(earlier) + 1
    if version.version != expected:
        raise PublishError(
            f"{version.campaign} is at version {len(earlier)}: the next is {expected}, "
            f"not {version.version}. Somebody else may have published it: load the page again."
        )
    if earlier:
        last = earlier[-1]
        for name in ("cause", "charity", "split", "unit", "scale", "trigger", "matches"):
            if getattr(version, name) != getattr(last, name):
                raise PublishError(
                    f"{version.campaign} was published with {name} {getattr(last, name)!r}: "
                    "make a new campaign to change it."
                )
        if version.effective_from < max(now, last.effective_from):
            raise PublishError(
                f"{version.campaign}: a version takes effect from now on, not from "
                f"{version.effective_from.isoformat()}."
            )
