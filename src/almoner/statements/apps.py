"""The Django app `statements`."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """Contracts of campaigns, and the statements drawn."""

    name = "almoner.statements"
    label = "statements"
    default_auto_field = "django.db.models.BigAutoField"
