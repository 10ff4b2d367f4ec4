"""The public account of promises: what was promised, what arrived, and how old the rest is.

Of every cause that anything was promised for, whether the banner shows it or not: there is no
switch. Figures are the ledger's; ages are settlement's (`settlement.ages`). That a delivery is
disputed is told as a fact; its day and what was written about it are not (`settlement.facts`).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from almoner.giving.account import figure
from almoner.giving.models import Campaign, Cause, Charity
from almoner.giving.wording import amount, number_of_days
from almoner.ledger import Database, settle
from almoner.ledger.settle import Share
from almoner.settlement import owed as owing
from almoner.settlement.ages import NAMES, Ages, together
from almoner.settlement.models import Delivery
from almoner.settlement.owed import Owed
from almoner.units import decimal

COLUMNS = (
    "cause",
    "campaign",
    "charity",
    "unit",
    "promised",
    "confirmed",
    "delivered, not confirmed yet",
    "in its return window",
    *(f"owed for {name}" for name in ("0-30 days", "31-60 days", "61-90 days", "over 90 days")),
    "overdue",
    "days that the oldest has waited",
    "days within which it is delivered",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar: what it is, its figure in words, and as a decimal for the chart."""

    name: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One campaign's promise to one charity. `parts` add up to what was promised.

    `bar` names it in the chart: by its charity as well where the campaign has several.
    """

    campaign: str
    title: str
    bar: str
    charity: str
    promised: str
    parts: tuple[Part, ...]
    overdue: str
    waited: str
    within: str
    url: str


@dataclass(frozen=True, slots=True)
class Account:
    """A cause's promises. `sentence` tells them, `overdue` what should have arrived by now."""

    slug: str
    label: str
    icon: str
    promised: str
    delivered: str
    confirmed: str
    undelivered: str
    sentence: str
    overdue: str
    disputes: str
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row


STRETCHES = ("Confirmed", "On its way", *(f"Owed {name}" for name in NAMES), "Held")


def accounts(db: Database, now: datetime, campaign: str = "") -> list[Account]:
    """Every cause's promises, or those of one campaign, in the order of the banner."""
    shares = [
        each
        for each in settle.shares(db)
        if (not campaign or each.campaign == campaign) and _promised(each)
    ]
    waiting = {
        each.share.name: each
        for each in owing.owed(db, now, {"campaign": campaign} if campaign else None)
    }
    day = owing.today(now)
    titles = dict(Campaign.objects.values_list("slug", "title"))
    charities = dict(Charity.objects.values_list("slug", "name"))
    found: list[Account] = []
    for cause in Cause.objects.all():
        mine = [each for each in shares if each.cause == cause.slug]
        split = Counter(each.campaign for each in mine)
        if mine or not campaign:
            rows = [
                _row(
                    cause,
                    each,
                    waiting.get(each.name),
                    titles.get(each.campaign, each.campaign),
                    charities.get(each.charity, each.charity),
                    day,
                    split=split[each.campaign] > 1,
                )
                for each in mine
            ]
            found.append(_account(cause, mine, rows, waiting, day, campaign))
    return found


def as_csv(db: Database, now: datetime) -> str:
    """The same as a table: a row for each campaign and charity, plain decimals."""
    waiting = {each.share.name: each for each in owing.owed(db, now)}
    labels = dict(Cause.objects.values_list("slug", "label"))
    titles = dict(Campaign.objects.values_list("slug", "title"))
    charities = dict(Charity.objects.values_list("slug", "name"))
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for share in settle.shares(db):
        if not _promised(share):
            continue
        row = waiting.get(share.name)
        ages = row.ages if row else Ages()
        figures = (
            _promised(share),
            share.confirmed,
            share.delivered,
            share.held,
            *ages.buckets,
            ages.overdue,
        )
        names = (
            labels.get(share.cause, share.cause),
            titles.get(share.campaign, share.campaign),
            charities.get(share.charity, share.charity),
        )
        writer.writerow(
            [
                *(owing.harmless(name) for name in names),
                share.unit,
                *(decimal(minor, share.scale) for minor in figures),
                row.days if row and row.days is not None else "",
                row.deliver_days if row else "",
            ]
        )
    return written.getvalue()


