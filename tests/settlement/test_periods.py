"""Closing months: which entries they have, and what falls into the next."""

from datetime import UTC, date, datetime, timedelta

import pytest

from almoner.campaigns.model import Refund, RefundedLine
from almoner.giving.book import open_ledger
from almoner.ledger import Event
from almoner.settlement import deliveries, periods
from almoner.settlement.models import Period
from almoner.settlement.standing import SettlementError

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
IN_MAY = datetime(2026, 5, 25, tzinfo=UTC)
IN_JUNE = datetime(2026, 6, 10, tzinfo=UTC)
IN_JULY = datetime(2026, 7, 2, tzinfo=UTC)


@pytest.fixture
def may(owe):
    """Twenty-four meals promised in two entries of May."""
    owe(12, "order-1", IN_MAY)
    owe(12, "order-2", IN_MAY + timedelta(days=1))


def test_nothing_entered_is_nothing_to_close(ledger):
    assert periods.next_month(IN_JUNE) is None
    with pytest.raises(SettlementError, match="nothing was entered"):
        periods.close(MAY, None, IN_JUNE)


def test_a_month_that_runs_is_not_closed(may):
    with pytest.raises(SettlementError, match="still running"):
        periods.close(MAY, None, IN_MAY)
    with pytest.raises(SettlementError, match="has just ended"):
        periods.close(MAY, None, datetime(2026, 6, 1, 0, 4, tzinfo=UTC))


def test_a_month_is_closed_with_its_entries_and_once(may, owe):
    owe(2, "order-3", IN_JUNE)
    period = periods.close(MAY, None, IN_JUNE)
    assert (period.first_day, period.last_day) == (MAY, date(2026, 5, 31))
    assert (period.first_entry, period.end_entry) == (0, 2)
    with pytest.raises(SettlementError, match="May 2026 is closed already"):
        periods.close(MAY, None, IN_JUNE)
    assert Period.objects.count() == 1


def test_the_month_before_comes_first(may):
    with pytest.raises(SettlementError, match="May 2026 is still open: close it first"):
        periods.close(JUNE, None, IN_JULY)
    periods.close(MAY, None, IN_JULY)
    period = periods.close(JUNE, None, IN_JULY)
    assert (period.first_entry, period.end_entry) == (2, 2)


def test_a_delivery_is_not_dated_in_a_closed_month(may, prepare, bowls):
    waiting = prepare(2, "WB-1", date(2026, 5, 30))
    periods.close(MAY, None, IN_JUNE)
    with pytest.raises(SettlementError, match=r"May 2026 is closed\. Date the delivery"):
        prepare(2, "WB-2", date(2026, 5, 30))
    with pytest.raises(SettlementError, match="write the day it was handed over into the note"):
        deliveries.send(waiting, None, IN_JUNE)
    waiting = deliveries.prepare(
        waiting.charity, [(bowls, bowls.cause, 2)], JUNE, "WB-1", "Handed over on 30 May.", waiting
    )
    assert deliveries.send(waiting, None, IN_JUNE).state == "sent"


def test_a_late_refund_falls_into_the_open_month(may):
    closed = periods.close(MAY, None, IN_JUNE)
    late = Refund("order-1", (RefundedLine("1", 3, 600),), currency="USD")
    with open_ledger() as ledger:
        outcome = ledger.append([Event("shop", "refund-1", "refund", IN_MAY, late)], IN_JUNE)[0]
    assert outcome.status == "taken off"
    june = periods.close(JUNE, None, IN_JULY)
    assert closed.end_entry <= outcome.entry < june.end_entry
    closed.refresh_from_db()
    assert (closed.first_entry, closed.end_entry) == (0, 2)


def test_a_month_waits_for_a_delivery_that_is_being_sent(may, prepare):
    delivery = prepare(2, "WB-1", date(2026, 5, 30))
    delivery.sending_at = IN_JUNE
    delivery.save()
    with pytest.raises(SettlementError, match="is being sent"):
        periods.close(MAY, None, IN_JUNE + timedelta(minutes=4))
    periods.close(MAY, None, IN_JUNE + timedelta(minutes=6))


def test_a_published_log_s_checkpoint_is_kept(may, settings):
    store = settings.CONFIG.home / "log"
    store.mkdir()
    (store / "checkpoint").write_text("example/log\n2\nAAAA\n\n— example/log AAAA\n")
    assert periods.close(MAY, None, IN_JUNE).checkpoint.startswith("example/log\n2\n")


def test_finance_closes_from_the_screen_and_a_manager_cannot(may, finance, logged_in):
    here = "/admin/settlement/periods/"
    assert "Close May 2026" in finance.get(here).content.decode()
    manager = logged_in("Campaign managers")
    assert "Close May 2026" not in manager.get(here).content.decode()
    assert manager.post(here, {"month": "2026-05-01"}).status_code == 403
    finance.post(here, {"month": "2026-05-01"})
    assert str(Period.objects.get()) == "May 2026"
    assert finance.post(here, {"month": "never"}).status_code == 404
