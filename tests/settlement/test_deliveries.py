"""A delivery from what is owed to what arrived, by the ledger's own balances."""

from datetime import timedelta

import pytest
from django.utils import timezone

from almoner.giving.book import open_ledger
from almoner.ledger import reads, settle
from almoner.log import entry
from almoner.settlement import deliveries, disputes, entering, facts
from almoner.settlement.models import Delivery, Line
from almoner.settlement.standing import SettlementError
from tests.settlement.conftest import BOWLS, TODAY

NOBODY = None


def stands():
    """Owed, on its way and arrived, as the ledger has it."""
    with open_ledger() as ledger:
        (share,) = settle.shares(ledger.db)
    return share.owed, share.delivered, share.confirmed


def last_entries(count):
    with open_ledger() as ledger:
        size = reads.head(ledger.db).size
        return [entry.decode(each.body) for each in reads.entries(ledger.db, size - count)]


def test_sending_moves_what_is_owed_to_its_way(owe, prepare):
    owe(12)
    delivery = prepare(10)
    assert stands() == (12, 0, 0)
    delivery = deliveries.send(delivery, NOBODY, TODAY)
    assert stands() == (2, 10, 0)
    assert delivery.state == "sent"
    (told,) = last_entries(1)
    assert (told.kind, told.index) == ("delivery", delivery.entry)
    assert told.postings[0].debit == "charity/harbor-table/owed/meals/may-bowls"


def test_sending_twice_sends_once(sent):
    again = deliveries.send(sent, NOBODY, TODAY)
    assert again.entry == sent.entry
    assert stands() == (2, 10, 0)


def test_more_than_is_owed_is_refused_with_both_figures(owe, prepare):
    owe(12)
    with pytest.raises(SettlementError, match=r"is owed 12 meals .* has 14 meals"):
        prepare(14)
    first, second = prepare(10, "WB-1"), prepare(10, "WB-2")
    deliveries.send(first, NOBODY, TODAY)
    with pytest.raises(SettlementError, match="is owed 2 meals"):
        deliveries.send(second, NOBODY, TODAY)
    assert stands() == (2, 10, 0)
    second.refresh_from_db()
    assert second.state == "prepared"


def test_what_the_ledger_refused_can_be_sent_once_it_is_owed(owe, prepare, monkeypatch):
    owe(12)
    first, second = prepare(10, "WB-1"), prepare(10, "WB-2")
    deliveries.send(first, NOBODY, TODAY)
    with monkeypatch.context() as racing:
        # Both looked before either was entered.
        racing.setattr(deliveries, "_refuse_beyond", lambda *_: None)
        with pytest.raises(SettlementError, match="More would go than is owed by now"):
            deliveries.send(second, NOBODY, TODAY)
    owe(20, "order-2")
    assert deliveries.send(second, NOBODY, TODAY).state == "sent"
    assert stands() == (12, 20, 0)


def test_one_reference_is_one_delivery_to_a_charity(owe, prepare):
    owe(12)
    prepare(2)
    with pytest.raises(SettlementError, match=r"WB-1.* already"):
        prepare(2)


def test_a_delivery_can_be_split(owe, prepare):
    owe(12)
    for at, meals in enumerate((5, 4, 3)):
        deliveries.send(prepare(meals, f"WB-{at}"), NOBODY, TODAY)
    assert stands() == (0, 12, 0)


def test_a_day_that_has_not_come_is_not_sent(owe, prepare):
    owe(12)
    delivery = prepare(day=TODAY.date() + timedelta(days=2))
    with pytest.raises(SettlementError, match="has not come yet"):
        deliveries.send(delivery, NOBODY, TODAY)


def test_all_arrived(sent):
    said = deliveries.answer(sent, 1, "all", "Maren", "", {}, TODAY)
    assert stands() == (2, 0, 10)
    assert said.entry is not None
    sent.refresh_from_db()
    assert sent.state == "confirmed"


def test_part_arrived_and_then_the_rest(sent):
    deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    sent.refresh_from_db()
    assert (sent.state, stands()) == ("partly confirmed", (2, 6, 4))
    deliveries.answer(sent, 2, "all", "Maren", "", {}, TODAY)
    sent.refresh_from_db()
    assert (sent.state, stands()) == ("confirmed", (2, 0, 10))


def test_the_same_answer_twice_counts_once(sent):
    for _ in range(2):
        deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    assert stands() == (2, 6, 4)
    assert sent.answers.count() == 1


def test_more_than_was_sent_does_not_arrive(sent):
    with pytest.raises(SettlementError, match="Something is wrong"):
        deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 11}, TODAY)
    assert stands() == (2, 10, 0)


def test_a_dispute_is_opened_answered_and_settled(sent):
    deliveries.answer(sent, 1, "wrong", "Maren", "Two boxes were wet.", {}, TODAY)
    sent.refresh_from_db()
    assert (sent.state, stands()) == ("disputed", (2, 10, 0))
    (dispute,) = sent.disputes.all()
    disputes.reply(dispute, "We send two more.", NOBODY, TODAY)
    dispute.refresh_from_db()
    assert dispute.state == "answered"
    deliveries.answer(sent, 2, "part", "Maren", "", {BOWLS: 8}, TODAY)
    sent.refresh_from_db()
    assert sent.state == "disputed"
    disputes.settle(dispute, "Two boxes went to waste.", NOBODY, TODAY)
    sent.refresh_from_db()
    assert (sent.state, stands()) == ("partly confirmed", (2, 2, 8))
    with pytest.raises(SettlementError, match="settled already"):
        disputes.reply(dispute, "Again", NOBODY, TODAY)


