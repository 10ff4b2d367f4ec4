"""The Django app `web`: templates, static files and the version of the public site."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """What every page shares."""

    name = "almoner.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Watch for changes to what readers see."""
        from almoner.web.site_version import watch

        watch()
