"""A bar that shows how far a move is."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

errors = Console(stderr=True)
Step = Callable[[str], None]


@contextmanager
def progress(what: str, total: int) -> Generator[Step, None, None]:
    """A bar on a terminal; nothing where standard error is none."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("[dim]{task.description}"))  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(title: str) -> None:
            shown = title if len(title) < 40 else f"{title[:39]}…"
            bar.update(task, advance=1, description=shown.replace("[", "\\["))

        yield step
