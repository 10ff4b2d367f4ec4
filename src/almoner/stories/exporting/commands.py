"""`almoner export DIR`: everything that a site has, in open formats."""

# pyright: basic

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from almoner import config
from almoner.stories.importers.moving.progress import progress

console = Console()


def add_to(app: App, ready: Callable[[], None]) -> None:
    """Add the command; `ready` sets Django up over an installation."""

    @app.command(name="export")
    def export(
        directory: Annotated[Path, Parameter(help="A directory that is not there yet, or empty.")],
        *,
        subscribers: Annotated[
            bool, Parameter(help="Also the addresses of those who confirmed the newsletter.")
        ] = False,
    ) -> None:
        """Move out: write stories as Markdown, pictures, giving and the log into a directory."""
        ready()
        from almoner.stories.exporting import folder

        with progress("Writing", folder.steps()) as step:
            missing = folder.export(config.load(), directory, step, subscribers=subscribers)
        for sentence in missing:
            console.print(f"[yellow]![/] {escape(sentence)}", highlight=False, soft_wrap=True)
        console.print(
            f"Everything is in {escape(str(directory))}.", highlight=False, soft_wrap=True
        )
