"""The search page: `/search/?q=`, and below the code of every other language.

An answer is made for the one who asked: no cache keeps it, no search engine lists it, and the
field does not offer what was looked for before to whoever sits there next.
"""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from wagtail.models import Locale

from almoner.stories.finding.index import matches, vocabulary
from almoner.stories.finding.question import KINDS, Question, read
from almoner.stories.finding.words import excerpt, mark
from almoner.stories.indexes import topics_in_front
from almoner.stories.listing import cards
from almoner.stories.models import StoryPage

RESULTS_A_PAGE = 10
NAMES_SHOWN = 6  # topics, authors and series whose names have the words


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found: a page of stories, what else has the words, and words taken for others."""

    stories: Page
    names: list[Any]
    corrected: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Result:
    """A story that was found, its words marked."""

    story: Any
    title: SafeString
    excerpt: SafeString


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the form, and the answer where something is asked, or else the topics."""
    locale = Locale.objects.filter(language_code=get_language()).first() or Locale.get_default()
    question = read(request.GET, locale)
    answer = find(question, locale, request.GET.get("page")) if question.is_asked else None
    topics = topics_in_front(locale) if answer is None else []
    context = {"question": question, "answer": answer, "topics": topics}
    response = render(request, "stories/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    if request.GET:
        response["Cache-Control"] = "no-store"
    return response


def find(question: Question, locale: Locale, number: str | None = None) -> Answer:
    """Answer a question: by the words where there are any, else the newest first."""
    found = question.narrow(StoryPage.objects.filter(locale=locale).live().public(), locale)
    groups, corrected = list[list[str]](), list[tuple[str, str]]()
    if question.words:
        known = vocabulary(locale)
        for word in question.words:
            forms = known.forms(word)
            if not forms and (nearest := known.nearest(word)):
                corrected.append((word, nearest[0]))
                forms = [form for near in nearest for form in known.forms(near)]
            groups.append(forms)
        shown = set(found.values_list("pk", flat=True))
        spelt = [known.spellings(forms) for forms in groups]
        keys = [key for key in matches(spelt) if key in shown]
    else:
        keys = list(found.order_by("-first_published_at", "-pk").values_list("pk", flat=True))
    page = Paginator(keys, RESULTS_A_PAGE).get_page(number)
    marked = frozenset(form for forms in groups for form in forms)
    page.object_list = _results(page.object_list, marked, locale)
    return Answer(page, _names(question, locale), corrected)


def _results(keys: Any, marked: frozenset[str], locale: Locale) -> list[Result]:
    listed = StoryPage.objects.filter(pk__in=keys).listed().defer(None)
    by_key = {story.pk: story for story in cards(listed, locale)}
    stories = [by_key[key] for key in keys]
    return [
        Result(story, mark(story.title, marked), excerpt(_text(story, marked), marked))
        for story in stories
    ]


def _text(story: StoryPage, marked: frozenset[str]) -> str:
    """The standfirst where it has one of the words or nothing was asked, else the body."""
    if not marked or "<mark>" in mark(story.standfirst, marked):
        return story.standfirst
    body = story.body
    text = " ".join(
        part for block in body for part in block.block.get_searchable_content(block.value)
    )
    return text if "<mark>" in mark(text, marked) else story.standfirst


def _names(question: Question, locale: Locale) -> list[Any]:
    """The topics, authors and series whose names have every word that was asked for."""
    if not question.words or question.narrowed:
        return []
    found: list[Any] = []
    for _, model, _ in KINDS:
        named = model.objects.filter(locale=locale).live().public().order_by("title")
        for word in question.words:
            named = named.filter(title__icontains=word)
        found += named[:NAMES_SHOWN]
    return found[:NAMES_SHOWN]


urlpatterns = [path("search/", search, name="search")]
