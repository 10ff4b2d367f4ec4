"""Puts “Statements” into the admin's menu."""

from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSetGroup

from almoner.statements.screens.contracts import Contracts, Facts
from almoner.statements.screens.disclosures import Disclosures
from almoner.statements.screens.drawn import Statements


class StatementsGroup(ViewSetGroup):
    """Statements first; contracts and disclosures are read beside them."""

    menu_label = "Statements"
    menu_icon = "doc-full"
    menu_order = 97  # after Settlement (96)
    items = (Statements, Contracts, Disclosures, Facts)


@hooks.register("register_admin_viewset")
def statements() -> StatementsGroup:
    """Put the screens under /admin/statements/."""
    return StatementsGroup()
