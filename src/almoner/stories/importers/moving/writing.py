"""Writes what a move brings into the database, safely to be stopped and run again.

Guarantee: each author, topic, series and story is written once, however often this runs and
wherever it was killed. A thing is known by the hash of its key, which is its translation key and
unique in the database. A story is made in two steps: first a place with its address, so that
others can link to it, then, in one transaction, its text, its pictures, its publishing and the
redirects to it. A place that was never filled has no revision; a story that has one is an
editor's by now and is left alone. Limit: a kill between a picture's file and its row leaves a
file that nobody shows.
"""

# pyright: basic

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Locale
from wagtail.utils.file import hash_filelike

from almoner.stories.importers.moving.building import Builder, Given, Resolve, lead_caption
from almoner.stories.importers.moving.moved import (
    MovedPicture,
    MovedStory,
    Named,
    PictureAt,
    Piece,
    Shell,
    Shown,
)
from almoner.stories.importers.moving.pictures import Find, PictureError, PictureFile
from almoner.stories.importers.moving.report import Row
from almoner.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    SeriesIndexPage,
    SeriesPage,
    StoryAuthor,
    StoryImage,
    StoryIndexPage,
    StoryPage,
    TopicIndexPage,
    TopicPage,
)
from almoner.stories.shelving import shelf
from almoner.stories.site import lay_out

SLUG = 200  # of the 255 that a column holds; a hash may follow
TITLE = 255
ADDRESS = 255
ROLE = 160

_KINDS: dict[str, tuple[Any, Any]] = {
    "author": (AuthorPage, AuthorIndexPage),
    "topic": (TopicPage, TopicIndexPage),
    "series": (SeriesPage, SeriesIndexPage),
}

Says = Callable[[PictureAt], MovedPicture]


def page_key(key: str, own: str = "") -> UUID:
    """The translation key of what is brought: the same on every run, and on every site."""
    return UUID(own) if own else uuid5(NAMESPACE_URL, f"almoner-move:{key}")


class Pictures:
    """The pictures of a source, each kept once; known by the hash of its file."""

    def __init__(self, find: Find, says: Says) -> None:
        self._find = find
        self._says = says
        self._kept: dict[str, StoryImage | str] = {}

    def keep(self, shown: Shown, row: Row) -> StoryImage | None:
        """The picture's row here; where it cannot be had, `row` gets a note."""
        address = shown.picture.address
        kept = self._kept.get(address)
        if kept is None:
            try:
                kept = self._store(self._find(address), shown)
            except PictureError as error:
                kept = str(error)
            self._kept[address] = kept
        if isinstance(kept, str):
            note(row, f"a picture is left out: {kept}")
            return None
        if not shown.description and not self._says(shown.picture).description:
            note(row, f"nobody has described {kept.title}: its title stands in")
        return kept

    def _store(self, file: PictureFile, shown: Shown) -> StoryImage:
        content = BytesIO(file.content)
        digest = hash_filelike(content)
        there = StoryImage.objects.filter(file_hash=digest).order_by("pk").first()
        if there is not None:
            return there
        said = self._says(shown.picture)
        title = said.title or file.name.rpartition(".")[0].replace("-", " ") or file.name
        made = StoryImage(
            title=title[:TITLE],
            description=(said.description or shown.description or title)[:TITLE],
            file=ImageFile(content, name=file.name[-100:]),
            file_size=len(file.content),
            file_hash=digest,
            credit=said.credit[:160],
        )
        if said.focal_point:
            (
                made.focal_point_x,
                made.focal_point_y,
                made.focal_point_width,
                made.focal_point_height,
            ) = said.focal_point
        made.save()
        return made


