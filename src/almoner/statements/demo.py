"""A contract as it was signed and statements as they were drawn, for the demonstration.

Each is made where it is missing. All names and numbers are invented.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from almoner.giving.models import Campaign
from almoner.jobs import running
from almoner.jobs.models import Job
from almoner.statements import sharing, shelf
from almoner.statements.models import Contract, Drawn, Filing

CAMPAIGN, CHARITY, SPONSOR = "holiday-bowls", "harbor-table", "northgate-mills"


def sign_contract(begins: date) -> None:
    """The contract of one campaign, signed before `begins`."""
    campaign = Campaign.objects.get(slug=CAMPAIGN)
    signed = begins - timedelta(days=12)
    contract, new = Contract.objects.get_or_create(
        campaign=campaign,
        defaults={
            "sponsor_legal_name": "Northgate Mills, Inc.",
            "sponsor_registration": "Massachusetts, 000-118-442",
            "sponsor_signatory": "Helen Marsh, treasurer",
            "sponsor_address": "14 Mill Race\nNorthgate, MA",
            "charity_legal_name": "Harbor Table Food Bank, Inc.",
            "charity_registration": "EIN 00-0118442",
            "charity_signatory": "Maren Holt, director",
            "second_signatory": "Luis Ferreira, clerk",
            "charity_address": "3 Quayside\nHarbor, MA",
            "signed_on": signed,
            "goods": "Every item that the shop sells.",
            "territory": "The United States",
            "manner": Contract.Manner.IN_KIND,
            "unit_definition": "One meal is 1.2 pounds of food as the food bank weighs it.",
            "flat_gift": "0",
            "flat_currency": "USD",
            "estimated_total": "4,000 meals a year",
            "objectives": "Hot meals in winter, told of on every product's page.",
            "name_consent": signed,
            "advertisement_consent": signed,
            "payment_manner": "In kind, by lorry, about every six weeks",
            "termination": "By either with 30 days' notice; what was sold until then is given.",
            "variation": "In writing, and only for what is sold afterwards.",
            "fees": "None",
        },
    )
    if new:
        Filing.objects.create(
            contract=contract,
            state="Massachusetts",
            form="Form 10B",
            filed_on=signed + timedelta(days=3),
            expires_on=signed + timedelta(days=368),
            reference="CCV-2207",
        )


def draw_statements(last_day: date, now: datetime, by: Any) -> None:
    """A charity's statement of the month that ended on `last_day`, shared with it, and a sponsor's.

    The sponsor's is drawn by a job, as a large one is. The log has to be published; raises
    `StatementError` otherwise.
    """
    first_day = last_day.replace(day=1)
    if not Drawn.objects.filter(scope="charity", slug=CHARITY, since=first_day).exists():
        order = shelf.Order("charity", CHARITY, first_day, last_day, settings.TIME_ZONE)
        sharing.share(shelf.draw_now(order, now, by), now)
    if not Job.objects.filter(kind=shelf.KIND).exists():
        order = shelf.Order("sponsor", SPONSOR, first_day, last_day, settings.TIME_ZONE)
        # Done at once and not by the next worker, so that it is there when somebody looks.
        running.run(shelf.draw_later(order, by).pk, "demonstration")
