"""Lets whoever may view the pages find them in the admin, without a right to change any.

Wagtail's page policy knows no reader: its explorer opens only to those who may add, change,
publish, lock or delete. This one adds "view" wherever any of those would do.
"""

from collections.abc import Iterable

from wagtail.permission_policies.pages import PagePermissionPolicy

# The actions any one of which opens Wagtail's explorer (wagtail.admin.auth).
EXPLORE = frozenset({"add", "change", "publish", "bulk_delete", "lock", "unlock"})


class PagePolicy(PagePermissionPolicy):
    """Wagtail's policy, with a right to look."""

    def _get_permission_codenames(self, actions: Iterable[str]) -> set[str]:
        asked = set(actions)
        return super()._get_permission_codenames(asked | {"view"} if asked >= EXPLORE else asked)
