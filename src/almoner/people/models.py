"""The person who logs in: Django's own user under our name, so that it can still grow.

A custom user model cannot be swapped in once there are tables that point at the old one
(docs.djangoproject.com, "Substituting a custom User model"), hence on the first day.
"""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """An editor, campaign manager, finance officer, auditor or administrator."""

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()
