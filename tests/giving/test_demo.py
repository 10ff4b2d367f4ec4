"""The demonstration's causes, loaded once however often."""

from datetime import UTC, datetime

import pytest

from almoner.campaigns.model import Line, Order
from almoner.giving.demo import CAMPAIGNS, load_causes
from almoner.giving.models import Campaign
from almoner.ledger import Event, reads
from almoner.ledger.publish import read_campaigns
from almoner.ledger.reads import balance

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def state(ledger):
    size = reads.head(ledger.db).size
    return reads.head(ledger.db).root, size, reads.balances(ledger.db), read_campaigns(ledger.db)


def test_loading_twice_gives_the_same_ledger(ledger):
    load_causes(lambda line: None)
    once = state(ledger)
    load_causes(lambda line: None)
    assert state(ledger) == once


def test_the_banner_starts_where_it_is_promised_to(ledger):
    load_causes(lambda line: None)
    shown = {cause: totals.shown for cause, totals in reads.totals(ledger.db).items()}
    assert shown == {
        "meals": 23_761,
        "blankets": 4_188,
        "toys": 10_153,
        "rescue-miles": 13_088,
        "dv-survivors": 235_800,
        "service-dogs": 705_900,
    }
    assert balance(ledger.db, "sponsor/marlow-fern/fund", "USD") == 2_500_000
    assert Campaign.objects.filter(state="published").count() == len(CAMPAIGNS)


class Stopped(Exception):
    """Somebody pulled the plug."""


def stop_at(line_number):
    lines = []

    def progress(line):
        lines.append(line)
        if len(lines) == line_number:
            raise Stopped

    return progress


def test_stopped_half_way_it_goes_on(ledger):
    for line_number in (1, 4, 7, 9):
        with pytest.raises(Stopped):
            load_causes(stop_at(line_number))
    load_causes(lambda line: None)
    published = read_campaigns(ledger.db)
    assert len(published) == len(CAMPAIGNS)
    assert all(len(versions) == 1 for versions in published.values())


def test_one_order_moves_several_figures(ledger, send):
    load_causes(lambda line: None)
    for at in range(3):
        send(f"order-{at}", quantity=2, revenue=4000, tags=("winter",))
    pledged = {cause: totals.pledged for cause, totals in reads.totals(ledger.db).items()}
    assert pledged["meals"] == 12
    assert pledged["blankets"] == 3
    assert pledged["toys"] == 1
    assert pledged["service-dogs"] == 600


def test_the_demonstration_shows_a_hold_a_price_a_match_a_split_and_a_minimum(ledger):
    load_causes(lambda line: None)
    kitchen = Line("1", 1, 1000, "pan", collections=("kitchen",))
    wool = Line("2", 3, 9000, "wool", collections=("blankets",))
    ledger.append([Event("shop", "order", "order", NOW, Order("USD", (kitchen, wool)))], NOW)
    totals = reads.campaign_totals(ledger.db)
    assert totals["two-doors"] == 3  # two to one shelter, one to the other
    assert totals["spring-table"] == totals["second-helping"] == 0  # 2 % of 10.00 is 0.8 of a meal
    ledger.append([Event("shop", "other", "order", NOW, Order("USD", (kitchen,)))], NOW)
    totals = reads.campaign_totals(ledger.db)
    assert totals["spring-table"] == totals["second-helping"] == 1
