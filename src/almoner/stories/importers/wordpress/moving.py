"""Brings an export of WordPress in, or says what would come of it."""

from pathlib import Path

from almoner.stories.importers.moving.building import as_given
from almoner.stories.importers.moving.fetching import Fetch
from almoner.stories.importers.moving.looking import look, look_at, note_links
from almoner.stories.importers.moving.pictures import Find, PictureError, PictureFile, uploads
from almoner.stories.importers.moving.progress import progress
from almoner.stories.importers.wordpress import stories as second
from almoner.stories.importers.wordpress.addresses import name_addresses, resolver
from almoner.stories.importers.wordpress.survey import Survey


def finder(media: Path | None, base: str, *, fetch: bool, private: bool) -> Find:
    """Looks in the directory first, then on the old site, as far as either is allowed."""
    folder = uploads(media) if media is not None else None
    site = Fetch(base, private=private) if fetch else None

    def find(address: str) -> PictureFile:
        try:
            return _find(address)
        except ValueError:
            raise PictureError(f"{address} is no address") from None

    def _find(address: str) -> PictureFile:
        if folder is not None:
            try:
                return folder(address)
            except PictureError:
                if site is None:
                    raise
        if site is not None:
            return site(address)
        raise PictureError(f"{address}: say where it is with --media or --fetch")

    return find


def move_wordpress(found: Survey, find: Find, *, apply: bool) -> None:
    """Write what an export has, or only look at it."""
    resolve = resolver(found)
    if not apply:
        with progress("Reading", len(found.stories) + len(found.attachments)) as step:
            looked: dict[str, str] = {}
            for story, row in second.stories(found):
                look(story, row, find, looked)
                note_links(story, row, resolve)
                step(story.title)
            for row, shown in second.attached(found):
                look_at(shown, row, find, looked)
                step(row.title)
        return
    from almoner.stories.importers.moving.writing import Pictures, Writer

    pictures = Pictures(find, lambda at: second.picture_of(found, at.number))
    writer = Writer(pictures, resolve, as_given)
    steps = len(found.names) + 2 * len(found.shells) + len(found.attachments)
    with progress("Writing", steps) as step:
        for title in writer.names(found.names, name_addresses(found)):
            step(title)
        for title in writer.shells(found.shells, found.report.row):
            step(title)
        for story, row in second.stories(found):
            writer.story(story, row)
            step(story.title)
        for row, shown in second.attached(found):
            if pictures.keep(shown, row) is None:
                row.becomes = "left out"
            step(row.title)
