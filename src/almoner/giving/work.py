"""What the ledger does as time goes by: holds mature, and minimums are topped up."""

from datetime import UTC, datetime

from almoner.giving.book import open_ledger
from almoner.jobs.work import every
from almoner.ledger import mature, top_up


@every(5)
def keep_up() -> None:
    """Do what is due; most of the time that is nothing."""
    with open_ledger() as ledger:
        now = datetime.now(UTC)
        mature(ledger, now)
        top_up(ledger, now)
