"""Puts “Giving” into the admin's menu and onto its first page."""

from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSetGroup

from almoner.giving.screens.embeds import Embeds
from almoner.giving.screens.funds import Funds
from almoner.giving.screens.home import GivingPanel
from almoner.giving.screens.promises import Campaigns
from almoner.giving.screens.records import Events, Keys, LedgerRecord
from almoner.giving.screens.rows import Causes, Charities, Sponsors
from almoner.giving.screens.sources import Connections


class Giving(ViewSetGroup):
    """Campaigns first: they are what people come for."""

    menu_label = "Giving"
    menu_icon = "pick"
    menu_order = 95  # between Stories (90) and Wagtail's Pages (100)
    items = (
        Campaigns,
        Events,
        Causes,
        Charities,
        Sponsors,
        Funds,
        LedgerRecord,
        Connections,
        Embeds,
        Keys,
    )


@hooks.register("register_admin_viewset")
def giving() -> Giving:
    """Put the screens under /admin/giving/."""
    return Giving()


@hooks.register("construct_homepage_panels")
def figures(request: HttpRequest, panels: list[Any]) -> None:
    """Show the figures before everything else."""
    panels.append(GivingPanel(request))
