"""An audit's report, for a person at a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from almoner.audit.verifying import Report
from almoner.log.entry import decode
from almoner.log.read_receipt import ReadReceipt
from almoner.log.receipt import Receipt


def render(report: Report) -> RenderableType:
    """The report as text and a table."""
    seen = report.seen_before
    said = [
        f"The log [b]{report.origin}[/] has {report.size:,} entries, signed by {report.key}",
        f"cosigned by {', '.join(report.cosigned_by)}" if report.cosigned_by else "",
        "seen for the first time: its key is taken from itself"
        if seen is None
        else f"it begins with the {seen:,} entries seen before",
        "every entry, every tile and the root fit the signature",
        "what is held, owed, delivered and confirmed follows from its promises",
    ]
    table = Table("counter", "measure", "shown", "recounted", "", box=None, padding=(0, 2, 0, 0))
    for name in ("shown", "recounted"):
        table.columns[
            ["counter", "measure", "shown", "recounted", ""].index(name)
        ].justify = "right"
    for line in report.counters:
        same = line.shown == line.recounted
        # A measure that is nothing on both sides says nothing.
        if same and not line.shown.strip("0."):
            continue
        mark = "[green]✓[/]" if same else "[red]✗[/]"
        table.add_row(line.label, line.measure, line.shown, line.recounted, mark)
    carried = any(
        line.measure == "opening" and line.recounted.strip("0.") for line in report.counters
    )
    said.append(
        "opening figures were carried forward from before the public record: no log proves them"
        if carried
        else ""
    )
    ends: list[RenderableType] = [
        Text(f"✗ {each}", style="red") for each in report.differences
    ] or [Text("✓ Every number holds.", style="bold green")]
    lines = [Text.from_markup(each, overflow="fold") for each in said if each]
    return Group(*lines, Text(""), table, Text(""), *ends)


def render_receipt(receipt: Receipt) -> RenderableType:
    """What a receipt proves."""
    what = f"{receipt.ref} of {receipt.source}" if receipt.ref else "an event that it does not name"
    return Group(
        Text(f"✓ The receipt holds: entry {receipt.index} is in the log.", style="bold green"),
        Text(f"It is for {what}; the log {receipt.checkpoint.origin} has signed it at"),
        Text(f"{receipt.checkpoint.size:,} entries. The entry is:"),
        Text(receipt.entry.decode()),
    )


def render_read(found: ReadReceipt) -> RenderableType:
    """What the receipt of a read proves, and what the reads of its batch gave."""
    entry, count = found.entry, found.batch.count
    gave = [f"  {each.share} through {each.campaign}" for each in decode(entry.entry).pledges]
    return Group(
        Text(f"✓ The receipt holds: the read is in entry {entry.index} of the log.", "bold green"),
        Text(f"It is of the story {found.read.story}, and one of {count:,} that the entry is for."),
        Text("Together they gave, in each unit's smallest part:"),
        *[Text(each) for each in gave],
        Text(f"The log {entry.checkpoint.origin} has signed it at"),
        Text(f"{entry.checkpoint.size:,} entries. The entry is:"),
        Text(entry.entry.decode()),
    )
