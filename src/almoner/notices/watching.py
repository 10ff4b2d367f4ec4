"""Tells what the ledger knows and no screen did: a campaign begun, over, paused, a cap reached.

The ledger's own process writes without Django, so its moments are found by looking: at the
frozen campaign versions, and at every entry once. Guarantee: each moment is told once, and
after a kill none is left out; nothing is told of what was before the first look.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from almoner.campaigns.model import CampaignVersion
from almoner.giving import sentences
from almoner.giving.account import sentence
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Charity, Pause
from almoner.ledger import reads
from almoner.ledger.publish import read_campaigns
from almoner.log import entry
from almoner.notices.mail import send
from almoner.notices.models import Mail, Message, Watch
from almoner.notices.webhooks import publish
from almoner.reading import brake
from almoner.reading.brake import Brake
from almoner.units import decimal

PAGE = 500  # entries looked at in one transaction
WARN_BEFORE = timedelta(days=7)


def watch() -> None:
    """Tell everything new. One process at a time calls this."""
    now = timezone.now()
    with open_ledger() as ledger:
        versions = read_campaigns(ledger.db)
        totals = reads.campaign_totals(ledger.db)
        size = reads.head(ledger.db).size
        seen = Watch.objects.first()
        if seen is None:
            before = {campaign: each[-1].version for campaign, each in versions.items()}
            Watch.objects.create(since=now, versions=before, entry=size)
            return
        _tell_campaigns(versions.values(), totals, seen, now)
        _tell_pauses(versions, brake.brakes(ledger.db), seen)
        for at in range(seen.entry, size, PAGE):
            page = reads.entries(ledger.db, at, min(PAGE, size - at))
            reached = list(_capped(page, versions, totals))
            with transaction.atomic():
                for version, index in reached:
                    _tell_cap(version, index)
                Watch.objects.filter(pk=seen.pk).update(entry=at + len(page))


def _tell_campaigns(
    campaigns: Iterable[Sequence[CampaignVersion]],
    totals: dict[str, int],
    seen: Watch,
    now: datetime,
) -> None:
    """Tell which terms are published, which campaigns are over, and which soon will be."""
    told = set(
        Message.objects.filter(type__startswith="campaign.").values_list("key", flat=True)
    ) | set(Mail.objects.filter(kind="campaign-ending").values_list("key", flat=True))
    for versions in campaigns:
        last = versions[-1]
        over = last.ends_at is not None and last.ends_at <= now
        for version in () if over else versions[seen.versions.get(last.campaign, 0) :]:
            key = f"campaign.published/{version.campaign}/{version.version}"
            if key not in told:
                publish("campaign.published", _published(version), key)
        if last.ends_at is None or last.ends_at < seen.since:
            continue
        key = f"campaign.ended/{last.campaign}/{last.version}"
        if over and key not in told:
            ended = {"ended_at": _time(last.ends_at), "pledged": _amount(last, totals)}
            publish("campaign.ended", _known(last) | ended, key)
        key = f"campaign-ending/{last.campaign}/{last.version}"
        if now < last.ends_at <= now + WARN_BEFORE and f"{key}/0" not in told:
            _warn(last, totals, key)


def _tell_pauses(
    versions: Mapping[str, Sequence[CampaignVersion]], on: Iterable[Brake], seen: Watch
) -> None:
    """Tell which campaigns' brakes were pulled, and which somebody let go."""
    found = [(each.campaign, each.since, each.reason) for each in on]
    over = list(Pause.objects.filter(ended_at__gte=seen.since).select_related("campaign"))
    found += [(each.campaign.slug, each.since, each.reason) for each in over]
    for slug, since, reason in found:
        key = f"giving.paused/{slug}/{_time(since)}"
        if not Message.objects.filter(key=key).exists():
            _tell_pause(versions[slug][-1], since, reason, key)
    for each in over:
        last = versions[each.campaign.slug][-1]
        ended = {"since": _time(each.since), "ended_at": _time(each.ended_at)}
        counts = {"left_out": each.left_out, "counted": each.counted}
        key = f"giving.resumed/{each.campaign.slug}/{_time(each.since)}"
        publish("giving.resumed", _known(last) | ended | counts, key)


