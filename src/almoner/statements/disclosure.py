"""What a buyer is told of a campaign before buying, made from the published terms themselves.

The charity in full, the amount a unit or the percent, the exact action, the days, what limits
it and whether that is reached, cash or in kind, who matches, a flat gift regardless, and where
it is not offered. Wording follows what the rules listed in `jurisdictions.toml` ask for; that
it satisfies any of them is not claimed. Read anew for each answer, so it changes by itself.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from almoner.campaigns.model import CampaignVersion
from almoner.giving import account, sentences, wording
from almoner.giving.models import Campaign, Charity
from almoner.ledger import Database, reads
from almoner.ledger.publish import read_campaigns
from almoner.statements.models import Contract
from almoner.units import CURRENCIES, UnitError, minor_units


class Receiver(msgspec.Struct, frozen=True):
    """A charity in full."""

    name: str
    registration: str = ""
    website: str = ""


class Disclosure(msgspec.Struct, frozen=True):
    """The text, a sentence each, and what of it programs may want to know."""

    campaign: str
    title: str
    state: str
    cap_met: bool
    sentences: tuple[str, ...]
    charities: tuple[Receiver, ...]

    @property
    def text(self) -> str:
        """The whole text as one paragraph."""
        return " ".join(self.sentences)


def read(db: Database, campaign: Campaign, now: datetime) -> Disclosure | None:
    """The disclosure of a campaign as it stands now; None where it is not published."""
    published = read_campaigns(db)
    versions = published.get(campaign.slug)
    if not versions:
        return None
    version = versions[-1]
    contract = Contract.objects.filter(campaign=campaign).first()
    rows = {
        row.slug: row
        for row in Charity.objects.filter(slug__in=[part.charity for part in version.parts])
    }
    receivers = tuple(
        _receiver(rows[part.charity], contract if part.charity == version.charity else None)
        for part in version.parts
        if part.charity in rows
    )
    given = reads.campaign_total(db, campaign.slug)
    used_up = account.used_up(db, version)
    told = [
        _promise(campaign, version, contract, rows),
        *_kind(campaign, version, contract),
        *account.matches(db, campaign, version, published, now),
        *_flat(campaign, contract),
        *_state(campaign, version, given, used_up, now),
        *_who(receivers),
    ]
    return Disclosure(
        campaign.slug,
        campaign.title,
        account.phase(version, now),
        used_up == "cap",
        # A name that ends with a point ends the sentence as well: `Northgate Mills, Inc.`
        tuple(each.replace("..", ".") for each in told),
        receivers,
    )


def _promise(
    campaign: Campaign,
    version: CampaignVersion,
    contract: Contract | None,
    rows: dict[str, Charity],
) -> str:
    full = {slug: row.legal_name or row.name for slug, row in rows.items()}
    if contract and contract.charity_legal_name:
        full[version.charity] = contract.charity_legal_name
    sponsor = campaign.sponsor
    paying = (contract.sponsor_legal_name if contract else "") or (sponsor.name if sponsor else "")
    titles = dict(Campaign.objects.filter(slug=version.matches).values_list("slug", "title"))
    return sentences.promise(
        version,
        campaign.cause.kind,
        full.get(version.charity, campaign.charity.name),
        paying,
        charities=full,
        matched=titles.get(version.matches, ""),
    )


def _kind(campaign: Campaign, version: CampaignVersion, contract: Contract | None) -> Iterator[str]:
    if campaign.cause.kind == "money":
        yield "It is given in money."
    elif contract and contract.manner == Contract.Manner.IN_KIND:
        yield f"It is given in kind. {contract.unit_definition}".strip().rstrip(".") + "."
    elif contract:
        one = wording.amount(10**version.scale, version.unit, campaign.cause.kind, version.scale)
        means = contract.unit_definition.strip().rstrip(".")
        yield f"It is given in money; what {one} is: {means}." if means else "It is given in money."


def _flat(campaign: Campaign, contract: Contract | None) -> Iterator[str]:
    if not contract or not contract.flat_gift or contract.flat_currency not in CURRENCIES:
        return
    try:
        minor = minor_units(contract.flat_gift, CURRENCIES[contract.flat_currency])
    except UnitError:
        return
    if minor:
        sponsor = contract.sponsor_legal_name or (campaign.sponsor and campaign.sponsor.name)
        given = wording.money(minor, contract.flat_currency)
        yield f"{sponsor or 'The shop'} gives {given} besides, whatever is sold."


def _state(
    campaign: Campaign, version: CampaignVersion, given: int, used_up: str, now: datetime
) -> Iterator[str]:
    def told(minor: int) -> str:
        return wording.amount(minor, version.unit, campaign.cause.kind, version.scale)

    phase = account.phase(version, now)
    if phase == account.ENDED:
        yield f"This campaign has ended: nothing more is given. It gave {told(given)}."
    elif phase == "Not begun":
        yield "It has not begun yet: nothing is given before its first day."
    elif used_up == "cap":
        assert version.cap is not None, campaign.slug
        yield f"The limit of {told(version.cap)} is reached: what is bought now gives nothing more."
    elif used_up == "fund":
        yield (
            f"It gave {told(given)}. The fund that pays for it is used up: what is bought now "
            "gives nothing more until something is added."
        )
    elif version.cap is not None:
        yield f"So far {told(given)} of at most {told(version.cap)}: the limit is not reached."
    else:
        yield f"So far {told(given)}."


def _who(receivers: tuple[Receiver, ...]) -> Iterator[str]:
    for each in receivers:
        parts = [each.registration, each.website]
        if any(parts):
            yield f"{each.name}: {', '.join(part for part in parts if part)}."


def _receiver(row: Charity, contract: Contract | None) -> Receiver:
    return Receiver(
        (contract.charity_legal_name if contract else "") or row.legal_name or row.name,
        (contract.charity_registration if contract else "") or row.registration_number,
        row.website,
    )
