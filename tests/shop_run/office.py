"""The publisher's people at work in Almoner, in a process of their own.

They set up causes and campaigns, put up a fund, deliver what is owed, enter what the charities
say and draw the final accountings, by the functions that the screens call. Told by JSON lines
what to do, as the shop is.
"""

import json
import os
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django

from tests.shop_run.promises import CAUSES, HANDED_OVER, HOLD_DAYS, IN_FUND, PROMISES, SPONSOR

LONG_AGO = date(2020, 1, 1)


def open_office() -> None:
    """Set up what is counted and who gives, publish the campaigns, fill the sponsor's fund."""
    from almoner.giving.entries import record_deposit
    from almoner.giving.models import Campaign, Cause, Charity, Fund, Sponsor
    from almoner.giving.publishing import publish_draft

    now = datetime.now(UTC)
    sponsor = Sponsor.objects.create(name="Acme", slug=SPONSOR)
    fund = Fund.objects.create(sponsor=sponsor, unit="meal")
    for slug, unit, kind, scale in CAUSES:
        Cause.objects.create(label=slug.title(), slug=slug, unit=unit, kind=kind, scale=scale)
    for campaign, cause, charities, terms in PROMISES:
        for slug in charities:
            Charity.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
        terms = {**terms, "sponsor": sponsor if terms.get("from_fund") else None}
        if "matches" in terms:
            terms["matches"] = Campaign.objects.get(slug=terms["matches"])
        draft = Campaign.objects.create(
            title=campaign.title(),
            slug=campaign,
            cause=Cause.objects.get(slug=cause),
            charity=Charity.objects.get(slug=next(iter(charities))),
            starts_on=LONG_AGO,
            **terms,
        )
        if len(charities) > 1:
            for slug, weight in charities.items():
                draft.parts.create(charity=Charity.objects.get(slug=slug), weight=weight)
        publish_draft(draft, now)
    outcome = record_deposit(fund, IN_FUND, LONG_AGO, "cheque-1", now)
    assert outcome.status == "recorded", outcome


def mature_holds(told: str) -> None:
    """Two weeks go by: what was told until then cannot come back any more."""
    from almoner.giving.book import open_ledger
    from almoner.ledger import mature

    with open_ledger() as ledger:
        mature(ledger, datetime.fromisoformat(told) + timedelta(days=HOLD_DAYS))


def paper_of(charity: str) -> bytes:
    """The way-bill of a charity's delivery."""
    return f"%PDF-1.4\n% {charity}\n%%EOF\n".encode()


def hand_over() -> dict[str, int]:
    """Deliver part of what is owed to each charity, with a paper; it confirms half of each line.

    Gives what then stands at each charity's accounts.
    """
    from django.contrib.auth import get_user_model

    from almoner.giving.book import open_ledger
    from almoner.giving.models import Campaign, Charity
    from almoner.ledger import settle
    from almoner.settlement import deliveries, evidence

    by = get_user_model().objects.create(username="finance", email="finance@almoner.test")
    standing: dict[str, int] = {}
    for charity in Charity.objects.order_by("slug"):
        now = datetime.now(UTC)
        with open_ledger() as ledger:
            owed = settle.shares(ledger.db, charity.slug)
        wanted: list[tuple[Any, Any, int]] = []
        for share in owed:
            part, whole = HANDED_OVER.get(share.campaign, (2, 3))
            campaign = Campaign.objects.get(slug=share.campaign)
            wanted.append((campaign, campaign.cause, share.owed * part // whole))
        delivery = deliveries.prepare(charity, wanted, now.date(), f"way-bill-{charity.slug}")
        paper = paper_of(charity.slug)
        evidence.attach(delivery, "invoice", "bill.pdf", paper, by, now)
        delivery = deliveries.send(delivery, by, now)
        arrived = {line.key: line.minor // 2 for line in delivery.lines.all()}
        deliveries.answer(delivery, 1, "part", "Ida Quist", "", arrived, datetime.now(UTC))
        for line in delivery.lines.all():
            name = charity.slug, line.cause.slug, line.campaign.slug
            standing[settle.confirmed_account(*name)] = line.minor // 2
            standing[settle.delivered_account(*name)] = line.minor - line.minor // 2
    return standing


def account() -> dict[str, Any]:
    """Every campaign's final accounting and the sponsor's statement, as their room draws them."""
    import msgspec
    from django.conf import settings

    from almoner.statements import drawing, papers
    from almoner.statements.document import encode
    from almoner.statements.period import period
    from almoner.statements.tree import open_tree

    now, tree, named = datetime.now(UTC), open_tree(settings.CONFIG), papers.named()
    years = period(f"{LONG_AGO}..{now.year + 1}-12-31")

    def draw(scope: str, slug: str) -> Any:
        final = scope == "campaign"
        drawn = drawing.draw(scope, slug, years, tree, now, final=final, named=named)
        return msgspec.json.decode(encode(drawn))

    return {
        SPONSOR: draw("sponsor", SPONSOR),
        **{campaign: draw("campaign", campaign) for campaign, _, _, _ in PROMISES},
    }


def main() -> None:
    """Do what each line says."""
    known = {
        "open": open_office,
        "mature": mature_holds,
        "hand over": hand_over,
        "account": account,
    }
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        print(json.dumps(known[command](*arguments)), flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "almoner.web.settings"
    django.setup()
    main()