def _tell_pause(version: CampaignVersion, since: datetime, reason: str, key: str) -> None:
    campaign = _campaign(version)
    with transaction.atomic():
        data = {"since": _time(since), "reason": reason}
        publish("giving.paused", _known(version) | data, key)
        for number, person in enumerate(_managers() if campaign else ()):
            said = {
                "name": str(person),
                "campaign": str(campaign),
                "since": f"{since.astimezone(UTC):%-d %B %Y, %H:%M} UTC",
                "reason": reason,
                "link": settings.CONFIG.address
                + reverse("giving_campaigns:reads", args=(campaign.pk,)),  # type: ignore[union-attr]
            }
            send("giving-paused", person.email, said, f"{key}/{number}")


def _managers() -> list[Any]:
    """Who can let a campaign give again: its managers with an address, else administrators."""
    able, right = get_user_model().objects, "giving.change_campaign"
    for everybody in (False, True):
        found = able.with_perm(right, include_superusers=everybody).exclude(email="")
        if found.exists():
            return list(found.order_by("pk"))
    return []


def _capped(
    page: Sequence[reads.StoredEntry],
    versions: Any,
    totals: dict[str, int],
) -> Iterable[tuple[CampaignVersion, int]]:
    """The campaigns whose cap an entry of the page speaks of, or that are at it by now."""
    found: dict[str, int] = {}
    for stored in page:
        read = entry.decode(stored.body)
        for pledge in read.pledges:
            last = versions[pledge.campaign][-1]
            if last.cap is None or pledge.campaign in found:
                continue
            if pledge.limited == "cap" or totals.get(pledge.campaign, 0) >= last.cap:
                found[pledge.campaign] = read.index
    for campaign, index in found.items():
        yield versions[campaign][-1], index


def _tell_cap(version: CampaignVersion, index: int) -> None:
    cap = {"unit": version.unit, "value": decimal(version.cap or 0, version.scale)}
    key = f"{version.campaign}/{version.version}"
    publish("cap.reached", _known(version) | {"cap": cap, "entry": index}, f"cap.reached/{key}")
    campaign = _campaign(version)
    if campaign is None:
        return
    told = _in_words(version.cap or 0, version, campaign)
    for number, (name, to) in enumerate(_parties(campaign, version)):
        said = {"name": name, "campaign": str(campaign), "cap": told, "link": _page(version)}
        send("cap-reached", to, said, f"cap-reached/{key}/{number}")


def _warn(version: CampaignVersion, totals: dict[str, int], key: str) -> None:
    campaign = _campaign(version)
    if campaign is None:
        return
    pledged = _in_words(totals.get(version.campaign, 0), version, campaign)
    with transaction.atomic():
        for number, (name, to) in enumerate(_parties(campaign, version)):
            said = {
                "name": name,
                "campaign": str(campaign),
                "promise": sentence(campaign, version),
                "days": sentences.days(version),
                "pledged": pledged,
                "link": _page(version),
            }
            send("campaign-ending", to, said, f"{key}/{number}")


def _parties(campaign: Campaign, version: CampaignVersion) -> list[tuple[str, str]]:
    """Name and address of the sponsor and of every charity."""
    sponsor = campaign.sponsor
    parties = [(sponsor.name, sponsor.contact_email)] if sponsor else []
    slugs = [part.charity for part in version.parts]
    charities = Charity.objects.filter(slug__in=slugs).order_by("slug")
    return parties + [(charity.name, charity.contact_email) for charity in charities]


def _published(version: CampaignVersion) -> dict[str, Any]:
    return _known(version) | {
        "cause": version.cause,
        "charities": [part.charity for part in version.parts],
        "starts_at": _time(version.starts_at),
        "ends_at": _time(version.ends_at) if version.ends_at else None,
    }


def _known(version: CampaignVersion) -> dict[str, Any]:
    campaign = _campaign(version)
    return {
        "campaign": version.campaign,
        "version": version.version,
        "title": str(campaign) if campaign else version.campaign,
        "url": _page(version),
    }


def _campaign(version: CampaignVersion) -> Campaign | None:
    found = Campaign.objects.select_related("cause", "sponsor")
    return found.filter(slug=version.campaign).first()


def _amount(version: CampaignVersion, totals: dict[str, int]) -> dict[str, str]:
    minor = totals.get(version.campaign, 0)
    return {"unit": version.unit, "value": decimal(minor, version.scale)}


def _in_words(minor: int, version: CampaignVersion, campaign: Campaign) -> str:
    return sentences.amount(minor, version.unit, campaign.cause.kind, version.scale)


def _page(version: CampaignVersion) -> str:
    return f"{settings.CONFIG.address}/campaigns/{version.campaign}/"


def _time(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")
