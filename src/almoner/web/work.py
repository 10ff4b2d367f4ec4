"""What comes round: rendering pages anew where time alone changes what they say.

A page is kept until the ledger or the site changes. A campaign that begins or ends, and a day
that begins (promises are a day older), change neither. Limit: such a page is up to `SECONDS`
late.
"""

from datetime import UTC, datetime

from almoner.giving.book import open_ledger
from almoner.jobs.work import every
from almoner.ledger.publish import read_campaigns
from almoner.settlement.owed import today
from almoner.web import site_version

SECONDS = 15

_looked: datetime | None = None


def turned(since: datetime, now: datetime) -> bool:
    """Whether a day, a campaign's first moment or its end lies after `since` and up to `now`."""
    if today(since) != today(now):
        return True
    with open_ledger() as ledger:
        published = read_campaigns(ledger.db)
    moments = [(every[-1].starts_at, every[-1].ends_at) for every in published.values()]
    return any(at is not None and since < at <= now for pair in moments for at in pair)


@every(SECONDS)
def turn() -> None:
    """Have pages rendered anew if anything turned since the last look; at the first in any case."""
    global _looked
    now = datetime.now(UTC)
    if _looked is None or turned(_looked, now):
        site_version.bump()
    _looked = now
