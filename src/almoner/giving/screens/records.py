"""Screens that show what came in and what is in the ledger, and the API keys."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

import json
from datetime import UTC, datetime
from typing import Any, get_args

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from almoner.campaigns.counting import occurrences
from almoner.campaigns.force import Index
from almoner.campaigns.model import Manual
from almoner.counters.figures import MINUS
from almoner.giving.book import open_ledger
from almoner.giving.forms import KeyForm
from almoner.giving.models import Campaign
from almoner.giving.publishing import read_body
from almoner.giving.screens.guard import Screen
from almoner.giving.wording import amount, plural
from almoner.intake.keys import create_key, list_keys, revoke_key
from almoner.ledger import Database, reads
from almoner.ledger.append import Status
from almoner.ledger.event import OCCASIONS, decode_order, decode_refund, instant
from almoner.ledger.publish import read_campaigns
from almoner.log import entry
from almoner.log.receipt import link
from almoner.units import currency, decimal

PAGE = 50  # rows of a list: two screens
NOTHING = "matched nothing"
# What an event can come to, in the order the filter offers it.
OUTCOMES = (
    NOTHING,
    *(each for each in get_args(Status) if each not in (NOTHING, "duplicate", "conflict")),
)


def summary(event: reads.StoredEvent) -> str:
    """What was received, in a few words."""
    if event.kind == "refund":
        order = decode_refund(event.body).order.removeprefix("order/")
        return f"Refund of order {order}"
    if event.kind not in ("order", "test_order", "unpaid_order", "manual"):
        return {"opening": "Opening balance"}.get(event.kind, event.kind.capitalize())
    if event.kind == "manual":
        body = read_body(event)
        assert isinstance(body, Manual), event
        return f"{body.quantity:,} by hand for {body.campaign}"
    body = decode_order(event.body)
    pieces = sum(line.quantity for line in body.lines)
    unit = currency(body.currency)
    money = amount(sum(line.revenue for line in body.lines), unit.code, unit.kind, unit.scale)
    tags = f", tagged {', '.join(body.tags)}" if body.tags else ""
    kind = {"test_order": "Test order", "unpaid_order": "Order, not paid yet"}.get(event.kind)
    return f"{kind or 'Order'}: {pieces:,} {plural('item', pieces)}, {money}{tags}"


class EventsView(Screen):
    """Everything received, the newest first."""

    sees = "giving.view_campaign"
    page_title = "Events received"
    header_icon = "download"
    template_name = "giving/admin/events.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List a page of them."""
        outcome = request.GET.get("outcome", "")
        outcome = outcome if outcome in OUTCOMES else ""
        before = request.GET.get("before", "")
        with open_ledger() as ledger:
            found = reads.events(
                ledger.db,
                outcome=outcome,
                before=int(before) if _is_index(before) else None,
                limit=PAGE + 1,
            )
            unmatched = reads.unmatched(ledger.db)
            total = reads.head(ledger.db).events
        titles = dict(Campaign.objects.values_list("slug", "title"))
        return self.show(
            rows=[
                (
                    each,
                    instant(each.received_at),
                    summary(each),
                    ", ".join(titles.get(slug, slug) for slug in each.campaigns),
                )
                for each in found[:PAGE]
            ],
            more=found[PAGE - 1].seq if len(found) > PAGE else None,
            first_page=not before,
            outcome=outcome,
            outcomes=OUTCOMES,
            nothing=NOTHING,
            unmatched=unmatched,
            total=total,
        )


class EventView(Screen):
    """One event: what was kept of it, and what it came to."""

    sees = "giving.view_campaign"
    header_icon = "download"
    template_name = "giving/admin/event.html"

    def get(self, request: HttpRequest, seq: int) -> HttpResponse:
        """Show it."""
        if not _is_index(str(seq)):
            raise Http404("There is no such event.")
        with open_ledger() as ledger:
            found = reads.events(ledger.db, before=seq + 1, limit=1)
            if not found or found[0].seq != seq:
                raise Http404("There is no such event.")
            event = found[0]
            would = _would_pledge(ledger.db, event)
            entries = reads.sealed_of(ledger.db, seq)
        self.page_title = f"Event {seq:,}"
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("giving_events:index"), "label": "Events received"},
            {"url": "", "label": self.page_title},
        ]
        return self.show(
            event=event,
            summary=summary(event),
            occurred=instant(event.occurred_at),
            received=instant(event.received_at),
            kept=json.dumps(json.loads(event.body), indent=2, ensure_ascii=False),
            pledged=Campaign.objects.filter(slug__in=event.campaigns),
            would=Campaign.objects.filter(slug__in=would),
            receipts=[
                (each.index, link(each.index, each.salt) if each.salt else "") for each in entries
            ],
        )


