"""The Django app `notices`."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Webhooks and e-mail."""

    name = "almoner.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
