"""Puts “Settlement” into the admin's menu."""

from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSetGroup

from almoner.settlement.screens.deliveries import Deliveries
from almoner.settlement.screens.owed import Owed
from almoner.settlement.screens.records import Disputes, Periods


class Settlement(ViewSetGroup):
    """What is owed first: everything else follows from it."""

    menu_label = "Settlement"
    menu_icon = "tick-inverse"
    menu_order = 96  # after Giving (95)
    items = (Owed, Deliveries, Disputes, Periods)


@hooks.register("register_admin_viewset")
def settlement() -> Settlement:
    """Put the screens under /admin/settlement/."""
    return Settlement()
