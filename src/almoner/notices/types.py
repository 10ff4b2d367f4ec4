"""The types of messages that webhooks carry, each with its data.

This is the one definition: `webhooks.publish` refuses data of another form, and
`scripts/webhooks` writes docs/reference/webhooks.md from it. A field is never renamed or
removed under the same type. Nothing here is of a buyer or a reader.
"""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec


def _said(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


CampaignSlug = Annotated[str, _said("The campaign's slug.")]
CharitySlug = Annotated[str, _said("The charity's slug.")]
CauseSlug = Annotated[str, _said("The cause's slug.")]
Title = Annotated[str, _said("The campaign's title, as readers see it.")]
VersionNumber = Annotated[int, _said("The version of the campaign's terms.")]
EntryIndex = Annotated[int, _said("The index of the entry in the public log.")]
DeliveryId = Annotated[str, _said("The delivery's UUID.")]
Reference = Annotated[str, _said("What the delivery is known by to charity and publisher.")]
Moment = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339, in UTC.")]
Address = Annotated[str, _said("The address of the public page.")]


class Amount(msgspec.Struct, frozen=True):
    """An exact amount: a decimal string and what it counts."""

    unit: Annotated[str, _said("A currency code (`USD`), or a small word (`meal`).")]
    value: Annotated[str, _said("A decimal number, such as `12` or `12.50`.")]


class CampaignPublished(msgspec.Struct, frozen=True):
    """Terms of a campaign are published, and frozen."""

    campaign: CampaignSlug
    version: VersionNumber
    title: Title
    cause: CauseSlug
    charities: Annotated[tuple[str, ...], _said("The slugs of the charities that receive.")]
    starts_at: Moment
    ends_at: Annotated[Moment | None, _said("Null: until it is ended.")]
    url: Address


class CampaignEnded(msgspec.Struct, frozen=True):
    """A campaign's time is over, or it was ended."""

    campaign: CampaignSlug
    version: VersionNumber
    title: Title
    ended_at: Moment
    pledged: Annotated[Amount, _said("What it pledged in all, refunds taken off.")]
    url: Address


class CapReached(msgspec.Struct, frozen=True):
    """A campaign has given as much as it may. It is told once for each version."""

    campaign: CampaignSlug
    version: VersionNumber
    title: Title
    cap: Annotated[Amount, _said("The most that the campaign may give.")]
    entry: EntryIndex
    url: Address


class DeliveryLine(msgspec.Struct, frozen=True):
    """What of one campaign's promise a delivery hands over."""

    campaign: CampaignSlug
    cause: CauseSlug
    amount: Amount


class DeliverySent(msgspec.Struct, frozen=True):
    """Something owed was handed over to a charity."""

    delivery: DeliveryId
    charity: CharitySlug
    reference: Reference
    day: Annotated[date, _said("The day it was handed over on.")]
    lines: tuple[DeliveryLine, ...]
    entry: EntryIndex


class DeliveryConfirmed(msgspec.Struct, frozen=True):
    """A charity says that a delivery, or a part of it, arrived."""

    delivery: DeliveryId
    charity: CharitySlug
    reference: Reference
    lines: Annotated[tuple[DeliveryLine, ...], _said("What was confirmed this time.")]
    whole: Annotated[bool, _said("Whether all of the delivery is confirmed by now.")]
    entry: EntryIndex


class GivingPaused(msgspec.Struct, frozen=True):
    """Reads came as never before: they give nothing through a campaign until somebody looked."""

    campaign: CampaignSlug
    version: VersionNumber
    title: Title
    since: Moment
    reason: Annotated[str, _said("Why, in a sentence.")]
    url: Address


class GivingResumed(msgspec.Struct, frozen=True):
    """Somebody let reads give again through a campaign."""

    campaign: CampaignSlug
    version: VersionNumber
    title: Title
    since: Annotated[Moment, msgspec.Meta(description="When it was paused.")]
    ended_at: Moment
    left_out: Annotated[int, _said("How many reads gave nothing meanwhile.")]
    counted: Annotated[int, _said("How many of these were counted after all, by hand.")]
    url: Address


class DeliveryDisputed(msgspec.Struct, frozen=True):
    """A charity says that something about a delivery is wrong. What it wrote is in the admin."""

    delivery: DeliveryId
    charity: CharitySlug
    reference: Reference


class PeriodClosed(msgspec.Struct, frozen=True):
    """A month is closed: corrections of it stand in a later one."""

    period: Annotated[str, _said("The month: `2026-05`.")]
    size: Annotated[int, _said("How many entries the log had when it was closed.")]


class StatementReady(msgspec.Struct, frozen=True):
    """A statement was shared with whom it is about."""

    statement: Annotated[str, _said("Its title.")]
    about: Annotated[Literal["campaign", "charity", "sponsor"], _said("What `slug` is.")]
    slug: Annotated[str, _said("Whose statement it is.")]
    first_day: Annotated[date, _said("The first day that it is about.")]
    last_day: Annotated[date, _said("The last one.")]
    sha256: Annotated[str, _said("The SHA-256 of its data, as printed on it, in hexadecimal.")]


class Test(msgspec.Struct, frozen=True):
    """Sent by the button “Send a test”."""

    sentence: str


_SOLD = {"campaign": "may-bowls", "title": "May Bowls", "version": 1}
_LINE = {"campaign": "may-bowls", "cause": "meals", "amount": {"unit": "meal", "value": "1200"}}
_DELIVERY = {
    "delivery": "0d5c7e0e-5c0b-4a41-9f0e-2a7d6b1f7f11",
    "charity": "harbor-table",
    "reference": "HT-2026-05",
}
_PAGE = "https://example.org/campaigns/may-bowls/"
_READ = {
    "campaign": "pages",
    "title": "Pages for Meals",
    "version": 1,
    "since": "2026-06-12T09:30:00Z",
    "url": "https://example.org/campaigns/pages/",
}


class MessageType(msgspec.Struct, frozen=True):
    """A type: the form of its data, and an example of it."""

    data: type[msgspec.Struct]
    example: dict[str, Any]


TYPES: Final[dict[str, MessageType]] = {
    "campaign.published": MessageType(
        CampaignPublished,
        _SOLD
        | {
            "cause": "meals",
            "charities": ["harbor-table"],
            "starts_at": "2026-05-01T04:00:00Z",
            "ends_at": "2026-06-01T04:00:00Z",
            "url": _PAGE,
        },
    ),
    "campaign.ended": MessageType(
        CampaignEnded,
        _SOLD
        | {
            "ended_at": "2026-06-01T04:00:00Z",
            "pledged": {"unit": "meal", "value": "41870"},
            "url": _PAGE,
        },
    ),
    "cap.reached": MessageType(
        CapReached,
        _SOLD | {"cap": {"unit": "meal", "value": "50000"}, "entry": 20517, "url": _PAGE},
    ),
    "giving.paused": MessageType(
        GivingPaused,
        _READ | {"reason": "3,100 came in 10 minutes; usually it is 40 at this time of day."},
    ),
    "giving.resumed": MessageType(
        GivingResumed,
        _READ | {"ended_at": "2026-06-12T11:05:00Z", "left_out": 5_200, "counted": 5_200},
    ),
    "delivery.sent": MessageType(
        DeliverySent, _DELIVERY | {"day": "2026-06-12", "lines": [_LINE], "entry": 20611}
    ),
    "delivery.confirmed": MessageType(
        DeliveryConfirmed, _DELIVERY | {"lines": [_LINE], "whole": True, "entry": 20640}
    ),
    "delivery.disputed": MessageType(DeliveryDisputed, _DELIVERY),
    "period.closed": MessageType(PeriodClosed, {"period": "2026-05", "size": 20540}),
    "statement.ready": MessageType(
        StatementReady,
        {
            "statement": "Statement of Harbor Table, May 2026",
            "about": "charity",
            "slug": "harbor-table",
            "first_day": "2026-05-01",
            "last_day": "2026-05-31",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
    ),
    "webhook.test": MessageType(Test, {"sentence": "This is a test."}),
}


class MessageError(ValueError):
    """Data that is not of its type's form; the message names the field."""


def read(type: str, data: dict[str, Any]) -> msgspec.Struct:
    """The data in its type's form; fields that the type does not have are refused."""
    known = TYPES.get(type)
    if known is None:
        raise MessageError(f"There is no message type {type!r}: use one of {', '.join(TYPES)}.")
    extra = sorted(data.keys() - {each.name for each in msgspec.structs.fields(known.data)})
    if extra:
        raise MessageError(f"A {type} message has no {', '.join(extra)}.")
    try:
        return msgspec.convert(data, known.data)
    except msgspec.ValidationError as error:
        raise MessageError(f"A {type} message: {error}.") from None
