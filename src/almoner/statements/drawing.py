"""Draws a statement: reads the ledger, the campaigns and the contracts, and puts them together.

Guarantee: everything of the ledger is read at one moment, and ties out (`figures`). A period
that is over is drawn the same again, byte for byte, as long as names and contracts stay as
they are: nothing that is written later has an earlier time. Limit: the root of the tree is
read from the log's published files, so the checkpoint has to have caught up with the ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings

from almoner.campaigns import rules
from almoner.campaigns.model import CampaignVersion, rational
from almoner.giving import account
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Charity, Sponsor
from almoner.ledger import Database, statement
from almoner.ledger.event import timestamp
from almoner.ledger.publish import read_campaigns
from almoner.ledger.statement import Account, Stretch
from almoner.statements import clauses, figures, handed, receipts
from almoner.statements.document import (
    SCHEMA,
    Bound,
    Document,
    Due,
    Fund,
    Log,
    Party,
    Promise,
    Span,
    Term,
)
from almoner.statements.figures import Figures, Place
from almoner.statements.handed import Named
from almoner.statements.models import Contract
from almoner.statements.period import Period
from almoner.statements.receipts import Back, Sold
from almoner.statements.tree import StatementError, Tree
from almoner.units import CURRENCIES

SCOPES = ("campaign", "charity", "sponsor")

_COUNTED = ("order", "item", "revenue", "gift", "round-up")


def draw(
    scope: str,
    slug: str,
    period: Period,
    tree: Tree,
    now: datetime,
    *,
    final: bool = False,
    named: Named | None = None,
) -> Document:
    """The statement of a campaign, charity or sponsor; `final` is a campaign's accounting.

    `named` says what the documents are that entries name by their SHA-256.
    """
    assert scope in SCOPES, f"a statement by {scope}"
    assert scope == "campaign" or not final, f"a final accounting of a {scope}"
    name = _name(scope, slug)
    with open_ledger() as ledger, ledger.db.reading():
        return _draw(ledger.db, scope, slug, name, period, tree, now, final, named or {})


def _draw(
    db: Database,
    scope: str,
    slug: str,
    name: str,
    period: Period,
    tree: Tree,
    now: datetime,
    final: bool,
    named: Named,
) -> Document:
    since, until = timestamp(period.since), timestamp(period.until)
    within = statement.stretch(db, period.since, period.until)
    if tree.size < within.end:
        raise StatementError(
            f"The log's checkpoint covers {tree.size:,} entries and this statement needs "
            f"{within.end:,}: the server publishes within a second, try again then."
        )
    campaigns = {each.slug: each for each in _campaigns()}
    versions = {
        campaign: tuple(each for each in every if each.effective_from < period.until)
        for campaign, every in read_campaigns(db).items()
    }
    chosen, funds = _chosen(db, scope, slug, versions)
    wanted = [each.id for each in (*chosen, *funds)]
    opening = statement.before(db, wanted, within.first)
    closing = statement.after(db, wanted, within.end)
    flows = statement.flows(db, (*chosen, *funds), within)
    slugs = sorted({place.campaign for place in _places(chosen)})
    earlier = list(statement.shares(db, slugs, Stretch(0, within.first)))
    shares = list(statement.shares(db, slugs, within))
    made = figures.promises(chosen, opening, flows, closing, earlier, shares)
    given = figures.given([*earlier, *shares])
    promises = tuple(
        _promise(db, each, campaigns[each.place.campaign], versions, within, period, given)
        for each in made
        if each.place.campaign in campaigns and not each.is_empty
    )
    handovers = handed.handed(db, chosen, within)
    contracts = _contracts(slugs)
    return Document(
        SCHEMA,
        _title(final, name),
        django_settings.WAGTAIL_SITE_NAME,
        scope,
        slug,
        name,
        Span(period.words, period.name, since, until, period.time_zone, period.until <= now),
        Log(tree.origin, tree.key, within.first, within.end, tree.root(within.end).hex()),
        _parties(promises, contracts, campaigns),
        promises,
        tuple(
            Fund(_name("sponsor", each.account.split("/")[1]), each)
            for each in figures.funds(funds, opening, flows, closing)
            if not each.is_empty
        ),
        handovers,
        handed.evidence(handovers, named),
        clauses.of(contracts[slug]) if final and slug in contracts else (),
        final,
    )


def _title(final: bool, name: str) -> str:
    return f"Final accounting: {name}" if final else f"Statement: {name}"


def _campaigns() -> Iterable[Campaign]:
    return Campaign.objects.select_related("cause", "charity", "sponsor")


def _name(scope: str, slug: str) -> str:
    model = {"campaign": Campaign, "charity": Charity, "sponsor": Sponsor}[scope]
    found = model.objects.filter(slug=slug).first()
    if found is None:
        raise StatementError(f"There is no {scope} named {slug[:80]!r}.")
    return str(found)


def _chosen(
    db: Database, scope: str, slug: str, versions: Mapping[str, Sequence[CampaignVersion]]
) -> tuple[list[Account], list[Account]]:
    """The accounts of the promises that a statement is about, and its sponsor's funds."""
    fund = f"sponsor/{slug}/fund"
    sponsored = {
        campaign
        for campaign, every in versions.items()
        if any(fund == each.fund or each.sponsor == slug for each in every)
    }
    promises: list[Account] = []
    funds: list[Account] = []
    for each in statement.accounts(db):
        found = figures.place_of(each.path)
        if found is None:
            if scope == "sponsor" and each.path == fund:
                funds.append(each)
            continue
        place = found[1]
        if (
            (scope == "campaign" and place.campaign == slug)
            or (scope == "charity" and place.charity == slug)
            or (scope == "sponsor" and place.campaign in sponsored)
        ):
            promises.append(each)
    return promises, funds


