"""`make bench`: every speed the design promises so far, as a ratio to its baseline.

Each baseline is measured in the same run, in turns with its subject (see `measure`). Exits
with 1 where a goal is not met.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench import events, ledgers, log, pages, promises, spent
from bench.measure import Row

PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "pages": pages.rows,
    "events": events.rows,
    "ledgers": ledgers.rows,
    "promises": promises.rows,
    "log": log.rows,
    "growth": log.growth,
    "spent": spent.rows,
}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    options = parser.parse_args()
    found: list[Row] = []
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="almoner-bench-") as home, console.status("") as status:
        for part in options.only or PARTS:
            status.update(f"Measuring {part}")
            place = Path(home, part)
            place.mkdir()
            for row in PARTS[part](place):
                found.append(row)
                console.print(f"  {row.name} / {row.baseline_name}: {row.ratio:.2f}")
    Console(width=140 if not sys.stdout.isatty() else None).print(_table(found))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2))
    return int(any(row.verdict == "not met" for row in found))


def _table(found: list[Row]) -> Table:
    table = Table("what", "ours", "baseline", "", "unit", "ratio", "goal", "")
    for row in found:
        table.add_row(
            row.name,
            f"{row.ours:,.0f}",
            row.baseline_name,
            f"{row.baseline:,.0f}",
            row.unit,
            f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:,.0f}",
            "" if row.goal is None else f"≥ {row.goal:g}",
            row.verdict,
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
