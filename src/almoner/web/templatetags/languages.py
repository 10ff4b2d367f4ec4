"""`{% languages %}`: the page at hand in every language of the site."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils.translation import get_language, get_language_info

from almoner.stories.models import HomePage

register = template.Library()


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its BCP 47 code, its own name and direction, and where the page is in it.

    `same` says that the address is this very page's translation; else it is the front page's.
    """

    code: str
    name: str
    direction: str
    url: str
    current: bool
    same: bool


@register.simple_tag(takes_context=True)
def languages(context: dict[str, Any]) -> list[Language]:
    """Every language whose front page is published, the site's own first; empty for one alone."""
    request, page = context.get("request"), context.get("page")
    if request is None:  # a page that stands outside the site, such as a proof that is kept
        return []
    homes = HomePage.objects.filter(live=True).select_related("locale")
    front = {home.locale.language_code: home for home in homes}
    if len(front) < 2:
        return []
    codes = sorted(front, key=lambda code: (code != settings.LANGUAGE_CODE, code))
    return [_language(code, front[code], request, page) for code in codes]


@register.simple_tag
def local(path: str) -> str:
    """The address of `path` in the language of the page at hand."""
    code = get_language()
    return path if code in (None, settings.LANGUAGE_CODE) else f"/{code}{path}"


def _language(code: str, home: HomePage, request: Any, page: Any) -> Language:
    facts = get_language_info(code)
    current = code == get_language()
    url = _translated(page, request, code) if page is not None else _elsewhere(request, code)
    return Language(
        code=code,
        name=facts["name_local"],
        direction="rtl" if facts["bidi"] else "ltr",
        url=url or str(home.get_url(request)),
        current=current,
        same=bool(url),
    )


def _translated(page: Any, request: Any, code: str) -> str:
    pages = page.get_translations(inclusive=True).live().public()
    found = pages.filter(locale__language_code=code).first()
    return found.get_url(request) if found is not None else ""


def _elsewhere(request: Any, code: str) -> str:
    url = translate_url(request.path, code)
    return url if code == get_language() or url != request.path else ""
