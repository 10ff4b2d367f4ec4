"""The Django app `statements`."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """Contracts of campaigns, and the statements drawn."""

    name = "almoner.statements"
    label = "statements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """List what is shared on each charity's own page."""
        from almoner.settlement.charity_page import STATEMENTS
        from almoner.statements.sharing import of_charity

        STATEMENTS.append(of_charity)