def _places(accounts: Iterable[Account]) -> Iterable[Place]:
    for each in accounts:
        found = figures.place_of(each.path)
        if found is not None:
            yield found[1]


def _promise(
    db: Database,
    made: Figures,
    campaign: Campaign,
    versions: Mapping[str, Sequence[CampaignVersion]],
    within: Stretch,
    period: Period,
    given: Mapping[str, tuple[int, Fraction]],
) -> Promise:
    place = made.place
    every = versions.get(place.campaign, ())
    by_number = {each.version: each for each in every}
    matching = not every or every[-1].trigger == "match"
    happened, came_back, waiting = Sold(), Back(), Fraction(0)
    if not matching:
        happened = receipts.sold(statement.occurred(db, place.campaign, within), by_number)
    if every and every[-1].trigger in _COUNTED:
        until = timestamp(period.until)
        refunds = statement.returned(db, place.campaign, until)
        came_back = receipts.back(refunds, by_number, timestamp(period.since))
        held = statement.holdings(db, place.campaign, sorted(came_back.left), within.end)
        waiting = receipts.carried(came_back, held, place.charity)
    part = rules.part_of(every[-1], place.charity) if every else Fraction(1)
    names = dict(Charity.objects.filter(slug=place.charity).values_list("slug", "name"))
    return Promise(
        campaign=place.campaign,
        title=campaign.title,
        charity=place.charity,
        charity_name=names.get(place.charity, place.charity),
        cause=place.cause,
        cause_label=campaign.cause.label,
        sponsor_name=campaign.sponsor.name if campaign.sponsor else "",
        kind=campaign.cause.kind,
        unit=made.unit,
        scale=made.scale,
        terms=_terms(campaign, every, period),
        opening=made.opening,
        movements=made.movements,
        closing=made.closing,
        rounding=made.rounding,
        limits=made.limits,
        bounds=_bounds(every, *given.get(place.campaign, (0, Fraction(0)))),
        pledges=made.pledges,
        asked="" if matching else str(happened.asked * part),
        waiting="" if matching else str(waiting),
        occasions=happened.occasions,
        receipts=receipts.receipts(happened.gross, came_back.money),
        due=_due(made, by_number),
    )


def _terms(
    campaign: Campaign, versions: Sequence[CampaignVersion], period: Period
) -> tuple[Term, ...]:
    """The versions that were in force on some day of the period."""
    found: list[Term] = []
    for at, version in enumerate(versions):
        replaced = versions[at + 1].effective_from if at + 1 < len(versions) else None
        if replaced is None or replaced > period.since:
            sentence = account.sentence(campaign, version)
            found.append(Term(version.version, timestamp(version.effective_from), sentence))
    return tuple(found)


def _bounds(versions: Sequence[CampaignVersion], given: int, exact: Fraction) -> tuple[Bound, ...]:
    """A cap is reached by exact shares, as the rule counts; a minimum by what is whole."""
    if not versions:
        return ()
    last = versions[-1]
    found = (
        ("cap", last.cap, rules.is_spent(last, exact)),
        ("minimum", last.minimum, given >= (last.minimum or 0)),
    )
    return tuple(Bound(kind, minor, given, met) for kind, minor, met in found if minor is not None)


def _due(made: Figures, versions: Mapping[int, CampaignVersion]) -> tuple[Due, ...]:
    """Units at their contracted price; nothing where no price was agreed."""
    found: list[Due] = []
    for each in made.by_version:
        version = versions.get(each.version)
        if version is None or not version.price:
            continue
        scale = CURRENCIES[version.currency]
        units = Fraction(each.share) / 10**made.scale
        exact = units * rational(version.price) * 10**scale
        found.append(
            Due(each.version, str(units), version.price, version.currency, scale, str(exact))
        )
    return tuple(found)


def _contracts(slugs: Sequence[str]) -> dict[str, Contract]:
    found = Contract.objects.filter(campaign__slug__in=slugs).select_related("campaign")
    return {each.campaign.slug: each for each in found}


def _parties(
    promises: Sequence[Promise],
    contracts: Mapping[str, Contract],
    campaigns: Mapping[str, Campaign],
) -> tuple[Party, ...]:
    """Everybody who pays or receives, each once, with what the contracts say of them."""
    found: dict[tuple[str, str], Party] = {}
    for each in promises:
        campaign = campaigns[each.campaign]
        contract = contracts.get(each.campaign)
        if campaign.sponsor:
            key = ("sponsor", campaign.sponsor.slug)
            found.setdefault(key, clauses.sponsor(campaign.sponsor, contract))
        charity = Charity.objects.filter(slug=each.charity).first()
        if charity is not None:
            mine = contract if charity.pk == campaign.charity.pk else None
            found.setdefault(("charity", charity.slug), clauses.charity(charity, mine))
    return tuple(found[key] for key in sorted(found, reverse=True))


def whole_life(campaign: str, now: datetime) -> Period:
    """From a campaign's first day until its accounting is due, or until yesterday."""
    with open_ledger() as ledger:
        every = read_campaigns(ledger.db).get(campaign, ())
    if not every:
        raise StatementError(f"{campaign[:80]!r} was never published: nothing is to account for.")
    here = ZoneInfo(every[-1].time_zone)
    first = every[0].starts_at.astimezone(here).date()
    yesterday = now.astimezone(here).date() - timedelta(days=1)
    contract = Contract.objects.filter(campaign__slug=campaign).first()
    due = contract.accounting_on if contract and contract.accounting_on else yesterday
    return Period(first, max(first, min(due, yesterday)), every[-1].time_zone)
