"""Has wagtail-localize work on our own page model.

The library asks `wagtail.models.Page` for every page, which a swapped page model
(docs/decisions/0003-wagtail-day-one.md) leaves without a table; its support for Wagtail 8's
custom pages is under way (wagtail/wagtail-localize, pull request 949). Until it is released each
of its modules is given our page under that name. Guarantee: a module that no longer asks for
Wagtail's page stops the start with an assertion, and then this file goes.
"""

from importlib import import_module

from wagtail.models import Page

from almoner.stories.base import BasePage

MODULES = (
    "fields",
    "locales.utils",
    "models",
    "operations",
    "segments.extract",
    "synctree",
    "views.convert",
    "views.edit_translation",
    "views.submit_translations",
    "views.update_translations",
    "wagtail_hooks",
)


def adopt_page() -> None:
    """Put our page in the place of Wagtail's, once the models are loaded."""
    for name in MODULES:
        module = import_module(f"wagtail_localize.{name}")
        assert module.Page in (Page, BasePage), f"wagtail_localize.{name} has a page of its own"
        module.Page = BasePage
