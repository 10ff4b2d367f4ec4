"""The forms of a backfill: the file, and which column of a spreadsheet tells what."""

from collections.abc import Mapping
from typing import Any, get_args
from zoneinfo import available_timezones

from django import forms

from almoner.connectors.csv_file import FIELDS, NAME, Layout, Table
from almoner.connectors.csv_file.layout import Dates
from almoner.intake import connections

SPREADSHEET = NAME
_COLUMN = "column_"


class FileForm(forms.Form):
    """A file, and what its orders are of."""

    of = forms.ChoiceField(
        label="Whose orders these are",
        help_text="What a connection sent already is found counted. A spreadsheet knows its orders "
        "by numbers of its own, so leave out what a connection has sent.",
    )
    name = forms.RegexField(
        rf"^{connections.NAME.pattern}\Z",
        label="What the spreadsheet is of",
        max_length=63,
        required=False,
        help_text="For a spreadsheet only: such as market-stall. The same name each time, so that "
        "an order in two files counts once.",
        error_messages={"invalid": "Use small letters, digits, dots and hyphens."},
    )
    file = forms.FileField(
        help_text="A spreadsheet as CSV or XLSX; or what a shop exports through its API, one order "
        "a line (JSON lines) or as a list in JSON.",
    )

    def __init__(self, data: Any, files: Any, known: list[tuple[str, str]]) -> None:
        super().__init__(data, files)
        spreadsheet = (SPREADSHEET, "A spreadsheet (CSV or XLSX)")
        self.fields["of"].choices = [*known, spreadsheet]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for a spreadsheet's name."""
        data = super().clean() or {}
        if data.get("of") == SPREADSHEET and "name" in data and not data["name"]:
            self.add_error("name", "Name the till or the system that the spreadsheet is of.")
        return data


class LayoutForm(forms.Form):
    """Which column tells what, and how numbers and dates are written."""

    decimal = forms.ChoiceField(
        label="Decimal sign", choices=[(".", "1,234.50"), (",", "1.234,50")]
    )
    dates = forms.ChoiceField(
        label="Dates such as 5/6/2026",
        required=False,
        choices=[(each, each.capitalize() or "There are none") for each in get_args(Dates)],
    )
    time_zone = forms.ChoiceField(
        label="Times are of", choices=[(each, each) for each in sorted(available_timezones())]
    )
    currency = forms.CharField(
        max_length=3,
        required=False,
        help_text="Such as USD, for rows that do not say.",
    )
    sheet = forms.ChoiceField(required=False)

    def __init__(self, data: Any, table: Table, layout: Layout) -> None:
        super().__init__(
            data,
            initial={
                **{f"{_COLUMN}{field}": str(at) for field, at in layout.columns.items()},
                "decimal": layout.decimal,
                "dates": layout.dates,
                "time_zone": layout.time_zone,
                "currency": layout.currency,
            },
        )
        named = [(str(at), title or f"Column {at + 1}") for at, title in enumerate(table.header)]
        for field in FIELDS:
            self.fields[f"{_COLUMN}{field.name}"] = forms.ChoiceField(
                label=field.label, choices=[("", "—"), *named], required=False
            )
        if len(table.sheets) > 1:
            choices = [(each, each) for each in table.sheets]
            self.fields["sheet"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]

    @property
    def columns(self) -> list[forms.BoundField]:
        """The fields that choose a column."""
        return [each for each in self if each.name.startswith(_COLUMN)]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields that say how cells are written."""
        return [each for each in self if not each.name.startswith(_COLUMN)]

    def layout(self) -> Layout:
        """What was chosen."""
        chosen: Mapping[str, str] = self.cleaned_data
        return Layout(
            columns={
                name.removeprefix(_COLUMN): int(value)
                for name, value in chosen.items()
                if name.startswith(_COLUMN) and value
            },
            decimal="," if chosen["decimal"] == "," else ".",
            dates=next(each for each in get_args(Dates) if each == chosen["dates"]),
            time_zone=chosen["time_zone"],
            currency=chosen["currency"].upper(),
        )
