"""The screens of connections: how each is, how one is made, what it delivered, replays."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

import csv
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages

from almoner.giving import connecting, replays
from almoner.giving.book import open_ledger
from almoner.giving.connection_forms import ConnectForm, RangeForm, SecretForm
from almoner.giving.guides import GUIDES, Guide, advice
from almoner.giving.replays import ReplayError
from almoner.giving.screens.records import summary
from almoner.giving.sentences import plural
from almoner.intake import connections, deliveries
from almoner.intake.connections import Connection
from almoner.intake.deliveries import DAYS, PAGE, Delivery
from almoner.intake.problem import Problem
from almoner.ledger import Database, reads
from almoner.ledger.event import encode_body, instant, timestamp
from almoner.people.guard import Screen

LIST = "giving_connections:index"
ONE = "giving_connections:connection"
DELIVERY = "giving_connections:delivery"
# What the list of a connection's deliveries can be narrowed to.
SHOWN = {"rejected": ("rejected",), "conflict": ("conflict",)}


class ConnectionScreen(Screen):
    """A screen under Connections: seen by campaign managers, pressed by administrators."""

    sees = "giving.view_connections"
    changes = "giving.manage_connections"
    header_icon = "link"

    @property
    def may_change(self) -> bool:
        """Whether this person may press."""
        return self.request.user.has_perm(self.changes)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Show the way back."""
        return [
            *self.breadcrumbs_items,
            {"url": reverse(LIST), "label": "Connections"},
            *self.between(),
            {"url": "", "label": self.page_title},
        ]

    def between(self) -> list[dict[str, Any]]:
        """What stands between the list and this screen."""
        return []


class ConnectionsView(ConnectionScreen):
    """Every connection, with its health at a glance."""

    page_title = "Connections"
    template_name = "giving/admin/connections.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them."""
        now = datetime.now(UTC)
        with open_ledger() as ledger:
            rows = connecting.overviews(ledger.db, now)
            strangers = [
                (guide.title, deliveries.health(ledger.db, kind, "", now).count("rejected"), last)
                for kind, guide in GUIDES.items()
                for last in deliveries.page(ledger.db, kind, "", limit=1)
            ]
        return self.show(
            rows=rows,
            strangers=[
                (title, count, instant(last.received_at), last.problem, advice(last.code))
                for title, count, last in strangers
                if count
            ],
            may_change=self.may_change,
            unreachable=connecting.unreachable(),
        )

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """This is the list itself."""
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


class ChooseView(ConnectionScreen):
    """Which kind of shop is to be connected."""

    sees = "giving.manage_connections"
    page_title = "Connect a shop"
    template_name = "giving/admin/connection_choose.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Offer every kind."""
        return self.show(guides=GUIDES.values())


class ConnectView(ConnectionScreen):
    """Makes a connection of one kind, step by step."""

    sees = "giving.manage_connections"
    template_name = "giving/admin/connection_new.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the guide."""
        super().setup(request, *args, **kwargs)
        self.guide = guide_or_404(kwargs["kind"])
        self.page_title = f"Connect {self.guide.title}"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Show the steps and the form."""
        return self._form(ConnectForm(None, self.guide))

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Make it, and show a secret that was made here, this once."""
        form = ConnectForm(request.POST, self.guide)
        if not form.is_valid():
            return self._form(form)
        name, secret = form.cleaned_data["name"], form.chosen()
        try:
            with open_ledger() as ledger:
                connections.add(
                    ledger.db,
                    kind,
                    name,
                    secret,
                    datetime.now(UTC),
                    configured=connecting.configured(),
                )
        except ValueError as error:
            form.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return self._form(form)
        if form.made:
            return self._form(None, secret=secret, page_url=reverse(ONE, args=(kind, name)))
        messages.success(request, f"{self.guide.title} is connected as {name}.")
        return redirect(ONE, kind, name)

    def _form(self, form: ConnectForm | None, **more: Any) -> HttpResponse:
        return self.show(
            form=form,
            guide=self.guide,
            address=connecting.address(self.guide.kind),
            unreachable=connecting.unreachable(),
            **more,
        )


class OneConnection(ConnectionScreen):
    """A screen of one connection."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the connection."""
        super().setup(request, *args, **kwargs)
        self.guide = guide_or_404(kwargs["kind"])
        self.page_url = reverse(ONE, args=(kwargs["kind"], kwargs["name"]))

    def connection(self, db: Database) -> Connection:
        """The connection of the address."""
        found = connecting.connections(db).find(self.kwargs["kind"], self.kwargs["name"])
        if found is None:
            raise Http404("There is no such connection.")
        return found


