"""Signed links that let a charity in without an account.

A confirmation's link opens one delivery for `DAYS` days; a charity's own link opens its page
until it is revoked. Each carries a number, and a newer number makes the earlier ones useless.
The link is the secret: whoever has it may answer, so pages behind it are kept by no cache,
sent on in no referrer and written to no log. Source: django.core.signing (HMAC-SHA-256).
Limit: another `secret_key` makes every link useless.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.core import signing

from almoner.giving.models import Charity
from almoner.settlement.models import CharityLink, Delivery

DAYS = 30
_ANSWER = "almoner.settlement.answer"
_PAGE = "almoner.settlement.charity"
MAX_TOKEN = 300  # what we sign has half of it


@dataclass(frozen=True, slots=True)
class Opened:
    """The delivery that a link is for, and whether the link still opens it."""

    delivery: Delivery
    state: Literal["open", "expired", "replaced"]
    until: datetime


def answer_link(delivery: Delivery) -> str:
    """The address where the charity answers, good for `DAYS` days from now."""
    assert delivery.link_number, f"{delivery} is not sent"
    token = signing.dumps([delivery.uuid.hex, delivery.link_number], salt=_ANSWER)
    return f"{settings.WAGTAILADMIN_BASE_URL}/arrived/{token}/"


def renew(delivery: Delivery) -> None:
    """Make every earlier link to this delivery useless."""
    delivery.link_number += 1
    delivery.save(update_fields=["link_number"])


def open_answer(token: str) -> Opened | None:
    """What a link opens; None where nobody made it."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        try:
            said = signing.loads(token, salt=_ANSWER, max_age=timedelta(days=DAYS))
            state: Literal["open", "expired", "replaced"] = "open"
        except signing.SignatureExpired:
            said = signing.loads(token, salt=_ANSWER)
            state = "expired"
    except signing.BadSignature:
        return None
    delivery = Delivery.objects.select_related("charity").filter(uuid=UUID(hex=said[0])).first()
    if delivery is None:
        return None
    seconds = signing.b62_decode(token.split(":")[-2])  # type: ignore[attr-defined]
    made = datetime.fromtimestamp(seconds, UTC)
    if state == "open" and said[1] != delivery.link_number:
        state = "replaced"
    return Opened(delivery, state, made + timedelta(days=DAYS))


def page_link(charity: Charity) -> str:
    """The address of the charity's own page, or "" where it has none."""
    row = CharityLink.objects.filter(charity=charity, revoked_at=None).first()
    if row is None or not row.number:
        return ""
    token = _signer().sign_object([charity.slug, row.number])
    return f"{settings.WAGTAILADMIN_BASE_URL}/charity/{token}/"


def make_page_link(charity: Charity, now: datetime) -> None:
    """Give the charity a new link to its page; the one before opens nothing from now on."""
    row, _ = CharityLink.objects.get_or_create(charity=charity)
    row.number += 1
    row.made_at, row.revoked_at = now, None
    row.save()


def revoke_page_link(charity: Charity, now: datetime) -> None:
    """Let the charity's link open nothing from now on."""
    CharityLink.objects.filter(charity=charity, revoked_at=None).update(revoked_at=now)


def open_page(token: str) -> Charity | None:
    """Whose page a link opens; None where nobody made it or it is revoked."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        slug, number = _signer().unsign_object(token)
    except signing.BadSignature:
        return None
    row = CharityLink.objects.select_related("charity").filter(charity__slug=slug).first()
    return row.charity if row and row.number == number and row.revoked_at is None else None


def _signer() -> Any:
    return signing.Signer(salt=_PAGE)
