"""A client logged in as someone of a role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from almoner.stories.models import StoryIndexPage
from almoner.stories.site import lay_out


@pytest.fixture(autouse=True)
def _uncollected_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def index(db: None) -> StoryIndexPage:
    """The index of stories, on a site laid out anew."""
    return lay_out()


@pytest.fixture
def logged_in(db: None) -> Callable[[str], Client]:
    """Makes a person of the role and returns their browser."""

    def _logged_in(role: str) -> Client:
        user = get_user_model().objects.create_user(role)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return _logged_in
