"""Loads the whole demonstration; safe to run again and after an interruption."""

from collections.abc import Callable
from datetime import UTC, datetime

from almoner.giving.book import open_ledger
from almoner.giving.demo import load_causes
from almoner.intake.keys import create_key, list_keys
from almoner.stories.demo import create_log_ins, load_sample_stories

# Known to everybody, like the log-ins: a demonstration listens on loopback only.
API_KEY = "alm_demo_key_for_trying_things_out"


def load(say: Callable[[str], None]) -> None:
    """Causes, campaigns, stories, log-ins and an API key."""
    load_causes(say)
    load_sample_stories(say)
    create_log_ins()
    with open_ledger() as ledger:
        if not any(key.name == "demo" for key in list_keys(ledger.db)):
            create_key(ledger.db, "demo", ("events:write", "read"), datetime.now(UTC), API_KEY)
