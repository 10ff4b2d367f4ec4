"""A statement says exactly what happened, and is drawn the same again."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from almoner.giving.models import Campaign
from almoner.ledger import Ledger
from almoner.statements import document, drawing, pdf, rows
from almoner.statements.figures import Stages
from almoner.statements.models import Contract
from almoner.statements.period import period
from almoner.statements.tree import StatementError, Tree
from tests.statements.conftest import INVOICE

JUNE = datetime(2026, 6, 2, tzinfo=UTC)
MAY = period("2026-05")


def test_a_month_says_what_was_promised_delivered_and_confirmed(
    may: Campaign, tree: Callable[[], Tree]
) -> None:
    (promise,) = drawing.draw("campaign", "may-bowls", MAY, tree(), JUNE).promises
    assert promise.opening == Stages(owed=3)  # 11 items give three and two thirds
    assert promise.closing == Stages(owed=4, delivered=1, confirmed=3)
    moved = {each.kind: each.change for each in promise.movements}
    assert moved["delivery"] == Stages(owed=-4, delivered=4)
    assert moved["confirmation"] == Stages(delivered=-3, confirmed=3)
    assert moved["pledge"] == Stages(owed=5)
    assert promise.rounding.carried_before == "2/3"
    assert promise.rounding.total_after == "25/3"
    assert promise.rounding.carried_after == "1/3"
    assert (promise.receipts[0].gross, promise.receipts[0].returned) == (16000, 2000)


def test_a_statement_of_a_past_period_is_the_same_bytes_whatever_happened_since(
    may: Campaign, contract: Contract, tree: Callable[[], Tree], sell: Callable[..., None]
) -> None:
    def forms() -> list[bytes]:
        drawn = drawing.draw("campaign", "may-bowls", MAY, tree(), JUNE)
        return [
            document.encode(drawn),
            pdf.as_pdf(drawn),
            rows.as_csv(drawn),
            rows.as_xlsx(drawn),
        ]

    first = forms()
    sell("o-9", 3, datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC))
    assert forms() == first


def test_evidence_is_named_by_what_it_is(may: Campaign, tree: Callable[[], Tree]) -> None:
    drawn = drawing.draw("campaign", "may-bowls", MAY, tree(), JUNE, named={INVOICE: "Invoice 7"})
    assert [(each.what, each.sha256) for each in drawn.evidence] == [("Invoice 7", INVOICE)]


@pytest.mark.parametrize(("scope", "slug"), [("charity", "harbor-table"), ("sponsor", "nobody")])
def test_a_statement_is_of_something_there_is(
    may: Campaign, tree: Callable[[], Tree], scope: str, slug: str
) -> None:
    if slug == "nobody":
        with pytest.raises(StatementError, match="no sponsor named 'nobody'"):
            drawing.draw(scope, slug, MAY, tree(), JUNE)
    else:
        assert drawing.draw(scope, slug, MAY, tree(), JUNE).promises


def test_a_log_that_lags_behind_is_waited_for(
    may: Campaign, tree: Callable[[], Tree], sell: Callable[..., None]
) -> None:
    published = tree()
    sell("o-9", 3, datetime(2026, 5, 30, tzinfo=UTC))
    with pytest.raises(StatementError, match="covers 6 entries and this statement needs 7"):
        drawing.draw("campaign", "may-bowls", MAY, published, JUNE)


def test_the_root_is_that_of_the_tree_as_it_was_then(
    ledger: Ledger, may: Campaign, tree: Callable[[], Tree]
) -> None:
    from almoner.log import merkle

    drawn = drawing.draw("campaign", "may-bowls", period("2026-04"), tree(), JUNE)
    bodies = [bytes(row[0]) for row in ledger.db.rows("SELECT body FROM ledger_entry ORDER BY idx")]
    frontier = merkle.extend(0, b"", merkle.leaf_hashes(bodies[:1]))
    assert (drawn.log.first, drawn.log.end) == (0, 1)
    assert drawn.log.root == merkle.root(*frontier).hex()
