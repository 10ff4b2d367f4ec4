"""The authors, topics and series of the demonstration, which its stories name.

Guarantee: each is made once, known by its slug; what an editor has changed since is left alone.
"""

import json
from pathlib import Path
from typing import Any

from django.db import transaction
from wagtail.models import Locale

from almoner.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    SeriesIndexPage,
    SeriesPage,
    TopicIndexPage,
    TopicPage,
)

Found = dict[str, dict[str, Any]]  # by kind, then by slug

KINDS: tuple[tuple[str, Any, Any, str], ...] = (
    ("authors", AuthorIndexPage, AuthorPage, "The people who listened first."),
    ("topics", TopicIndexPage, TopicPage, "What the stories are about."),
    ("series", SeriesIndexPage, SeriesPage, "Stories that go on."),
)


@transaction.atomic
def load_found_by(folder: Path) -> Found:
    """Publish what is missing of the folder's files; returns everything that is there."""
    own = Locale.get_default()
    found: Found = {}
    for kind, index_model, model, standfirst in KINDS:
        index = index_model.objects.get(locale=own)
        if not index.standfirst and index.latest_revision is None:
            index.standfirst = standfirst
            index.save()
        there = {page.slug: page for page in model.objects.child_of(index)}
        path = folder / f"{kind}.json"
        for entry in json.loads(path.read_text("utf-8")) if path.exists() else ():
            if entry["slug"] not in there:
                there[entry["slug"]] = _publish(index, model, entry)
        found[kind] = there
    return found


def _publish(index: Any, model: Any, entry: dict[str, str]) -> Any:
    fields = {("title" if name == "name" else name): value for name, value in entry.items()}
    # Read anew: adding a child counts on the parent's own count being right.
    page = type(index).objects.get(pk=index.pk).add_child(instance=model(**fields, live=False))
    page.save_revision().publish()
    return page
