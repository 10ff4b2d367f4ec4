"""What a reader asks the search page, read from its address; nothing in it can be wrong.

What no story could have is left out: letters that make no word, a year that is none, a topic that
is not there. So every address has an answer, and none is an error.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from wagtail.models import Locale

from almoner.stories.finding.words import MAX_WORD, MAX_WORDS, fold, words
from almoner.stories.models import AuthorPage, SeriesPage, StoryQuerySet, StoryYearPage, TopicPage

MAX_TEXT = 200  # characters; nobody types more into one line

# The name in the address, what is chosen, and the story's field that names it.
KINDS: tuple[tuple[str, Any, str], ...] = (
    ("topic", TopicPage, "topics"),
    ("author", AuthorPage, "story_authors__author"),
    ("series", SeriesPage, "series"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to narrow the search by: its name in the address, what there is, what is chosen."""

    name: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Question:
    """The text as typed, its words, and the choices."""

    text: str
    words: tuple[str, ...]
    choices: tuple[Choice, ...]
    pages: dict[str, Any]  # the chosen topic, author and series by the names of their fields

    @property
    def narrowed(self) -> bool:
        """Whether anything is chosen."""
        return any(choice.chosen for choice in self.choices)

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.words) or self.narrowed

    @property
    def query(self) -> str:
        """The question as the beginning of an address's query, for the pages of its answer."""
        asked = {"q": self.text} if self.text else {}
        asked |= {choice.name: choice.chosen for choice in self.choices if choice.chosen}
        return f"{urlencode(asked)}&" if asked else ""

    def narrow(self, found: StoryQuerySet, locale: Locale) -> StoryQuerySet:
        """Leave of the stories those that are chosen."""
        for field, page in self.pages.items():
            found = found.of(field, page, locale)
        year = self.choices[-1].chosen
        return found.filter(first_published_at__year=int(year)) if year else found


def read(asked: QueryDict, locale: Locale) -> Question:
    """The question in an address, in the language of the page."""
    text = " ".join(asked.get("q", "").replace("\0", " ").split())[:MAX_TEXT]
    folded = dict.fromkeys(fold(word) for word in words(text))
    wanted = [word for word in folded if 0 < len(word) <= MAX_WORD][:MAX_WORDS]
    choices, pages = list[Choice](), dict[str, Any]()
    for name, model, field in KINDS:
        there = model.objects.filter(locale=locale).live().public().order_by("title")
        by_slug = {page.slug: page for page in there}
        chosen = by_slug.get(asked.get(name, ""))
        if chosen is not None:
            pages[field] = chosen
        choices.append(_choice(name, {slug: page.title for slug, page in by_slug.items()}, chosen))
    years = StoryYearPage.objects.filter(locale=locale).live().order_by("-slug")
    slugs = {slug: slug for slug in years.values_list("slug", flat=True)}
    year = asked.get("year", "")
    choices.append(Choice("year", tuple(slugs.items()), year if year in slugs else ""))
    return Question(text, tuple(wanted), tuple(choices), pages)


def _choice(name: str, options: dict[str, str], chosen: Any) -> Choice:
    return Choice(name, tuple(options.items()), chosen.slug if chosen is not None else "")
