"""What a page is, in the words of schema.org, for search engines (JSON-LD 1.1).

A story is a `NewsArticle` where it names who answers for it, as search engines ask of news, else
an `Article`; every page has its `BreadcrumbList`. A sensitive story tells its neutral title alone.
"""

import json
from typing import Any, cast

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from almoner.stories.base import BasePage
from almoner.stories.models import StoryPage
from almoner.stories.outward import authors_of, summary_of, title_of, topics_of
from almoner.stories.public import way_to
from almoner.stories.share_picture import HEIGHT, WIDTH
from almoner.stories.share_picture import address as picture_address

# A script element's text ends at "</", whatever the JSON says; "<!--" may swallow its end.
_ESCAPED = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}

Members = dict[str, Any]


def described(page: BasePage) -> SafeString:
    """The page's description as JSON that may stand inside a script element."""
    graph = [breadcrumbs(page)]
    if isinstance(page, StoryPage):
        graph.insert(0, article(page))
    document = {"@context": "https://schema.org", "@graph": graph}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPED))  # noqa: S308  (what could end it is escaped)


def article(story: StoryPage) -> Members:
    """A story as an article."""
    address, authors = cast(str, story.full_url), authors_of(story)
    members = {
        "@type": "NewsArticle" if authors else "Article",
        "@id": f"{address}#article",
        "mainEntityOfPage": address,
        "url": address,
        "headline": title_of(story),
        "description": summary_of(story),
        "inLanguage": story.locale.language_code,
        "datePublished": _time(story.first_published_at),
        "dateModified": _time(story.last_published_at),
        "image": {
            "@type": "ImageObject",
            "url": picture_address(story),
            "width": WIDTH,
            "height": HEIGHT,
        },
        "author": [
            _told({"@type": "Person", "name": author.name, "url": author.url}) for author in authors
        ],
        "publisher": publisher(),
        "articleSection": list(topics_of(story)),
        "isAccessibleForFree": True,
    }
    return _told(members)


def publisher() -> Members:
    """Who publishes the site."""
    home = f"{settings.WAGTAILADMIN_BASE_URL}/"
    return {"@type": "Organization", "name": settings.WAGTAIL_SITE_NAME, "url": home}


def breadcrumbs(page: BasePage) -> Members:
    """The way from the front page to a page. The shelf of a year is passed over."""
    steps = [
        {"@type": "ListItem", "position": number, "name": title_of(each), "item": each.full_url}
        for number, each in enumerate(way_to(page), 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": steps}


def _time(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _told(members: Members) -> Members:
    return {name: value for name, value in members.items() if value}