class ConnectionView(OneConnection):
    """One connection: its health, its last deliveries, and what can be done."""

    template_name = "giving/admin/connection.html"

    def get(self, request: HttpRequest, kind: str, name: str) -> HttpResponse:
        """Show it."""
        return self._page(None)

    def post(self, request: HttpRequest, kind: str, name: str) -> HttpResponse:
        """Pause it, resume it, or replay a range."""
        now, action = datetime.now(UTC), request.POST.get("action")
        if action == "replay":
            return self._replay(request, now)
        with open_ledger() as ledger:
            connection = self.connection(ledger.db)
            if connection.fixed or action not in ("pause", "resume"):
                raise Http404("This connection has no such button.")
            if action == "pause":
                connections.pause(ledger.db, kind, name, now)
            else:
                connections.resume(ledger.db, kind, name)
        told = (
            "Paused: what it sends is refused, and kept so that it can be replayed once you resume."
            if action == "pause"
            else "Resumed: what it sends from now on is counted."
        )
        messages.success(request, told)
        return redirect(self.page_url)

    def _replay(self, request: HttpRequest, now: datetime) -> HttpResponse:
        form = RangeForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        since, until = (timestamp(form.cleaned_data[name]) for name in ("since", "until"))
        with open_ledger() as ledger:
            connection = self.connection(ledger.db)
            kind, name = connection.kind, connection.name
            numbers = deliveries.replayable(ledger.db, kind, name, since, until)
            try:
                came = replays.replay(ledger, connection, numbers, now)
            except ReplayError as error:
                messages.error(request, str(error))
                return redirect(self.page_url)
        tell(request, came)
        return redirect(self.page_url)

    def _page(self, form: RangeForm | None) -> HttpResponse:
        now = datetime.now(UTC)
        shown = self.request.GET.get("show", "")
        shown = shown if shown in SHOWN else ""
        before = self.request.GET.get("before", "")
        statuses = SHOWN.get(shown, deliveries.KEPT)
        with open_ledger() as ledger:
            connection = self.connection(ledger.db)
            found = deliveries.page(
                ledger.db,
                connection.kind,
                connection.name,
                statuses,
                before=int(before) if before.isdecimal() and len(before) < 19 else None,
                limit=PAGE + 1,
            )
            overview = connecting.overview(ledger.db, connection, now)
            waiting = deliveries.replayable(
                ledger.db, connection.kind, connection.name, "", timestamp(now)
            )
            oldest = deliveries.find(ledger.db, waiting[0]) if waiting else None
        self.page_title = connection.name
        return self.show(
            overview=overview,
            connection=connection,
            guide=self.guide,
            addresses=[
                connecting.address(connection.kind),
                connecting.address(connection.kind, connection.name),
            ],
            hours=[(instant(f"{hour.hour}:00:00Z"), hour.counts) for hour in overview.health.hours],
            rows=[(each, instant(each.received_at)) for each in found[:PAGE]],
            more=found[PAGE - 1].id if len(found) > PAGE else None,
            first_page=not before,
            shown=shown,
            filters=SHOWN,
            waiting=len(waiting),
            days=DAYS,
            range_form=form or RangeForm(initial=_span(oldest, now)),
            may_change=self.may_change,
            unreachable=connecting.unreachable(),
        )


class HoursView(OneConnection):
    """The last 24 hours as a file for a spreadsheet."""

    def get(self, request: HttpRequest, kind: str, name: str) -> HttpResponse:
        """Write it."""
        with open_ledger() as ledger:
            self.connection(ledger.db)
            health = deliveries.health(ledger.db, kind, name, datetime.now(UTC))
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{kind}-{name}-hours.csv"'
        writer = csv.writer(answer)
        writer.writerow(["hour", *deliveries.KEPT])
        for hour in health.hours:
            counts = [hour.counts.get(status, 0) for status in deliveries.KEPT]
            writer.writerow([f"{hour.hour}:00:00Z", *counts])
        return answer


