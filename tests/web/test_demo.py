"""The half-year that the demonstration has lived, the same however it came to be loaded."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.contrib.auth import get_user_model

from almoner.giving import demo_sales
from almoner.giving.demo import CAUSES, load_causes
from almoner.ledger import reads
from almoner.settlement.demo import HANDOVERS, close_months
from almoner.settlement.models import Delivery, Dispute, Document, Period
from almoner.statements import promises
from almoner.units import minor_units
from almoner.web import demo
from tests.giving.conftest import (  # noqa: F401 - fixtures of the room below
    _uncollected_static_files,
    django_db_modify_db_settings,
    ledger,
)

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
BEGINS = NOW - timedelta(days=demo_sales.DAYS)


class Stopped(Exception):
    """Somebody pulled the plug."""


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, home=tmp_path)


@pytest.fixture
def finance(ledger):  # noqa: F811
    return get_user_model().objects.create_user("finance")


def quiet(line):
    pass


def live(finance, say=quiet):
    load_causes(quiet, BEGINS, demo_sales.PROMISED)
    demo.happen(list(demo_sales.days(BEGINS)), finance, say)


def test_the_figures_are_what_was_carried_forward_and_what_the_history_promised(ledger, finance):  # noqa: F811
    live(finance)
    found = reads.totals(ledger.db)
    for slug, _, unit, kind, _, figure in CAUSES:
        shown = minor_units(figure, 2 if kind == "money" else 0)
        promised = demo_sales.PROMISED[slug]
        assert (found[slug].shown, found[slug].pledged) == (shown, promised), unit
        assert found[slug].opening == shown - promised > 0


def test_every_room_has_something_to_show(ledger, finance):  # noqa: F811
    live(finance)
    accounts = promises.accounts(ledger.db, NOW)
    assert [each.slug for each in accounts if each.overdue] == ["toys"]
    assert any("still inside a return window" in each.sentence for each in accounts)
    assert [each.slug for each in accounts if each.disputes] == ["blankets"]
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert states == {
        "confirmed": 8,
        "partly confirmed": 1,
        "disputed": 1,
        "sent": 1,
        "prepared": 1,
    }
    assert Dispute.objects.get().state == "answered"
    assert Document.objects.filter(public=True).count() == sum(bool(e.shows) for e in HANDOVERS)


def test_all_of_it_is_past_and_in_its_order(ledger, finance):  # noqa: F811
    live(finance)
    rows = ledger.db.rows("SELECT time FROM ledger_entry ORDER BY idx")
    times = [datetime.fromisoformat(time) for (time,) in rows]
    assert times == sorted(times)
    assert times[0] == BEGINS
    assert times[-1] < NOW


def test_a_promise_s_page_shows_its_deliveries_and_public_pictures(ledger, finance, client):  # noqa: F811
    live(finance)
    page = client.get("/campaigns/warm-nights/promise/").content.decode()
    assert "What was delivered" in page
    assert "The charity says that something is wrong" in page
    assert "wet" not in page
    (picture,) = Document.objects.filter(public=True, delivery__reference="AN-118")
    assert f'src="{picture.public_url}" alt="{picture.caption}"' in page


def test_cut_off_anywhere_it_goes_on_to_the_same_end(ledger, finance):  # noqa: F811
    for stop in (1, 4, 9, 15):
        lines = []

        def say(line, lines=lines, stop=stop):
            lines.append(line)
            if len(lines) == stop:
                raise Stopped

        with pytest.raises(Stopped):
            live(finance, say)
    live(finance)
    for slug, totals in reads.totals(ledger.db).items():
        assert totals.pledged == demo_sales.PROMISED[slug]
    assert Delivery.objects.count() == len(HANDOVERS)
    whole = reads.head(ledger.db)
    live(finance)
    assert reads.head(ledger.db) == whole


def test_the_months_before_the_last_are_closed_once(ledger, finance):  # noqa: F811
    live(finance)
    first = list(close_months(NOW, finance))
    assert list(close_months(NOW, finance)) == []
    assert len(first) == Period.objects.count() >= 3
    last = Period.objects.order_by("-last_day").first()
    next_month = last.last_day + timedelta(days=1)
    assert (next_month + timedelta(days=31)).replace(day=1) == NOW.date().replace(day=1)
    assert all(each.closed_at < NOW for each in Period.objects.all())
