"""The promise in words: one line a campaign manager could read for each kind of terms."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from almoner.campaigns.model import CampaignVersion
from almoner.giving.sentences import plural, promise

NEW_YORK = ZoneInfo("America/New_York")
MAY = datetime(2026, 5, 1, tzinfo=NEW_YORK).astimezone(UTC)
JUNE = datetime(2026, 6, 1, tzinfo=NEW_YORK).astimezone(UTC)
TERMS = CampaignVersion(
    campaign="may-bowls",
    version=1,
    cause="meals",
    unit="meal",
    scale=0,
    charity="harbor-table",
    trigger="item",
    rate="2",
    starts_at=MAY,
    ends_at=JUNE,
    effective_from=MAY,
    time_zone="America/New_York",
)
USD = {"unit": "USD", "scale": 2}
IN_MAY = "from 1 May 2026 to 31 May 2026 (New York time)"

GOLDEN = [
    ({"cap": 50_000}, f"Every item sold {IN_MAY} gives 2 meals to Harbor Table, at most 50,000."),
    ({"trigger": "order", "rate": "1"}, f"Every order {IN_MAY} gives 1 meal to Harbor Table."),
    (
        {"trigger": "order", "rate": "1/3"},
        f"For every 3 orders {IN_MAY}, 1 meal goes to Harbor Table.",
    ),
    (
        {"trigger": "order", "rate": "1.5"},
        f"For every 2 orders {IN_MAY}, 3 meals go to Harbor Table.",
    ),
    (
        {"trigger": "order", "rate": "0.5", **USD},
        f"Every order {IN_MAY} gives $0.50 to Harbor Table.",
    ),
    (
        {"trigger": "item", "rate": "1/3", **USD},
        f"For every 3 items sold {IN_MAY}, $1 goes to Harbor Table.",
    ),
    (
        {"trigger": "revenue", "rate": "5", "cap": 1_000_000, **USD},
        f"5 % of sales in USD {IN_MAY}, after discounts and before tax and shipping, "
        "goes to Harbor Table, at most $10,000.",
    ),
    (
        {"trigger": "manual", "rate": "1", "unit": "mile"},
        f"Every entry by hand {IN_MAY} gives 1 mile to Harbor Table.",
    ),
    (
        {"trigger": "order", "tags": ("winter",)},
        f"Every order tagged “winter” {IN_MAY} gives 2 meals to Harbor Table.",
    ),
    (
        {"products": ("BOWL", "CUP"), "tags": ("a", "b", "c")},
        "Every item sold of BOWL or CUP in an order tagged “a”, “b” or “c” "
        f"{IN_MAY} gives 2 meals to Harbor Table.",
    ),
    (
        {"trigger": "order", "products": ("BOWL",)},
        f"Every order with BOWL in it {IN_MAY} gives 2 meals to Harbor Table.",
    ),
    (
        {"trigger": "revenue", "rate": "2.5", "products": ("BOWL",), **USD},
        f"2.5 % of sales in USD of BOWL {IN_MAY}, after discounts and before tax and shipping, "
        "goes to Harbor Table.",
    ),
    (
        {"ends_at": None},
        "Every item sold from 1 May 2026 (New York time) gives 2 meals to Harbor Table.",
    ),
    (
        {"ends_at": datetime(2026, 5, 2, 4, tzinfo=UTC)},
        "Every item sold on 1 May 2026 (New York time) gives 2 meals to Harbor Table.",
    ),
    (
        {
            "starts_at": datetime(2026, 5, 1, 9, tzinfo=UTC),
            "ends_at": datetime(2026, 5, 2, 18, 30, tzinfo=UTC),
            "time_zone": "UTC",
        },
        "Every item sold from 1 May 2026, 09:00 to 2 May 2026, 18:30 (UTC) "
        "gives 2 meals to Harbor Table.",
    ),
]


@pytest.mark.parametrize(("terms", "sentence"), GOLDEN)
def test_terms_read_as_a_promise(terms, sentence):
    version = msgspec.structs.replace(TERMS, **terms)
    kind = "money" if version.unit.isupper() else "count"
    assert promise(version, kind, "Harbor Table") == sentence


def test_it_says_who_pays():
    said = promise(TERMS, "count", "Harbor Table", "Northgate Mills")
    assert said.endswith("to Harbor Table. Northgate Mills pays.")
    paid = msgspec.structs.replace(TERMS, fund="sponsor/northgate-mills/fund")
    said = promise(paid, "count", "Harbor Table", "Northgate Mills")
    assert said.endswith("Northgate Mills pays, as far as its fund reaches.")


@pytest.mark.parametrize(
    ("word", "many"), [("meal", "meals"), ("box", "boxes"), ("puppy", "puppies"), ("toy", "toys")]
)
def test_units_have_a_plural(word, many):
    assert (plural(word, 1), plural(word, 2)) == (word, many)
