"""People of each role, and the admin without gathered static files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from almoner.jobs.work import _work
from almoner.people.roles import establish_roles


@pytest.fixture(autouse=True)
def _uncollected_static_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def logged_in(transactional_db: None) -> Callable[[str], Client]:
    """Makes a person of the role and returns their browser."""

    def _logged_in(role: str) -> Client:
        establish_roles()
        user = get_user_model().objects.create_user(role)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        client.user = user  # type: ignore[attr-defined]
        return client

    return _logged_in


@pytest.fixture
def can() -> Any:
    """Registers work for the length of a test."""
    before = dict(_work)
    yield lambda kind, function: _work.__setitem__(kind, function)
    _work.clear()
    _work.update(before)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep the test database in a file, as an installation has it."""
    from django.conf import settings

    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        home = settings.CONFIG.home
        home.mkdir(parents=True, exist_ok=True)
        settings.DATABASES["default"]["TEST"] = {
            **settings.DATABASES["default"].get("TEST", {}),
            "NAME": home / "test.db",
        }
