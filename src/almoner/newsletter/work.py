"""What comes round: single letters, the week's editions, forgetting what was never confirmed."""

from datetime import UTC, datetime

from almoner.jobs.work import every
from almoner.newsletter import sending, signing_up

MINUTE = 60
HOUR = 3_600

every(2)(sending.send_letters)


@every(MINUTE)
def send_weekly() -> None:
    """Start the week's editions, when their hour has come."""
    sending.send_weekly(datetime.now(UTC))


@every(HOUR)
def tidy() -> None:
    """Delete addresses that were never confirmed."""
    signing_up.tidy(datetime.now(UTC))
