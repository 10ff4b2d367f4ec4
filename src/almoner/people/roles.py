"""The roles, as groups of Wagtail's admin, and what each may do.

Guarantee: after every `migrate` each role may do exactly what stands here; whoever wants
another set of rights makes a group of their own. Models are named by label, because this
room imports none; a model that does not exist yet is passed over and taken up at the next
`migrate`. Superusers may do everything and need no role.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model, Q
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission

EDITORS = "Editors"
WRITERS = "Writers"
CAMPAIGN_MANAGERS = "Campaign managers"
FINANCE = "Finance"
AUDITORS = "Auditors"

WRITE = ("add", "change", "delete", "view")
PUBLISH_PAGES = ("add", "change", "publish", "lock", "unlock", "bulk_delete")
# What an auditor may look at. Log-in sessions and the admin's own bookkeeping are not among it.
AUDITED_APPS = (
    "auth",
    "giving",
    "jobs",
    "newsletter",
    "notices",
    "people",
    "settlement",
    "statements",
    "stories",
    "wagtailredirects",
)


@dataclass(frozen=True, slots=True)
class Role:
    """A group's rights: `models` maps a model's label to the actions allowed on it.

    `pages` are actions on the whole page tree, `pictures` on all pictures, and `special`
    are permissions of another kind, each as `app.codename`.
    """

    name: str
    models: dict[str, tuple[str, ...]]
    pages: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    special: tuple[str, ...] = ()
    sees_everything: bool = False


ROLES = (
    Role(
        EDITORS,
        models={
            "newsletter.edition": ("add", "view"),
            "newsletter.newslettersettings": ("change", "view"),
            "newsletter.subscriber": ("delete", "view"),
            "stories.helpline": WRITE,
            "stories.readersafety": ("change", "view"),
            "wagtailcore.locale": ("add", "change", "view"),
            "wagtailredirects.redirect": WRITE,
        },
        pages=PUBLISH_PAGES,
        pictures=("add", "change", "choose"),
        special=("wagtail_localize.submit_translation",),
    ),
    # To add is to change what is one's own, until it is submitted.
    Role(WRITERS, models={}, pages=("add",), pictures=("add", "choose")),
    Role(
        CAMPAIGN_MANAGERS,
        models={
            "giving.cause": WRITE,
            "giving.charity": WRITE,
            "giving.campaign": WRITE,
            "giving.sponsor": ("view",),
            "giving.fund": ("view",),
            "jobs.job": ("change", "view"),
            "notices.mail": ("view",),
            "notices.message": ("view",),
            "settlement.delivery": ("view",),
            "statements.contract": WRITE,
            "statements.drawn": ("add", "view"),
            "settlement.dispute": ("view",),
            "settlement.period": ("view",),
        },
        pictures=("add", "choose"),
        special=("giving.review_campaign", "giving.view_connections"),
    ),
    Role(
        FINANCE,
        models={
            "giving.sponsor": WRITE,
            "giving.fund": WRITE,
            "giving.cause": ("view",),
            "giving.charity": ("change", "view"),
            "giving.campaign": ("view",),
            "jobs.job": ("change", "view"),
            "notices.endpoint": ("view",),
            "notices.mail": ("change", "view"),
            "notices.message": ("change", "view"),
            "settlement.delivery": WRITE,
            "statements.contract": WRITE,
            "statements.drawn": ("add", "view"),
            "settlement.document": WRITE,
            "settlement.dispute": WRITE,
            "settlement.period": ("add", "view"),
            "settlement.charitylink": WRITE,
        },
        special=("giving.view_ledger", "giving.review_campaign"),
    ),
    Role(
        AUDITORS,
        models={},
        pages=("view",),
        special=("giving.view_ledger", "wagtailcore.view_site"),
        sees_everything=True,
    ),
)


def permissions(role: Role) -> Q:
    """Which rows of Django's permission table the role has."""
    wanted = Q(content_type__app_label="wagtailadmin", codename="access_admin")
    for label, actions in role.models.items():
        app, model = label.split(".")
        codenames = [f"{action}_{model}" for action in actions]
        wanted |= Q(content_type__app_label=app, codename__in=codenames)
    for name in role.special:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    if role.sees_everything:
        wanted |= Q(content_type__app_label__in=AUDITED_APPS, codename__startswith="view_")
    return wanted


@transaction.atomic
def establish_roles() -> None:
    """Make the groups, and give each exactly its rights. Safe to run any number of times."""
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role.name)
        group.permissions.set(Permission.objects.filter(permissions(role)))
        _grant_pages(group, role.pages)
        _grant_pictures(group, role.pictures)


def _grant_pages(group: Group, actions: tuple[str, ...]) -> None:
    page_model = apps.get_model(settings.WAGTAIL_PAGE_MODEL)
    root = page_model.objects.filter(depth=1).first()
    if root is not None:  # None only in a database that a test has emptied
        _set(GroupPagePermission, {"group": group, "page": root}, page_model, actions)


def _grant_pictures(group: Group, actions: tuple[str, ...]) -> None:
    root = Collection.objects.filter(depth=1).first()
    # Wagtail keeps the rights to pictures on its own image model, even where it is swapped.
    image_model = apps.get_model("wagtailimages", "Image")
    if root is not None:
        _set(GroupCollectionPermission, {"group": group, "collection": root}, image_model, actions)


def _set(
    grants: type[Model], where: dict[str, Any], on: type[Model], actions: Iterable[str]
) -> None:
    """Make the rows of `grants` for the group exactly: `actions` on `on`, at one place."""
    names = [f"{action}_{on._meta.model_name}" for action in actions]
    wanted = Permission.objects.filter(
        content_type__app_label=on._meta.app_label,
        content_type__model=on._meta.model_name,
        codename__in=names,
    )
    grants.objects.filter(group=where["group"]).exclude(**where, permission__in=wanted).delete()
    for permission in wanted:
        grants.objects.get_or_create(**where, permission=permission)
