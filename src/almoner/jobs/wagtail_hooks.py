"""Puts “Jobs” into the admin's menu."""

from wagtail import hooks

from almoner.jobs.screens.jobs import Jobs


@hooks.register("register_admin_viewset")
def jobs() -> Jobs:
    """Put the screens under /admin/jobs/."""
    return Jobs()
