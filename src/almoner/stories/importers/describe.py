"""Shows in a terminal what was understood of a page, before anything is written."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from almoner.stories.importers.imported import ImportedPage

_LONGEST_SHOWN = 400  # characters of one left-out text; `--json` has all of it


def describe(page: ImportedPage) -> RenderableType:
    """Causes, headline, numbered paragraphs, and what was left out and why."""
    return Group(_causes(page), _story(page), _left_out(page))


def _causes(page: ImportedPage) -> RenderableType:
    if not page.causes:
        return Text("No banner was found: no causes.", style="bold")
    table = Table(title="Causes", title_justify="left", title_style="bold")
    table.add_column("Label")
    table.add_column("Unit")
    table.add_column("Kind")
    table.add_column("Exact value", justify="right")
    for cause in page.causes:
        table.add_row(Text(cause.label), Text(cause.unit), cause.kind, cause.value)
    return table


def _story(page: ImportedPage) -> RenderableType:
    story = page.story
    if not story.paragraphs:
        return Text("No story was found.", style="bold")
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", style="dim")
    rows.add_column()
    for number, paragraph in enumerate(story.paragraphs, 1):
        rows.add_row(str(number), Text(paragraph))
    title = Text(story.headline or "(no headline)", style="bold")
    return Panel(rows, title=title, title_align="left")


def _left_out(page: ImportedPage) -> RenderableType:
    if not page.left_out:
        return Text("Nothing was left out.")
    table = Table(title="Left out, and why", title_justify="left", title_style="bold")
    table.add_column("Text", overflow="fold")
    table.add_column("Why")
    for item in page.left_out:
        text = item.text
        if len(text) > _LONGEST_SHOWN:
            text = f"{text[:_LONGEST_SHOWN]}…"
        table.add_row(Text(text), Text(item.reason))
    return table
