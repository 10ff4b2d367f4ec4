"""Translates part of the demonstration into Arabic, as an editor would with wagtail-localize.

Guarantee: a page is translated once and whole, however often this runs; what an editor has changed
since is left alone. The words are in sample/ar.po, found by the English that they stand for.
"""

from collections.abc import Mapping

import polib
from django.db import transaction
from wagtail.models import Locale
from wagtail_localize.models import StringTranslation, Translation, TranslationSource

from almoner.stories.base import BasePage
from almoner.stories.demo import SAMPLE, Progress
from almoner.stories.models import HomePage, StoryIndexPage, StoryPage

CODE = "ar"
STORIES = ("number-fourteen",)


def translate_samples(progress: Progress) -> None:
    """Give the site its front page, its list and a story in Arabic."""
    words = {entry.msgid: entry.msgstr for entry in polib.pofile(str(SAMPLE / f"{CODE}.po"))}
    arabic, _ = Locale.objects.get_or_create(language_code=CODE)
    own = Locale.get_default()
    pages = [*HomePage.objects.filter(locale=own), *StoryIndexPage.objects.filter(locale=own)]
    pages += StoryPage.objects.filter(locale=own, slug__in=STORIES, live=True)
    for page in pages:
        if page.get_translation_or_none(arabic) is None:
            _translate(page, arabic, words)
            progress(f"Translated into Arabic: {page.title}")
    for page in pages:
        _date(page, arabic)


@transaction.atomic
def _translate(page: BasePage, into: Locale, words: Mapping[str, str]) -> None:
    source, _ = TranslationSource.update_or_create_from_instance(page)
    translation, _ = Translation.objects.get_or_create(source=source, target_locale=into)
    for segment in source.stringsegment_set.select_related("string"):
        if segment.string.data in words:
            StringTranslation.objects.update_or_create(
                translation_of=segment.string,
                locale=into,
                context=segment.context,
                defaults={"data": words[segment.string.data]},
            )
    translation.save_target(publish=True)


def _date(page: BasePage, into: Locale) -> None:
    """Date the translation as its original is; it goes out when its transaction has ended."""
    made = type(page).objects.filter(translation_key=page.translation_key, locale=into)
    made.update(
        first_published_at=page.first_published_at, last_published_at=page.last_published_at
    )
