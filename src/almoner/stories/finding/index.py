"""Which stories have the words, best first, and which words there are.

Wagtail's database search keeps the index (`wagtailsearch_indexentry`): SQLite FTS5 or PostgreSQL
text search, brought up to date when a page is saved. What is asked of it is written here, once
for each: Wagtail's own ranking multiplies the ranks of words, which FTS5 gives as negative
numbers. The words come from `words.Vocabulary`, so that both databases find the same.

Guarantee: only published stories that everyone may see are found, and only their words known;
what was published a moment ago is. Limit: the newest `VOCABULARY_STORIES` teach the words.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Count, Max, Sum
from wagtail.models import Locale

from almoner.stories.finding.words import Vocabulary
from almoner.stories.models import StoryPage

# Reading the words of a thousand stories takes about a quarter of a second, once a change.
VOCABULARY_STORIES = 2_000
TITLE_WEIGHT = 8  # a word in the headline counts as eight in the story

_SQLITE = f"""
    SELECT entry.object_id
    FROM wagtailsearch_indexentry_fts
    JOIN wagtailsearch_indexentry AS entry ON entry.id = wagtailsearch_indexentry_fts.rowid
    WHERE wagtailsearch_indexentry_fts MATCH %s AND entry.content_type_id = %s
    ORDER BY bm25(wagtailsearch_indexentry_fts, 0, 1, {TITLE_WEIGHT}), entry.object_id
"""  # noqa: S608  (a number of ours)
_POSTGRESQL = f"""
    SELECT entry.object_id
    FROM wagtailsearch_indexentry AS entry, to_tsquery('simple', %s) AS asked
    WHERE entry.title || entry.body @@ asked AND entry.content_type_id = %s
    ORDER BY {TITLE_WEIGHT} * ts_rank(entry.title, asked) + ts_rank(entry.body, asked) DESC,
        entry.object_id
"""  # noqa: S608  (a number of ours)


def matches(groups: Sequence[Sequence[str]]) -> list[int]:
    """The stories, drafts among them, that have a word of every group; the best first."""
    if not groups or not all(groups):
        return []
    content_type = ContentType.objects.get_for_model(StoryPage).pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            asked = " & ".join(f"({' | '.join(map(_quoted, group))})" for group in groups)
            cursor.execute(_POSTGRESQL, [asked, content_type])
        else:
            asked = " AND ".join(f"({' OR '.join(map(_string, group))})" for group in groups)
            cursor.execute(_SQLITE, [f"{{title body}} : ({asked})", content_type])
        return [int(key) for (key,) in cursor.fetchall()]


def _string(word: str) -> str:
    assert '"' not in word, f"not a word: {word!r}"
    return f'"{word}"'


def _quoted(word: str) -> str:
    assert not {"'", "\\"} & set(word), f"not a word: {word!r}"
    return f"'{word}'"


def vocabulary(locale: Locale) -> Vocabulary:
    """The words of the stories in a language that everyone may see."""
    shown = StoryPage.objects.filter(locale=locale).live().public().order_by()
    # Publishing moves the last of the three, taking down or hiding the first two.
    state = shown.aggregate(Count("pk"), Sum("pk"), Max("last_published_at"))
    return _learn(locale.pk, connection.alias, *state.values())


@lru_cache(maxsize=4)
def _learn(locale: int, *state: Any) -> Vocabulary:
    shown = StoryPage.objects.filter(locale=locale).live().public()
    newest = shown.order_by("-first_published_at").values_list("pk", flat=True)
    learnt = Vocabulary()
    columns = (
        ("title_text", "body_text") if connection.vendor == "postgresql" else ("title", "body")
    )
    entries = apps.get_model("wagtailsearch", "IndexEntry").objects.filter(
        content_type=ContentType.objects.get_for_model(StoryPage),
        object_id__in=[str(key) for key in newest[:VOCABULARY_STORIES]],
    )
    for title, body in entries.values_list(*columns).iterator():
        learnt.learn(title)
        learnt.learn(body or "")
    return learnt
