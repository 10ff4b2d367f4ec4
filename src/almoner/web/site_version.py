"""One number that goes up whenever what readers see may have changed.

Guarantee: a change to a page, picture, cause, campaign, delivery, site or redirect raises the
number in the change's own transaction (where it has one), so that a page rendered after reading a
number is never older than that number. Pages kept under an older number are to be rendered
anew. Drafts and renditions do not count: no reader sees the one, and the other is the same
picture. Limit: `QuerySet.update` and SQL by hand send no signal; who uses them calls `bump`.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import F, Model
from django.db.models.signals import post_delete, post_save
from wagtail.contrib.settings.models import AbstractSetting
from wagtail.images.models import AbstractRendition
from wagtail.models import BaseViewRestriction, Locale, Site

from almoner.settlement.models import Delivery, Document
from almoner.stories.base import BasePage
from almoner.web.models import SiteVersion

SHOWN_APPS = ("stories", "giving", "statements", "wagtailredirects")
SHOWN_MODELS = (Site, Locale, BaseViewRestriction, AbstractSetting, Delivery, Document)

# What Wagtail writes to a page when only its draft was saved (RevisionMixin.save_revision).
DRAFT_FIELDS = frozenset(
    {
        "draft_title",
        "has_unpublished_changes",
        "latest_revision",
        "latest_revision_created_at",
        "locked",
        "locked_at",
        "locked_by",
    }
)

_ROW = 1


def current() -> int:
    """The number as the database has it now; one indexed read."""
    return SiteVersion.objects.filter(pk=_ROW).values_list("version", flat=True).first() or 0


def bump() -> None:
    """Raise the number by one, in the caller's transaction."""
    if not SiteVersion.objects.filter(pk=_ROW).update(version=F("version") + 1):
        SiteVersion.objects.get_or_create(pk=_ROW, defaults={"version": 1})


def watch() -> None:
    """Have every change to a model that readers see raise the number."""
    for model in shown_models():
        post_save.connect(_saved, sender=model, dispatch_uid=f"site_version:{model._meta.label}")
        post_delete.connect(
            _deleted, sender=model, dispatch_uid=f"site_version:{model._meta.label}"
        )


def shown_models() -> Iterator[type[Model]]:
    """Every model whose rows can change a public page."""
    for model in apps.get_models(include_auto_created=True):
        in_app = model._meta.app_label in SHOWN_APPS and not issubclass(model, AbstractRendition)
        if in_app or issubclass(model, SHOWN_MODELS):
            yield model


def _saved(instance: Model, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    if update_fields is not None and update_fields <= DRAFT_FIELDS:
        return
    # The admin saves a page that was never out every few seconds while it is written.
    if isinstance(instance, BasePage) and not instance.live and not instance.first_published_at:
        return
    bump()


def _deleted(**kwargs: Any) -> None:
    bump()
