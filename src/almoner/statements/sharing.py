"""Shares a statement with whom it is about: by e-mail, and on a charity's own page.

A shared statement opens by a signed link, for whoever has it and nobody else; one that was not
shared opens for nobody outside. Sharing twice tells once. Source: django.core.signing
(HMAC-SHA-256). Limit: another `secret_key` makes every link useless, and there is no taking
back: what somebody has read is read.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from almoner.giving.models import Campaign, Charity, Sponsor
from almoner.notices.mail import send
from almoner.notices.webhooks import publish
from almoner.settlement.charity_page import Statement
from almoner.statements.models import Drawn

MAX_TOKEN = 300  # what we sign has half of it
ENDINGS = ("pdf", "csv", "xlsx", "json")


def share(drawn: Drawn, now: datetime) -> Drawn:
    """Open a statement to its readers and tell them. Pressing twice tells once."""
    with transaction.atomic():
        drawn = Drawn.objects.select_for_update().get(pk=drawn.pk)
        if drawn.shared_at is not None:
            return drawn
        drawn.shared_at = now
        drawn.save(update_fields=["shared_at"])
        for name, address in readers(drawn):
            said = {
                "name": name,
                "title": drawn.title,
                "period": f"{drawn.since:%-d %B %Y} to {drawn.last_day:%-d %B %Y}",
                "link": link(drawn),
            }
            send("statement-ready", address, said, f"statement-ready/{drawn.digest}/{name}")
        publish(
            "statement.ready",
            {
                "statement": drawn.title,
                "about": drawn.scope,
                "slug": drawn.slug,
                "first_day": drawn.since.isoformat(),
                "last_day": drawn.last_day.isoformat(),
                "sha256": drawn.digest,
            },
            f"statement.ready/{drawn.digest}",
        )
    return drawn


def readers(drawn: Drawn) -> Iterable[tuple[str, str]]:
    """Whom a statement is about, each with its address ("" where none is known)."""
    found: list[Charity | Sponsor | None] = []
    if drawn.scope == "campaign":
        campaign = Campaign.objects.select_related("charity", "sponsor").get(slug=drawn.slug)
        found = [campaign.charity, *(part.charity for part in campaign.parts.all())]
        found.append(campaign.sponsor)
    else:
        kind: Any = Charity if drawn.scope == "charity" else Sponsor
        found = [kind.objects.get(slug=drawn.slug)]
    return dict.fromkeys((each.name, each.contact_email) for each in found if each)


def link(drawn: Drawn, ending: str = "pdf") -> str:
    """The address of a shared statement in one form."""
    path = reverse("shared_statement", args=(_signer().sign(drawn.digest), ending))
    return settings.WAGTAILADMIN_BASE_URL + path


def opened(token: str) -> Drawn | None:
    """The statement that a link opens; None where nobody shared it."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        digest = _signer().unsign(token)
    except signing.BadSignature:
        return None
    return Drawn.objects.filter(digest=digest).exclude(shared_at=None).first()


def of_charity(charity: Charity) -> list[Statement]:
    """The statements that are on a charity's own page."""
    shared = Drawn.objects.filter(scope="charity", slug=charity.slug).exclude(shared_at=None)
    return [Statement(each.title, each.last_day, link(each)) for each in shared.defer("data")]


def _signer() -> signing.Signer:
    return signing.Signer(salt="almoner.statements.shared")