class SecretView(OneConnection):
    """Gives a connection another secret."""

    sees = "giving.manage_connections"
    page_title = "Exchange the secret"
    template_name = "giving/admin/connection_secret.html"

    def between(self) -> list[dict[str, Any]]:
        """The connection's page."""
        return [{"url": self.page_url, "label": self.kwargs["name"]}]

    def get(self, request: HttpRequest, kind: str, name: str) -> HttpResponse:
        """Ask for it."""
        return self._form(SecretForm(None, self.guide))

    def post(self, request: HttpRequest, kind: str, name: str) -> HttpResponse:
        """Exchange it, and show one that was made here, this once."""
        form = SecretForm(request.POST, self.guide)
        if not form.is_valid():
            return self._form(form)
        secret = form.chosen()
        try:
            with open_ledger() as ledger:
                self.connection(ledger.db)
                connections.exchange(
                    ledger.db,
                    kind,
                    name,
                    secret,
                    datetime.now(UTC),
                    configured=connecting.configured(),
                )
        except ValueError as error:
            form.add_error("secret", f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return self._form(form)
        if form.made:
            return self._form(None, secret=secret)
        messages.success(request, "Exchanged. The old secret is good for one more day.")
        return redirect(self.page_url)

    def _form(self, form: SecretForm | None, secret: str = "") -> HttpResponse:
        return self.show(form=form, guide=self.guide, secret=secret, page_url=self.page_url)


class DeliveryView(ConnectionScreen):
    """One delivery: what became of it, why, and what to do."""

    template_name = "giving/admin/delivery.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Name the page."""
        super().setup(request, *args, **kwargs)
        self.page_title = f"Delivery {kwargs['number']:,}"

    def between(self) -> list[dict[str, Any]]:
        """The connection's page."""
        return [{"url": self.page_url, "label": self.delivery.name}] if self.page_url else []

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show it."""
        with open_ledger() as ledger:
            delivery, connection = self._find(ledger.db, number)
            changed = _changed(ledger.db, delivery)
        return self.show(
            delivery=delivery,
            connection=connection,
            received=instant(delivery.received_at),
            replayed=instant(delivery.replayed_at) if delivery.replayed_at else None,
            lag=connecting.lag_text(delivery.lag),
            advice=advice(delivery.code) if delivery.code else "",
            kept=_pretty(delivery.body),
            changed=changed,
            title=GUIDES[delivery.kind].title if delivery.kind in GUIDES else delivery.kind,
            may_replay=self.may_change and delivery.replayable,
            days=DAYS,
        )

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Replay it. Pressing twice counts once."""
        with open_ledger() as ledger:
            _, connection = self._find(ledger.db, number)
            try:
                came = replays.replay(ledger, connection, [number], datetime.now(UTC))
            except ReplayError as error:
                messages.error(request, str(error))
                return redirect(DELIVERY, number)
        tell(request, came)
        return redirect(DELIVERY, number)

    def _find(self, db: Database, number: int) -> tuple[Delivery, Connection]:
        delivery = deliveries.find(db, number) if number < 2**62 else None
        found = delivery and connecting.connections(db).find(delivery.kind, delivery.name)
        if delivery is None or found is None:
            raise Http404("There is no such delivery, or it is too old to be kept.")
        self.delivery = delivery
        self.page_url = reverse(ONE, args=(delivery.kind, delivery.name))
        return delivery, found


def guide_or_404(kind: str) -> Guide:
    """How this kind is connected."""
    if kind not in GUIDES:
        raise Http404("There is no such kind of connection.")
    return GUIDES[kind]


def tell(request: HttpRequest, came: Counter[str]) -> None:
    """Say what a replay came to."""
    total = sum(came.values())
    if not total:
        messages.warning(request, "There was nothing to replay.")
        return
    words = {
        "accepted": "counted now",
        "duplicate": "counted before",
        "conflict": "in conflict with what was counted",
        "rejected": "still rejected",
    }
    parts = [f"{came[status]:,} {text}" for status, text in words.items() if came[status]]
    good = not (came["rejected"] or came["conflict"])
    say = messages.success if good else messages.warning
    say(request, f"{total:,} {plural('delivery', total)} replayed: {', '.join(parts)}.")


@dataclass(frozen=True, slots=True)
class Changed:
    """An order that was edited: the event that counted, what it says now, line by line."""

    number: int
    counted: str
    says: str
    lines: list[str]


def _changed(db: Database, delivery: Delivery) -> Changed | None:
    """What differs between a delivery in conflict and the event that was counted before it."""
    if delivery.status != "conflict" or delivery.body is None:
        return None
    try:
        now = next(each for each in replays.read_again(delivery) if each.ref == delivery.ref)
    except (Problem, StopIteration):
        return None
    number = reads.event_number(db, now.source, now.ref)
    found = reads.events(db, before=number + 1, limit=1) if number is not None else []
    if not found:
        return None
    said = encode_body(now).decode()
    edited = msgspec.structs.replace(found[0], kind=now.kind, body=said)
    before, after = (_pretty(body.encode()).splitlines() for body in (found[0].body, said))
    lines = list(unified_diff(before, after, lineterm="", n=2))[3:]
    return Changed(found[0].seq, summary(found[0]), summary(edited), lines)


def _span(oldest: Delivery | None, now: datetime) -> dict[str, datetime]:
    """The whole minutes around everything that can be replayed."""
    since = instant(oldest.received_at) if oldest else now
    until = now + timedelta(minutes=1)
    return {"since": since.replace(second=0), "until": until.replace(second=0)}


def _pretty(body: bytes | None) -> str:
    if body is None:
        return ""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
