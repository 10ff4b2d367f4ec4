"""The settlement room as a Django app."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """What is owed, delivered, confirmed and closed."""

    name = "almoner.settlement"
    label = "settlement"
    verbose_name = "Settlement"
