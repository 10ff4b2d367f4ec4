"""The Django app `jobs`."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Long work with progress."""

    name = "almoner.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read the `work` module of every app: there they register what they can do."""
        autodiscover_modules("work")
