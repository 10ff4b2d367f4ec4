"""What the admin's first page says of notices: only what somebody should look at."""

from typing import Any

from django.forms import Media
from django.http import HttpRequest
from wagtail.admin.ui.components import Component

from almoner.notices.models import Dispatch, Endpoint, Mail


class TroublePanel(Component):
    """Endpoints that were switched off, messages that nobody took, e-mail that failed."""

    name = "notices"
    template_name = "notices/admin/home_panel.html"
    order = 40  # above the figures (50): these wait for somebody

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def media(self) -> Media:
        """The notices' own styles."""
        return Media(css={"all": ["notices/admin/notices.css"]})

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Look, where this person may."""
        user = self.request.user
        context: dict[str, Any] = {"off": [], "dead": 0, "failed": 0}
        if user.has_perm("notices.view_endpoint"):
            context["off"] = Endpoint.objects.filter(enabled=False).exclude(off_because="")
        if user.has_perm("notices.view_message"):
            context["dead"] = Dispatch.objects.filter(state=Dispatch.State.DEAD).count()
        if user.has_perm("notices.view_mail"):
            context["failed"] = Mail.objects.filter(state=Mail.State.FAILED).count()
        return context
