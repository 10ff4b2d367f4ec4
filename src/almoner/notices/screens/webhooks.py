"""Endpoints and what was sent to them, messages and where they went."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

import json
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from wagtail.admin import messages

from almoner.giving.screens.records import Record
from almoner.notices import webhooks
from almoner.notices.forms import EndpointForm
from almoner.notices.models import Dispatch, Endpoint, Message
from almoner.notices.types import TYPES
from almoner.people.guard import Screen, refuse

PAGE = 50  # rows on one page
DEAD, WAITING = Dispatch.State.DEAD, Dispatch.State.WAITING
_NEW = "notices.new-secret"  # in the session, from making an endpoint to showing its secret once


class EndpointsView(Screen):
    """Every endpoint and how it is doing."""

    sees = "notices.view_endpoint"
    changes = "notices.add_endpoint"
    page_title = "Webhooks"
    header_icon = "link"
    template_name = "notices/admin/endpoints.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them."""
        return self._list(EndpointForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make one; its secret is shown on its page, this once."""
        form = EndpointForm(request.POST)
        if not form.is_valid():
            return self._list(form)
        endpoint = webhooks.add(form.save(commit=False))
        request.session[_NEW] = endpoint.pk
        return redirect("notices_webhooks:endpoint", endpoint.pk)

    def _list(self, form: EndpointForm) -> HttpResponse:
        dead = Count("dispatches", filter=Q(dispatches__state=DEAD))
        waiting = Count("dispatches", filter=Q(dispatches__state=WAITING))
        return self.show(
            endpoints=Endpoint.objects.annotate(dead=dead, waiting=waiting),
            form=form,
            may_add=self.request.user.has_perm(self.changes),
            private=webhooks.allows_private(),
        )


class EndpointView(Screen):
    """One endpoint: its secret when it is new, its messages, and what can be done."""

    sees = "notices.view_endpoint"
    changes = "notices.change_endpoint"
    header_icon = "link"
    template_name = "notices/admin/endpoint.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        endpoint = get_object_or_404(Endpoint, pk=pk)
        return self._page(endpoint, EndpointForm(instance=endpoint))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what was pressed."""
        endpoint = get_object_or_404(Endpoint, pk=pk)
        if "test" in request.POST:
            webhooks.send_test(endpoint)
            messages.success(request, "A test is on its way: look at it below in a moment.")
        elif "switch" in request.POST:
            on = request.POST["switch"] == "on"
            webhooks.switch(endpoint, on=on)
            messages.success(request, f"It is switched {'on' if on else 'off'}.")
        elif "secret" in request.POST:
            Endpoint.objects.filter(pk=pk).update(secret=webhooks.make_secret())
            request.session[_NEW] = pk
        elif "delete" in request.POST:
            if not request.user.has_perm("notices.delete_endpoint"):
                return refuse(request)
            endpoint.delete()
            messages.success(request, f"“{endpoint}” is deleted, with the record of its attempts.")
            return redirect("notices_webhooks:index")
        else:
            form = EndpointForm(request.POST, instance=endpoint)
            if not form.is_valid():
                return self._page(endpoint, form)
            form.save()
            messages.success(request, "Saved.")
        return redirect("notices_webhooks:endpoint", pk)

    def _page(self, endpoint: Endpoint, form: EndpointForm) -> HttpResponse:
        self.page_title = str(endpoint)
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("notices_webhooks:index"), "label": "Webhooks"},
        ]
        is_new = self.request.session.get(_NEW) == endpoint.pk
        if is_new:
            del self.request.session[_NEW]
        sent = Dispatch.objects.filter(endpoint=endpoint)
        sent = sent.select_related("message").prefetch_related("attempts")
        rows = Paginator(sent, PAGE).get_page(self.request.GET.get("p"))
        return self.show(
            endpoint=endpoint,
            secret=endpoint.secret if is_new else "",
            form=form,
            page=rows,
            may_change=self.request.user.has_perm(self.changes),
            may_delete=self.request.user.has_perm("notices.delete_endpoint"),
            may_redeliver=self.request.user.has_perm("notices.change_message"),
        )


class MessagesView(Screen):
    """Every message, the newest first, or those that some endpoint never took."""

    sees = "notices.view_message"
    page_title = "Messages"
    header_icon = "bars"
    template_name = "notices/admin/messages.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them."""
        chosen, state = request.GET.get("type", ""), request.GET.get("state", "")
        found = Message.objects.prefetch_related("dispatches__endpoint")
        if chosen in TYPES:
            found = found.filter(type=chosen)
        if state in (DEAD, WAITING):
            found = found.filter(dispatches__state=state).distinct()
        return self.show(
            page=Paginator(found, PAGE).get_page(request.GET.get("p")),
            states=[("", "All"), (WAITING, "Waiting"), (DEAD, "Dead")],
            state=state,
            type=chosen,
        )


class MessageView(Screen):
    """One message: what it says, and every attempt to bring it somewhere."""

    sees = "notices.view_message"
    changes = "notices.change_message"
    header_icon = "bars"
    template_name = "notices/admin/message.html"

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show it."""
        message = get_object_or_404(Message, pk=pk)
        self.page_title = message.type
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("notices_messages:index"), "label": "Messages"},
        ]
        sent = Dispatch.objects.filter(message=message)
        return self.show(
            message=message,
            payload=json.dumps(json.loads(message.payload), indent=2, ensure_ascii=False),
            dispatches=sent.select_related("endpoint").prefetch_related("attempts"),
            may_change=request.user.has_perm(self.changes),
        )

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Send it to an endpoint once more."""
        number = request.POST.get("dispatch", "")
        if not number.isdecimal() or len(number) > 18:
            return redirect("notices_messages:message", pk)
        webhooks.redeliver(get_object_or_404(Dispatch, pk=int(number), message=pk))
        messages.success(request, "It is sent once more.")
        return redirect("notices_messages:message", pk)


class Webhooks(Record):
    """Endpoints."""

    name = "notices_webhooks"
    url_prefix = "notices/webhooks"
    icon = "link"
    menu_label = "Webhooks"
    view = EndpointsView

    def get_urlpatterns(self) -> list[Any]:
        """Add the page of one endpoint."""
        one = path("<int:pk>/", EndpointView.as_view(), name="endpoint")
        return [*super().get_urlpatterns(), one]


class Messages(Record):
    """Messages."""

    name = "notices_messages"
    url_prefix = "notices/messages"
    icon = "bars"
    menu_label = "Messages"
    view = MessagesView

    def get_urlpatterns(self) -> list[Any]:
        """Add the page of one message."""
        one = path("<slug:pk>/", MessageView.as_view(), name="message")
        return [*super().get_urlpatterns(), one]
