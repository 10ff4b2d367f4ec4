"""The management API: what may be read of causes, campaigns, balances and transactions.

Counters, causes and campaigns are public, as the pages that show them are; balances and
transactions need a key with the scope `read`. `GET /counters` and `POST /events` are answered
by the front door and only described here. Lists come in pages with a cursor; errors are
problems (RFC 9457); amounts are decimal strings with their unit.
"""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Query, Schema
from ninja.errors import ValidationError
from ninja.openapi.docs import Swagger
from pydantic import Field

from almoner import config
from almoner.giving.account import sentence
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Cause
from almoner.intake.keys import key_ring
from almoner.intake.problem import UNEXPECTED, Problem
from almoner.ledger import reads
from almoner.ledger.publish import read_campaigns
from almoner.log.entry import decode
from almoner.log.receipt import link
from almoner.units import decimal
from almoner.web.openapi import describe_front_door

logger = logging.getLogger(__name__)

PAGE = 100
# Swagger UI sets styles on its elements as it draws; nothing else here does.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class AmountOut(Schema):
    """An exact amount: a decimal string, and what it is of."""

    unit: str
    value: str


class CauseOut(Schema):
    """What is given and how it is counted."""

    slug: str
    label: str
    unit: str
    kind: str
    scale: int
    icon: str


class CampaignOut(Schema):
    """A published campaign, as its newest version promises it."""

    slug: str
    title: str
    version: int
    cause: str
    charity: str
    trigger: str
    rate: str
    promise: str
    starts_at: str
    ends_at: str | None
    time_zone: str
    cap: AmountOut | None
    pledged: AmountOut


class BalanceOut(Schema):
    """What stands on one account. Only `external` is ever below zero."""

    account: str
    amount: AmountOut


class BalancesOut(Schema):
    """A page of balances; `next` is the cursor of the one after it."""

    items: list[BalanceOut]
    next: str | None


class PostingOut(Schema):
    """An amount that moved from one account to another."""

    debit: str
    credit: str
    amount: AmountOut


class SharePledgeOut(Schema):
    """A campaign's exact share, a rational number of the unit's smallest part."""

    campaign: str
    version: int
    share: str
    limited: str


class TransactionOut(Schema):
    """One entry of the log. `leaf` is its RFC 6962 leaf hash in hexadecimal."""

    index: int
    time: str
    kind: str
    event: str
    corrects: int | None
    pledges: list[SharePledgeOut]
    postings: list[PostingOut]
    leaf: str


class TransactionsOut(Schema):
    """A page of transactions; `next` is the cursor of the one after it."""

    items: list[TransactionOut]
    next: int | None


class ReceiptOut(Schema):
    """The receipt of one entry: a page that verifies itself, for who has its address."""

    entry: int
    url: str


class ReceiptOf(Schema):
    """Which event: where it came from, and its id there."""

    source: str = Field(max_length=200, description="Such as `shopify:demo` or `api:till`.")
    id: str = Field(max_length=200, description="Such as `order/450789469`.")


class BalancePage(Schema):
    """Which balances."""

    cursor: str = Field("", max_length=400, description="From a page's `next`.")
    limit: int = Field(PAGE, ge=1, le=reads.MAX_PAGE)


class TransactionPage(Schema):
    """Which transactions."""

    cursor: int = Field(0, ge=0, le=2**53, description="The index to start from.")
    limit: int = Field(PAGE, ge=1, le=reads.MAX_PAGE)


class Key:
    """Asks for an API key with a scope."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> str:
        """The key's name; a `Problem` without a good one."""
        with open_ledger() as ledger:
            ring = key_ring(ledger.db)
        return ring.authorise(request.headers.get("Authorization", ""), self.scope).name


class Api(NinjaAPI):
    """Our API, whose description includes what the front door answers itself."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """The OpenAPI 3.1 document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        describe_front_door(document)
        return document


