"""The Django app `newsletter`."""

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Sign-ups, and a letter a week."""

    name = "almoner.newsletter"
    label = "newsletter"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the worker does."""
        from almoner.newsletter import work  # noqa: F401