class LedgerView(Screen):
    """Balances and the last entries, read only."""

    sees = "giving.view_ledger"
    page_title = "Ledger"
    header_icon = "list-ol"
    template_name = "giving/admin/ledger.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of entries under all balances."""
        before = request.GET.get("before", "")
        with open_ledger() as ledger:
            head = reads.head(ledger.db)
            last = min(int(before), head.size) if _is_index(before) else head.size
            start = max(0, last - PAGE)
            stored = reads.entries(ledger.db, start, last - start) if last > start else []
            balances = reads.balances(ledger.db)
        return self.show(
            head=head,
            root=head.root.hex(),
            balances=[
                (each, _grouped(each.minor, each.scale))
                for each in sorted(balances, key=lambda each: (each.unit, each.account))
            ],
            units=sorted({each.unit for each in balances}),
            entries=[entry.decode(each.body) for each in reversed(stored)],
            more=start or None,
            first_page=not before,
        )


class KeysView(Screen):
    """API keys: shown once, listed, revoked."""

    sees = "giving.view_api_keys"
    changes = "giving.manage_api_keys"
    page_title = "API keys"
    header_icon = "key"
    template_name = "giving/admin/keys.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them."""
        return self._list(KeyForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a key and show it, this once; or revoke one."""
        now = datetime.now(UTC)
        revoked = request.POST.get("revoke", "")
        if revoked:
            if not _is_index(revoked):
                raise Http404("There is no such key.")
            with open_ledger() as ledger:
                revoke_key(ledger.db, int(revoked), now)
            messages.success(request, "The key is revoked: it opens nothing from now on.")
            return redirect("giving_keys:index")
        form, token = KeyForm(request.POST), ""
        if form.is_valid():
            chosen = form.cleaned_data
            try:
                with open_ledger() as ledger:
                    token = create_key(ledger.db, chosen["name"], chosen["scopes"], now)
            except ValueError as error:
                form.add_error("name", f"{error}.")
            else:
                form = KeyForm()
        return self._list(form, token)

    def _list(self, form: KeyForm, token: str = "") -> HttpResponse:
        with open_ledger() as ledger:
            keys = list_keys(ledger.db)
        rows = [
            (key, instant(key.created_at), instant(key.revoked_at) if key.revoked_at else None)
            for key in keys
        ]
        may_change = self.request.user.has_perm(self.changes)
        return self.show(form=form, token=token, keys=rows, may_change=may_change)


class Record(ViewSet):
    """A screen in the menu, shown to those who may open it."""

    view: type[Screen] = Screen

    @property
    def menu_item_class(self) -> type[MenuItem]:
        """A menu item that asks for the screen's own right."""
        needed = self.view.sees

        class Item(MenuItem):
            def is_shown(self, request: HttpRequest) -> bool:
                return request.user.has_perm(needed)

        return Item

    def get_urlpatterns(self) -> list[Any]:
        """The screen itself."""
        return [path("", self.view.as_view(), name="index")]


class Events(Record):
    """Everything received."""

    name = "giving_events"
    url_prefix = "giving/events"
    icon = "download"
    menu_label = "Events received"
    view = EventsView

    def get_urlpatterns(self) -> list[Any]:
        """Add the page of one event."""
        one = path("<int:seq>/", EventView.as_view(), name="event")
        return [*super().get_urlpatterns(), one]


class LedgerRecord(Record):
    """Balances and entries."""

    name = "giving_ledger"
    url_prefix = "giving/ledger"
    icon = "list-ol"
    menu_label = "Ledger"
    view = LedgerView


class Keys(Record):
    """API keys."""

    name = "giving_keys"
    url_prefix = "giving/keys"
    icon = "key"
    menu_label = "API keys"
    view = KeysView


def _grouped(minor: int, scale: int) -> str:
    """A balance in full: `−34,417.00`."""
    whole, point, fraction = decimal(abs(minor), scale).partition(".")
    return f"{MINUS if minor < 0 else ''}{int(whole):,}{point}{fraction}"


def _is_index(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _would_pledge(db: Database, event: reads.StoredEvent) -> list[str]:
    """The campaigns that cover an event and have not pledged for it: a replay would."""
    if event.kind not in OCCASIONS:
        return []
    body = read_body(event)
    when = min(instant(event.occurred_at), instant(event.received_at))
    versions = Index(read_campaigns(db)).covering(body, when)
    return [
        version.campaign
        for version in versions
        if version.campaign not in event.campaigns and occurrences(version, body)
    ]
