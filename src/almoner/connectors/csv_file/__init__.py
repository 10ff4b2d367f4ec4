"""Uploads: orders and refunds of any system that can write a CSV or an XLSX file.

`tabulate` opens the file, `guess` proposes which column tells what, a person looks at the
first rows and changes it, and `events` gives the events. An order may span several rows; each
result names the lines that it came from, and what is wrong with one order stops no other. The
same file again makes the same events under the same ids, so nothing counts twice.
"""

from almoner.connectors.csv_file.layout import FIELDS, Field, Layout, guess
from almoner.connectors.csv_file.reading import NAME, TITLE, Told, events
from almoner.connectors.csv_file.tables import MAX_FILE, MAX_ROWS, Row, Table, tabulate

__all__ = [
    "FIELDS",
    "MAX_FILE",
    "MAX_ROWS",
    "NAME",
    "TITLE",
    "Field",
    "Layout",
    "Row",
    "Table",
    "Told",
    "events",
    "guess",
    "tabulate",
]
