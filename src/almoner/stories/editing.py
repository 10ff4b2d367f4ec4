"""What an editor's screens have beside Wagtail's own: the check, and what axe looks at."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from wagtail.admin.auth import permission_denied
from wagtail.admin.userbar import ContentCheckerItem

from almoner.stories.checks.story import findings
from almoner.stories.models import StoryPage


def check(request: HttpRequest, story: int) -> HttpResponse:
    """The findings about a story's newest draft, as a piece of the side panel."""
    page = get_object_or_404(StoryPage, pk=story)
    if not page.permissions_for_user(request.user).can_edit():
        return permission_denied(request)
    found = findings(page.get_latest_revision_as_object())
    return render(
        request,
        "stories/admin/check.html",
        {
            "errors": [each for each in found if each.kind == "error"],
            "advice": [each for each in found if each.kind == "advice"],
        },
    )


def refuse_faulty(request: HttpRequest, pages: Iterable[Any]) -> HttpResponse | None:
    """Publish none of the pages at once while one of them has an error, and say which."""
    faulty = False
    for page in pages:
        draft = page.get_latest_revision_as_object()
        if not isinstance(draft, StoryPage):
            continue
        for found in findings(draft):
            if found.kind == "error":
                faulty = True
                messages.error(request, f"“{draft.title}”: {found.what} {found.mend}")
    return redirect("stories:index") if faulty else None


class WholeStory(ContentCheckerItem):
    """Axe in the preview: every rule of WCAG 2.2 AA, on what the editor has made.

    The rest of the page is the same on every story and is held to the same rules by our tests.
    """

    axe_include = ("main",)
    axe_run_only = (
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
        "seo",
    )


def put_whole_story(items: list[Any]) -> None:
    """Replace Wagtail's checker, which has ten rules, with ours."""
    items[:] = [
        WholeStory(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item
        for item in items
    ]
