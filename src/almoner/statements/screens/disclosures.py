"""The text that is told before buying, ready to be copied onto other pages."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import escape
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign
from almoner.people.guard import Screen
from almoner.statements import disclosure


class DisclosuresView(Screen):
    """Every published campaign."""

    sees = changes = "giving.view_campaign"
    page_title = "Disclosures"
    header_icon = "view"
    template_name = "statements/admin/disclosures.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them."""
        published = Campaign.objects.exclude(state=Campaign.State.DRAFT)
        return self.show(campaigns=published)


class DisclosureView(Screen):
    """One campaign's disclosure, and what to paste."""

    sees = changes = "giving.view_campaign"
    page_title = "Disclosure"
    header_icon = "view"
    template_name = "statements/admin/disclosure.html"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show it."""
        campaign = get_object_or_404(
            Campaign.objects.select_related("cause", "charity", "sponsor"), slug=slug
        )
        with open_ledger() as ledger, ledger.db.reading():
            told = disclosure.read(ledger.db, campaign, datetime.now(UTC))
        if told is None:
            raise Http404("This campaign is not published.")
        self.page_title = campaign.title
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("statements_disclosures:index"), "label": "Disclosures"},
        ]
        base = f"{settings.CONFIG.address}/campaigns/{slug}/disclosure"
        return self.show(
            campaign=campaign,
            disclosure=told,
            snippets=(
                (
                    "As part of the page",
                    f'<p data-almoner-disclosure="{slug}">{escape(told.text)}</p>\n'
                    f'<script type="module" src="{base}.js"></script>',
                    "The text stands in the page itself, and is exchanged when it changes. A page "
                    "with a content security policy allows script-src and connect-src to "
                    f"{settings.CONFIG.address}.",
                ),
                (
                    "In a frame, without script",
                    f'<iframe src="{base}.html" title="{escape(campaign.title)}: what is given" '
                    'width="100%" height="220" loading="lazy"></iframe>',
                    "Anew each time somebody opens the page.",
                ),
                ("For programs", f"{base}.json", "JSON, which any page may read."),
            ),
        )


class Disclosures(ViewSet):
    """What is told before buying."""

    name = "statements_disclosures"
    url_prefix = "statements/disclosures"
    menu_label = "Disclosures"
    icon = "view"

    def get_menu_item(self, order: Any = None) -> MenuItem:
        """Show it to those who may see campaigns."""
        address = reverse("statements_disclosures:index")
        return _Seen(self.menu_label, address, icon_name=self.icon, order=order)

    def get_urlpatterns(self) -> list[Any]:
        """The list, and one campaign's."""
        return [
            path("", DisclosuresView.as_view(), name="index"),
            path("<slug:slug>/", DisclosureView.as_view(), name="one"),
        ]


class _Seen(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DisclosuresView.sees)
