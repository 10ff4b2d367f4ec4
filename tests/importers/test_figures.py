"""Figures as they are printed around the world, and what they are exactly."""

import pytest

from almoner.stories.importers import currencies, figures, labels
from almoner.stories.importers.figures import Separator, Unreadable


def value(text: str, kind: str = "count", mark: Separator = "") -> str | None:
    """What `text` is worth, or None where it is not exact or not readable."""
    found = figures.starts_with_figure(figures.plain_digits(text))
    assert found, text
    assert found[1] == "", text
    currency = currencies.settle(found[0].mark, "") if found[0].mark else ""
    read = figures.read(found[0], "money" if currency else kind, currency, mark)
    return None if isinstance(read, Unreadable) else read


@pytest.mark.parametrize(
    ("printed", "exact"),
    [
        ("23,761", "23761"),
        ("1.234", "1234"),
        ("1 234 567", "1234567"),
        ("1\u202f234", "1234"),
        ("1’234", "1234"),
        ("12,34,567", "1234567"),
        ("١٢٬٣٤٥", "12345"),
        ("$2,358", "2358"),
        ("$302.50", "302.50"),
        ("€1.234,56", "1234.56"),
        ("1 234,50 €", "1234.50"),
        ("CHF 1’234.50", "1234.50"),
        ("¥302,000", "302000"),
        ("KWD 12,345.678", "12345.678"),
        ("0042", "42"),
    ],
)
def test_a_figure_is_read_exactly(printed: str, exact: str) -> None:
    assert value(printed) == exact


@pytest.mark.parametrize(
    "printed",
    ["15M", "$302K", "1.2 million", "over 5,000", "5,000+", "~300", "nearly 400", "85%", "-5",
     "1,000–2,000", "$1.234", "¥12.50", "$1,000.125", "1,23,45", "Two hundred"],
)  # fmt: skip
def test_what_is_not_exact_has_no_value(printed: str) -> None:
    assert value(printed) is None


@pytest.mark.parametrize("mark", ["", ",", "."])
def test_a_lone_point_in_money_is_settled_only_by_the_page(mark: Separator) -> None:
    assert value("$1.234", mark=mark) == ("1234" if mark == "," else None)


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Meals Donated", "meal"),
        ("Rescue Miles Donated", "mile"),
        ("Lives Saved", "life"),
        ("Puppies Rescued", "puppy"),
        ("Boxes of Food", "box"),
        ("Pounds of Food", "pound"),
        ("People Helped", "person"),
        ("Children Fed", "child"),
        ("Total Meals Donated", "meal"),
        ("Donated Meals", "meal"),
        ("Doses Given", "dose"),
        ("Houses Built", "house"),
        ("Hours of Care Given", "hour"),
        ("Loaves Baked", "loaf"),
        ("Wheelchairs for Dogs", "wheelchair"),
    ],
)
def test_a_label_names_its_unit(label: str, unit: str) -> None:
    assert labels.unit_of(label) == unit
