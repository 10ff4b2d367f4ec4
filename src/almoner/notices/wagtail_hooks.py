"""Puts “Notices” into the admin's menu, and what is wrong onto its first page."""

from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSetGroup

from almoner.notices.screens.home import TroublePanel
from almoner.notices.screens.mail import Mails
from almoner.notices.screens.webhooks import Messages, Webhooks


class Notices(ViewSetGroup):
    """E-mail first: more people look at it."""

    menu_label = "Notices"
    menu_icon = "mail"
    menu_order = 98  # behind Jobs (97)
    items = (Mails, Webhooks, Messages)


@hooks.register("register_admin_viewset")
def notices() -> Notices:
    """Put the screens under /admin/notices/."""
    return Notices()


@hooks.register("construct_homepage_panels")
def trouble(request: HttpRequest, panels: list[Any]) -> None:
    """Show what should be looked at."""
    panels.append(TroublePanel(request))