def _docs_policy(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def answer(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response["Content-Security-Policy"] = DOCS_POLICY
        return response

    return answer


api = Api(
    title="Almoner",
    version="1",
    description=__doc__ or "",
    docs=Swagger(),
    docs_decorator=_docs_policy,
    servers=[{"url": settings.CONFIG.address}],
)


@api.get("/causes", response=list[CauseOut], tags=["Public"])
def causes(request: HttpRequest) -> Any:
    """Every cause, in the banner's order."""
    return Cause.objects.order_by("position", "slug")


@api.get("/campaigns", response=list[CampaignOut], tags=["Public"])
def campaigns(request: HttpRequest) -> list[CampaignOut]:
    """Every campaign that was ever published."""
    drafts = Campaign.objects.select_related("cause", "charity", "sponsor").in_bulk(
        field_name="slug"
    )
    with open_ledger() as ledger:
        published = read_campaigns(ledger.db)
        totals = reads.campaign_totals(ledger.db)
    found: list[CampaignOut] = []
    for slug, versions in published.items():
        last = versions[-1]
        draft = drafts.get(slug)
        found.append(
            CampaignOut(
                slug=slug,
                title=draft.title if draft else slug,
                version=last.version,
                cause=last.cause,
                charity=last.charity,
                trigger=last.trigger,
                rate=last.rate,
                promise=sentence(draft, last) if draft else "",
                starts_at=last.starts_at.isoformat(),
                ends_at=last.ends_at.isoformat() if last.ends_at else None,
                time_zone=last.time_zone,
                cap=None if last.cap is None else _amount(last.cap, last.unit, last.scale),
                pledged=_amount(totals.get(slug, 0), last.unit, last.scale),
            )
        )
    return found


@api.get("/balances", response=BalancesOut, auth=Key("read"), tags=["Ledger"])
def balances(request: HttpRequest, page: Query[BalancePage]) -> BalancesOut:
    """What stands on each account."""
    with open_ledger() as ledger:
        rows = reads.balances(ledger.db, page.cursor, page.limit)
    last = rows[-1] if len(rows) == page.limit else None
    return BalancesOut(
        items=[
            BalanceOut(account=row.account, amount=_amount(row.minor, row.unit, row.scale))
            for row in rows
        ],
        next=f"{last.account} {last.unit}" if last else None,
    )


@api.get("/transactions", response=TransactionsOut, auth=Key("read"), tags=["Ledger"])
def transactions(request: HttpRequest, page: Query[TransactionPage]) -> TransactionsOut:
    """The log's entries in their order, from the index `cursor`."""
    with open_ledger() as ledger:
        rows = reads.entries(ledger.db, page.cursor, page.limit)
    return TransactionsOut(
        items=[_transaction(row) for row in rows],
        next=rows[-1].index + 1 if len(rows) == page.limit else None,
    )


@api.get("/receipts", response=list[ReceiptOut], auth=Key("read"), tags=["Ledger"])
def receipts_of(request: HttpRequest, event: Query[ReceiptOf]) -> list[ReceiptOut]:
    """The receipts of an event's entries, for the buyer; none where it made none or never came."""
    address = config.load().address
    with open_ledger() as ledger:
        number = reads.event_number(ledger.db, event.source, event.id)
        held = [] if number is None else reads.sealed_of(ledger.db, number)
    return [
        ReceiptOut(entry=each.index, url=address + link(each.index, each.salt))
        for each in held
        if each.salt is not None
    ]


@api.exception_handler(Problem)
def tell_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem raised by one of our own functions."""
    response = HttpResponse(
        problem.body(), status=problem.status, content_type="application/problem+json"
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def tell_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A parameter that cannot be used, by its name."""
    first = error.errors[0]
    field = str(first["loc"][-1])
    return tell_problem(
        request,
        Problem(
            422,
            "invalid-field",
            "A parameter cannot be used",
            f"{field}: {first['msg']}.",
            field=field,
        ),
    )


@api.exception_handler(Http404)
def tell_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing at this address."""
    return tell_problem(
        request, Problem(404, "not-found", "There is nothing here", "See /api/v1/docs.")
    )


@csrf_exempt
def missing(request: HttpRequest) -> HttpResponse:
    """The view of every address under `/api/` that is none."""
    return tell_missing(request, Http404())


@api.exception_handler(Exception)
def tell_unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """A mistake of ours: told as a problem, and logged."""
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return tell_problem(request, UNEXPECTED)


def _transaction(row: reads.StoredEntry) -> TransactionOut:
    entry = decode(row.body)
    return TransactionOut(
        index=entry.index,
        time=entry.time,
        kind=entry.kind,
        event=entry.event,
        corrects=entry.corrects,
        pledges=[SharePledgeOut(**msgspec.structs.asdict(each)) for each in entry.pledges],
        postings=[
            PostingOut(
                debit=each.debit,
                credit=each.credit,
                amount=AmountOut(unit=each.unit, value=each.value),
            )
            for each in entry.postings
        ],
        leaf=row.leaf.hex(),
    )


def _amount(minor: int, unit: str, scale: int) -> AmountOut:
    return AmountOut(unit=unit, value=decimal(minor, scale))