def test_taking_back_names_what_it_corrects(sent):
    deliveries.reverse(sent, 1, {BOWLS: 3}, "Three never left.", NOBODY, TODAY)
    assert stands() == (5, 7, 0)
    (told,) = last_entries(1)
    assert (told.kind, told.corrects) == ("reversal", sent.entry)
    sent.refresh_from_db()
    assert sent.state == "sent"
    deliveries.reverse(sent, 2, {BOWLS: 7}, "Nor did the rest.", NOBODY, TODAY)
    sent.refresh_from_db()
    assert (sent.state, stands()) == ("reversed", (12, 0, 0))


def test_what_was_confirmed_is_taken_back_through_its_confirmations(sent):
    first = deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    second = deliveries.answer(sent, 2, "part", "Maren", "", {BOWLS: 3}, TODAY)
    deliveries.reverse(sent, 1, {BOWLS: 8}, "Entered for another charity.", NOBODY, TODAY)
    assert stands() == (10, 0, 2)
    told = last_entries(3)
    assert [each.corrects for each in told] == [second.entry, first.entry, sent.entry]
    assert [each.postings[0].value for each in told] == ["3", "2", "8"]
    sent.refresh_from_db()
    assert sent.state == "confirmed"


def test_no_more_is_taken_back_than_was_sent(sent):
    deliveries.reverse(sent, 1, {BOWLS: 3}, "Three never left.", NOBODY, TODAY)
    deliveries.reverse(sent, 1, {BOWLS: 3}, "Three never left.", NOBODY, TODAY)
    with pytest.raises(SettlementError, match="7 meals of it"):
        deliveries.reverse(sent, 2, {BOWLS: 8}, "More", NOBODY, TODAY)
    assert stands() == (5, 7, 0)


# Killed half-way


class Killed(BaseException):
    """What a kill looks like from inside."""


def kill(*_args, **_options):
    raise Killed


def test_killed_after_the_ledger_it_is_sent(owe, prepare, monkeypatch):
    owe(12)
    delivery = prepare()
    with monkeypatch.context() as dying:
        dying.setattr(entering, "_take", kill)
        with pytest.raises(Killed):
            deliveries.send(delivery, NOBODY, TODAY)
    delivery.refresh_from_db()
    assert (delivery.state, stands()) == ("prepared", (2, 10, 0))
    entering.catch_up_all()
    delivery.refresh_from_db()
    assert (delivery.state, stands()) == ("sent", (2, 10, 0))
    assert delivery.entry == last_entries(1)[0].index


def test_killed_before_the_ledger_it_is_not_sent_and_can_be(owe, prepare, monkeypatch):
    owe(12)
    delivery = prepare()
    with monkeypatch.context() as dying:
        dying.setattr(entering, "_append", kill)
        with pytest.raises(Killed):
            deliveries.send(delivery, NOBODY, timezone.now())  # held for five minutes
    entering.catch_up_all()
    delivery.refresh_from_db()
    assert (delivery.state, stands()) == ("prepared", (12, 0, 0))
    with pytest.raises(SettlementError, match="being sent at this moment"):
        deliveries.discard(delivery)
    assert deliveries.send(delivery, NOBODY, TODAY).state == "sent"
    assert stands() == (2, 10, 0)


def test_changed_while_it_was_entered_it_is_what_the_ledger_says(owe, prepare, monkeypatch):
    owe(12)
    delivery = prepare()
    with monkeypatch.context() as dying:
        dying.setattr(entering, "_take", kill)
        with pytest.raises(Killed):
            deliveries.send(delivery, NOBODY, TODAY)
    Line.objects.filter(delivery=delivery).update(minor=1)
    delivery = deliveries.send(delivery, NOBODY, TODAY)
    assert (delivery.state, stands()) == ("sent", (2, 10, 0))
    assert delivery.lines.get().minor == 10


@pytest.mark.parametrize("where", ["_append", "refresh"])
def test_a_confirmation_killed_half_way_is_entered_once(sent, monkeypatch, where):
    with monkeypatch.context() as dying:
        dying.setattr(entering, where, kill)
        with pytest.raises(Killed):
            deliveries.answer(sent, 1, "all", "Maren", "", {}, TODAY)
    entering.catch_up_all()
    entering.catch_up_all()
    sent.refresh_from_db()
    assert (sent.state, stands()) == ("confirmed", (2, 0, 10))


@pytest.mark.parametrize("where", ["_append", "refresh"])
def test_a_reversal_killed_half_way_is_entered_once(sent, monkeypatch, where):
    deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    with monkeypatch.context() as dying:
        dying.setattr(entering, where, kill)
        with pytest.raises(Killed):
            deliveries.reverse(sent, 1, {BOWLS: 8}, "Wrong", NOBODY, TODAY)
    entering.catch_up_all()
    entering.catch_up_all()
    sent.refresh_from_db()
    assert stands() == (10, 0, 2)


def test_a_discarded_delivery_leaves_nothing(owe, prepare):
    owe(12)
    deliveries.discard(prepare())
    assert not Delivery.objects.exists()
    assert stands() == (12, 0, 0)


def test_a_sent_delivery_is_not_discarded(sent):
    with pytest.raises(SettlementError, match="sent already"):
        deliveries.discard(sent)


def test_in_public_stands_that_there_is_a_dispute_and_not_what_it_says(sent):
    (fact,) = facts.of_campaign("may-bowls")
    assert (fact.entry, fact.what, fact.state) == (sent.entry, "10 meals", "Sent")
    deliveries.answer(sent, 1, "wrong", "Maren", "Two boxes were wet.", {}, TODAY)
    (fact,) = facts.of_campaign("may-bowls")
    assert fact.disputed
    assert "wet" not in repr(fact)
    assert facts.of_campaign("another") == []