def _account(
    cause: Cause,
    shares: Sequence[Share],
    rows: Sequence[Row],
    waiting: dict[settle.Name, Owed],
    day: date,
    campaign: str,
) -> Account:
    def told(minor: int) -> str:
        return amount(minor, cause.unit, cause.kind, cause.scale)

    ages = together(waiting[each.name].ages for each in shares if each.name in waiting)
    whole = Share(
        "",
        cause.slug,
        "",
        cause.unit,
        cause.scale,
        *(sum(getattr(each, stage) for each in shares) for stage in _STAGES),
    )
    arrived = whole.delivered + whole.confirmed
    overdue = ""
    waited = ages.days(day)
    if ages.overdue and waited is not None:
        overdue = (
            f"{told(ages.overdue)} overdue. The oldest promise has waited {number_of_days(waited)}."
        )
    return Account(
        cause.slug,
        cause.label,
        cause.icon,
        told(_promised(whole)),
        told(arrived),
        told(whole.confirmed),
        told(whole.owed),
        _sentence(cause, whole),
        overdue,
        _disputes(cause, campaign),
        STRETCHES,
        tuple(rows),
        Row(
            "",
            "Together",
            "Together",
            "",
            told(_promised(whole)),
            _parts(cause, whole, ages),
            told(ages.overdue) if ages.overdue else "",
            "",
            "",
            "",
        ),
    )


def _sentence(cause: Cause, whole: Share) -> str:
    def told(minor: int) -> str:
        return amount(minor, cause.unit, cause.kind, cause.scale)

    if not _promised(whole):
        return "Nothing has been promised since the public record began."
    arrived = whole.delivered + whole.confirmed
    said = f"{told(_promised(whole))} promised. "
    if arrived == whole.confirmed:
        said += f"{told(arrived)} delivered and confirmed by the charity. " if arrived else ""
    else:
        confirmed = "nothing of it yet"
        if whole.confirmed:
            of = "it" if cause.kind == "money" else "them"
            confirmed = f"{figure(cause, whole.confirmed)} of {of}"
        said += f"{told(arrived)} delivered; the charity has confirmed {confirmed}. "
    if not arrived:
        said += "Nothing is delivered yet. "
    said += f"{told(whole.owed)} owed" if whole.owed else "Nothing is owed"
    return said + (f", {told(whole.held)} still inside a return window." if whole.held else ".")


def _row(
    cause: Cause,
    share: Share,
    waiting: Owed | None,
    title: str,
    charity: str,
    day: date,
    *,
    split: bool,
) -> Row:
    ages = waiting.ages if waiting else Ages()
    waited = ages.days(day)
    return Row(
        share.campaign,
        title,
        f"{title}, to {charity}" if split else title,
        charity,
        amount(_promised(share), cause.unit, cause.kind, cause.scale),
        _parts(cause, share, ages),
        amount(ages.overdue, cause.unit, cause.kind, cause.scale) if ages.overdue else "",
        number_of_days(waited) if waited is not None else "",
        number_of_days(waiting.deliver_days) if waiting else "",
        f"/campaigns/{share.campaign}/promise/",
    )


def _parts(cause: Cause, share: Share, ages: Ages) -> tuple[Part, ...]:
    assert ages.total == share.owed, f"{share} is owed, and {ages.total} waits"
    figures = (share.confirmed, share.delivered, *ages.buckets, share.held)
    return tuple(
        Part(
            name,
            amount(minor, cause.unit, cause.kind, cause.scale) if minor else "–",
            decimal(minor, cause.scale),
        )
        for name, minor in zip(STRETCHES, figures, strict=True)
    )


_STAGES = ("held", "owed", "delivered", "confirmed")


def _promised(share: Share) -> int:
    return sum(getattr(share, stage) for stage in _STAGES)


def _disputes(cause: Cause, campaign: str) -> str:
    disputed = Delivery.objects.filter(state=Delivery.State.DISPUTED, lines__cause=cause)
    if campaign:
        disputed = disputed.filter(lines__campaign__slug=campaign)
    return _listed(disputed.select_related("charity").distinct())


def _listed(deliveries: Iterable[Delivery]) -> str:
    # Not the day: when somebody comes to a shelter is nobody's business (settlement.facts).
    told = [f"one to {each.charity}" for each in deliveries]
    if not told:
        return ""
    things = "delivery is" if len(told) == 1 else "deliveries are"
    return f"{len(told)} {things} disputed by the charity: {'; '.join(told)}."
