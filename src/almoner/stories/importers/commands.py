"""`almoner import wordpress` and `almoner import markdown`: a dry run first, then --apply.

Guarantee: without --apply nothing is written but the report that was asked for. Running either
again changes nothing that is there; one that was stopped goes on where it was.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console

from almoner.stories.importers.decoding import ImportRefused

if TYPE_CHECKING:
    from almoner.stories.importers.moving.report import Report

console = Console()

Apply = Annotated[bool, Parameter(help="Write it. Without this, only the report is shown.")]
ReportFile = Annotated[
    Path | None, Parameter(help="Write the report, every row of it, to a .csv or .html file.")
]


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
        from almoner.stories.importers.wordpress.moving import finder, move_wordpress
        from almoner.stories.importers.wordpress.survey import survey

        if media is not None and not media.is_dir():
            raise ImportRefused("media", f"--media {media}: there is no such directory.")
        found = survey(file, datetime.now(UTC), tags=tags)
        fetch = fetch or fetch_private
        find = finder(media, found.site.address, fetch=fetch, private=fetch_private)
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


def _tell(report: "Report", file: Path | None, *, apply: bool) -> None:
    from almoner.stories.importers.moving.report import describe, write_report

    console.print(describe(report))
    if file is not None:
        write_report(report, file)
        console.print(f"Every row is in {file}.", highlight=False)
    if apply:
        console.print("Written.", style="green")
    else:
        console.print("Nothing was written: add --apply once this is right.", highlight=False)
