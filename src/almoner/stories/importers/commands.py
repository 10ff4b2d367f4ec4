"""`almoner import wordpress` and `almoner import markdown`: a dry run first, then --apply.

Guarantee: without --apply nothing is written but the report that was asked for. Running either
again changes nothing that is there; one that was stopped goes on where it was.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from almoner.stories.importers.decoding import ImportRefused
from almoner.stories.importers.moving.building import Builder, Given, Resolve, as_given
from almoner.stories.importers.moving.moved import MovedStory, Shown
from almoner.stories.importers.moving.pictures import (
    Find,
    PictureError,
    PictureFile,
    uploads,
)
from almoner.stories.importers.moving.report import Report, Row, describe, write_report

if TYPE_CHECKING:
    from almoner.stories.importers.wordpress.survey import Survey

console = Console()
errors = Console(stderr=True)

Apply = Annotated[bool, Parameter(help="Write it. Without this, only the report is shown.")]
ReportFile = Annotated[
    Path | None, Parameter(help="Write the report, every row of it, to a .csv or .html file.")
]
Step = Callable[[str], None]


def add_to(app: App, ready: Callable[[], None]) -> None:
    """Add both commands to `almoner import`; `ready` sets Django up over an installation."""

    @app.command(name="wordpress")
    def wordpress(
        file: Annotated[Path, Parameter(help="An export of WordPress (Tools → Export).")],
        *,
        media: Annotated[
            Path | None, Parameter(help="A copy of the site's wp-content/uploads.")
        ] = None,
        fetch: Annotated[
            bool, Parameter(help="Fetch pictures from the old site that --media has not.")
        ] = False,
        fetch_private: Annotated[
            bool, Parameter(help="Fetch them from a private network as well.")
        ] = False,
        tags: Annotated[bool, Parameter(help="Make topics of tags, as of categories.")] = False,
        apply: Apply = False,
        report: ReportFile = None,
    ) -> None:
        """Move in from WordPress; writes nothing unless told to."""
        from almoner.stories.importers.wordpress.survey import survey

        if media is not None and not media.is_dir():
            raise ImportRefused("media", f"--media {media}: there is no such directory.")
        found = survey(file, datetime.now(UTC), tags=tags)
        fetch = fetch or fetch_private
        find = _finder(media, found.site.address, fetch=fetch, private=fetch_private)
        if apply:
            ready()
        move_wordpress(found, find, apply=apply)
        _tell(found.report, report, apply=apply)

    @app.command(name="markdown")
    def markdown(
        directory: Annotated[Path, Parameter(help="A folder of Markdown files.")],
        *,
        tags: Annotated[bool, Parameter(help="Make topics of tags, as of categories.")] = False,
        apply: Apply = False,
        report: ReportFile = None,
    ) -> None:
        """Move in from Markdown with front matter; writes nothing unless told to."""
        ready()
        from almoner.stories.importers.markdown.folder import read_folder
        from almoner.stories.importers.markdown.moving import move_markdown

        folder = read_folder(directory, datetime.now(UTC), tags=tags)
        move_markdown(folder, apply=apply)
        _tell(folder.report, report, apply=apply)
        if folder.wrong:
            raise ImportRefused(
                "files", f"{folder.wrong} files have errors: they are in the report, as left out."
            )


def _finder(media: Path | None, base: str, *, fetch: bool, private: bool) -> Find:
    """Looks in the directory first, then on the old site, as far as either is allowed."""
    from almoner.stories.importers.moving.fetching import Fetch

    folder = uploads(media) if media is not None else None
    site = Fetch(base, private=private) if fetch else None

    def find(address: str) -> PictureFile:
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
    from almoner.stories.importers.wordpress import stories as second
    from almoner.stories.importers.wordpress.survey import name_addresses, resolver

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


def look(story: MovedStory, row: Row, find: Find, looked: dict[str, str]) -> None:
    """Note what is wrong with a story's pictures, without keeping any."""
    for piece in story.body.pieces:
        for shown in piece.value if piece.type == "gallery" else [piece.value]:
            if isinstance(shown, Shown):
                look_at(shown, row, find, looked)
    if story.lead is not None:
        look_at(story.lead, row, find, looked)


def look_at(shown: Shown, row: Row, find: Find, looked: dict[str, str]) -> None:
    """Note what is wrong with a picture; `looked` remembers each address."""
    address = shown.picture.address
    if address not in looked:
        try:
            find(address)
            looked[address] = ""
        except PictureError as error:
            looked[address] = str(error)
    if looked[address]:
        note = f"a picture is left out: {looked[address]}"
        if note not in row.notes:
            row.notes.append(note)
        if row.becomes == "picture":
            row.becomes = "left out"


def note_links(story: MovedStory, row: Row, resolve: Resolve, given: Given = as_given) -> None:
    """Note the links of a story that lead to what is not brought."""
    builder = Builder(story, resolve, {}, lambda shown: None, given)
    builder.blocks()
    row.notes += [each for each in builder.notes() if each not in row.notes]


@contextmanager
def progress(what: str, total: int) -> Iterator[Step]:
    """A bar on a terminal; nothing where standard error is none."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("[dim]{task.description}"))  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(title: str) -> None:
            shown = title if len(title) < 40 else f"{title[:39]}…"
            bar.update(task, advance=1, description=shown.replace("[", "\\["))

        yield step


def _tell(report: Report, file: Path | None, *, apply: bool) -> None:
    console.print(describe(report))
    if file is not None:
        write_report(report, file)
        console.print(f"Every row is in {file}.", highlight=False)
    if apply:
        console.print("Written.", style="green")
    else:
        console.print("Nothing was written: add --apply once this is right.", highlight=False)
