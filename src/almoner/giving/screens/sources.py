"""The place of everything about connections in the admin: its addresses and its menu item."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from typing import Any

from django.urls import path

from almoner.giving.screens.backfills import ChooseFileView, PreviewView, ReportView
from almoner.giving.screens.connections import (
    ChooseView,
    ConnectionsView,
    ConnectionView,
    ConnectView,
    DeliveryView,
    HoursView,
    SecretView,
)
from almoner.giving.screens.records import Record


class Connections(Record):
    """Shops and services that send events."""

    name = "giving_connections"
    url_prefix = "giving/connections"
    icon = "link"
    menu_label = "Connections"
    view = ConnectionsView

    def get_urlpatterns(self) -> list[Any]:
        """Add what belongs to one connection."""
        one = "of/<str:kind>/<str:name>/"
        return [
            *super().get_urlpatterns(),
            path("new/", ChooseView.as_view(), name="choose"),
            path("new/<str:kind>/", ConnectView.as_view(), name="connect"),
            path("deliveries/<int:number>/", DeliveryView.as_view(), name="delivery"),
            path(one, ConnectionView.as_view(), name="connection"),
            path(f"{one}secret/", SecretView.as_view(), name="secret"),
            path(f"{one}hours.csv", HoursView.as_view(), name="hours"),
            path("backfill/", ChooseFileView.as_view(), name="backfill"),
            path(
                "backfill/<str:kind>/<str:name>/<str:file>/", PreviewView.as_view(), name="preview"
            ),
            path("backfill/<int:job>/report.csv", ReportView.as_view(), name="report"),
        ]
