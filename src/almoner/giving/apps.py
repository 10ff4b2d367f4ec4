"""The Django app `giving`."""

from django.apps import AppConfig


class GivingConfig(AppConfig):
    """Causes, charities, sponsors and campaigns."""

    name = "almoner.giving"
    label = "giving"
    default_auto_field = "django.db.models.BigAutoField"
