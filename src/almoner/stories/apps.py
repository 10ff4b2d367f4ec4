"""The Django app `stories`."""

from django.apps import AppConfig


class StoriesConfig(AppConfig):
    """Story pages and pictures."""

    name = "almoner.stories"
    label = "stories"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow what is published, let auditors look, translate our pages, encode AVIF."""
        from wagtail.permissions import register_permission_policy

        from almoner.stories import avif, signals  # noqa: F401  (connects its receivers)
        from almoner.stories.base import BasePage
        from almoner.stories.localize import adopt_page
        from almoner.stories.reading import PagePolicy

        avif.install()
        register_permission_policy(BasePage, PagePolicy(BasePage))
        adopt_page()
