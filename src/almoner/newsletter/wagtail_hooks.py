"""Puts “Newsletter” into the admin's menu."""

from wagtail import hooks

from almoner.newsletter.screens import Newsletter


@hooks.register("register_admin_viewset")
def newsletter() -> Newsletter:
    """Put the screens under /admin/newsletter/."""
    return Newsletter()
