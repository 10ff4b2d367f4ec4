"""What the admin's first page says of giving: the banner's figures, and what came in."""

from typing import Any

from django.forms import Media
from django.http import HttpRequest
from wagtail.admin.ui.components import Component

from almoner.giving import braking
from almoner.giving.account import figure
from almoner.giving.book import open_ledger
from almoner.giving.models import Cause
from almoner.giving.screens.brakes import ReadsView
from almoner.giving.screens.records import NOTHING, EventsView
from almoner.ledger import reads


class GivingPanel(Component):
    """Figures for everybody; events for those who may see them."""

    name = "giving"
    template_name = "giving/admin/home_panel.html"
    order = 50  # above what Wagtail says of pages, which begins at 100

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def media(self) -> Media:
        """Giving's own styles."""
        return Media(css={"all": ["giving/admin/giving.css"]})

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Read it all at once."""
        with open_ledger() as ledger:
            totals = reads.totals(ledger.db)
            unmatched = reads.unmatched(ledger.db)
            total = reads.head(ledger.db).events
            paused = braking.paused(ledger.db)
        shown = Cause.objects.filter(shown=True).order_by("position", "slug")
        return {
            "figures": [
                (cause, figure(cause, totals.get(cause.slug, reads.Totals()).shown))
                for cause in shown
            ],
            "may_see_events": self.request.user.has_perm(EventsView.sees),
            "paused": paused if self.request.user.has_perm(ReadsView.sees) else [],
            "total": total,
            "unmatched": unmatched,
            "nothing": NOTHING,
        }
