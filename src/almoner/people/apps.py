"""The Django app `people`."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    """People who log in. Imports no other room, so that every room can point at a person.

    Last among the installed apps: `post_migrate` comes app by app, and the roles can only be
    given permissions that the apps before it have made.
    """

    name = "almoner.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Establish the roles after every `migrate`."""
        post_migrate.connect(_establish_roles, sender=self)


def _establish_roles(using: str, **kwargs: Any) -> None:
    from almoner.people.roles import establish_roles

    # `migrate people` alone comes before Wagtail has tables.
    if "wagtailcore_grouppagepermission" in connections[using].introspection.table_names():
        establish_roles()