class Writer:
    """Writes one source; `pages` has the page of every key that has one by now."""

    def __init__(self, pictures: Pictures, resolve: Resolve, given: Given) -> None:
        self.pages: dict[str, int] = {}
        self._pictures = pictures
        self._resolve = resolve
        self._given = given
        self._index = lay_out()
        self._locale = Locale.get_default()

    def names(
        self, names: dict[str, Named], addresses: dict[str, tuple[str, ...]]
    ) -> Iterator[str]:
        """Write authors, topics and series; a page of that name that is there already is used."""
        for key, named in names.items():
            with transaction.atomic():
                model, index = _KINDS[key.partition(":")[0]]
                page = self._find_named(model, named) or self._make_named(model, index, named)
                self.pages[key] = page.pk
                for address in addresses.get(key, ()):
                    redirect(address, page)
            yield named.title

    def _find_named(self, model: Any, named: Named) -> Any:
        own = model.objects.filter(locale=self._locale)
        return (
            own.filter(translation_key=page_key(named.key, named.id)).first()
            or own.filter(slug=_slug(named.slug, named.title, "")).first()
            or own.filter(title__iexact=named.title).first()
        )

    def _make_named(self, model: Any, index: Any, named: Named) -> Any:
        page = model(
            title=named.title[:TITLE],
            slug=_slug(named.slug, named.title, named.key[:8]),
            translation_key=page_key(named.key, named.id),
            live=False,
        )
        if model is AuthorPage:
            page.biography = named.words
            page.role = named.role[:ROLE]
            if named.portrait is not None:
                row = Row("", "", "", "")
                page.portrait = self._pictures.keep(Shown(named.portrait, "", ""), row)
        else:
            page.standfirst = named.words
        parent = index.objects.get(locale=self._locale)
        parent.add_child(instance=page)
        page.save_revision().publish()
        return page

    def shells(self, shells: list[Shell], rows: Callable[[str], Row]) -> Iterator[str]:
        """Give each story its place and its address."""
        for shell in shells:
            self.pages[shell.key] = self._shell(shell, rows(shell.row))
            yield shell.title

    @transaction.atomic
    def _shell(self, shell: Shell, row: Row) -> int:
        key = page_key(shell.key, shell.id)
        there = StoryPage.objects.filter(translation_key=key, locale=self._locale).first()
        if there is not None:
            return there.pk
        wanted = _slug(shell.slug, shell.title, "story")
        taken = StoryPage.objects.filter(slug=wanted, locale=self._locale).exists()
        slug = f"{wanted}-{key.hex[:8]}" if taken else wanted
        if taken:
            note(row, f"its address was taken: it is {slug} now")
        page = StoryPage(
            title=shell.title[:TITLE],
            slug=slug,
            standfirst=shell.title[:400],
            translation_key=key,
            live=False,
        )
        # Read anew: adding a child counts on the parent's own count being right.
        parent: Any = StoryIndexPage.objects.get(pk=self._index.pk)
        if shell.published is not None:
            parent = shelf(parent, str(timezone.localtime(shell.published).year))
        parent.add_child(instance=page)
        return page.pk

    def story(self, story: MovedStory, row: Row) -> None:
        """Fill a story's place, and publish it if it is to be; not twice.

        A story that the editor would refuse is left out, and its place given up.
        """
        try:
            self._story(story, row)
        except ValidationError as error:
            row.becomes = "left out"
            note(row, " ".join(error.messages))
            StoryPage.objects.get(pk=self.pages.pop(story.key)).delete()

    @transaction.atomic
    def _story(self, story: MovedStory, row: Row) -> None:
        page = StoryPage.objects.get(pk=self.pages[story.key])
        if page.latest_revision_id is not None:
            note(row, "it is here already and was left as it is")
            return
        self._fill(page, story, row)
        page.save()
        revision = page.save_revision()
        if story.state != "draft":
            revision.publish()
        if story.state == "published" and story.published:
            later = max(story.updated or story.published, story.published)
            StoryPage.objects.filter(pk=page.pk).update(last_published_at=later)
        for address in story.addresses:
            if not redirect(address, page):
                note(row, f"{address[:80]}… is too long an address to be redirected")

    def _fill(self, page: StoryPage, story: MovedStory, row: Row) -> None:
        def keep(shown: Shown) -> tuple[int, str] | None:
            image = self._pictures.keep(shown, row)
            return (image.pk, image.description) if image is not None else None

        builder = Builder(story, self._resolve, self.pages, keep, self._given)
        page.title = story.title[:TITLE]
        page.standfirst = story.standfirst
        page.byline = story.byline[:160]
        if story.lead is not None:
            page.lead_image = self._pictures.keep(story.lead, row)
            page.lead_caption = lead_caption(story.lead)
        page.body = json.dumps(builder.blocks())
        page.seo_title = story.seo_title[:TITLE]
        page.search_description = story.search_description
        page.story_authors = [
            StoryAuthor(author_id=self.pages[key], sort_order=place)
            for place, key in enumerate(dict.fromkeys(story.authors))
            if key in self.pages
        ]
        page.topics = TopicPage.objects.filter(
            pk__in=[self.pages[key] for key in story.topics if key in self.pages]
        )
        if story.series in self.pages:
            page.series_id = self.pages[story.series]
            page.series_place = story.series_place
        for name, value in story.more.items():
            setattr(page, name, value)
        for name, value in story.streams.items():
            made = self._given(Piece(f"field:{name}", value, given=True), builder)
            setattr(page, name, json.dumps(made))
        page.expire_at = story.expires
        if story.state == "scheduled":
            page.go_live_at = story.published
        else:
            page.first_published_at = story.published
        for each in builder.notes():
            note(row, each)


def redirect(address: str, page: Any) -> bool:
    """Lead an old address to a page, unless somebody has said otherwise; whether it fits."""
    old = Redirect.normalise_path(address)
    if len(old) > ADDRESS:
        return False
    if old != "/" and not Redirect.objects.filter(old_path=old).exists():
        Redirect.add_redirect(old, redirect_to=page, is_permanent=True)
    return True


def note(row: Row, text: str) -> None:
    """Add a note, once."""
    if text not in row.notes:
        row.notes.append(text)


def _slug(slug: str, title: str, otherwise: str) -> str:
    """An address from what the source has; one of digits only is a year's."""
    made = slugify(slug, allow_unicode=True)[:SLUG] or slugify(title, allow_unicode=True)[:SLUG]
    made = made.strip("-_") or otherwise
    return f"story-{made}" if made.isdecimal() else made
