"""Makes the home of this process's environment into a site with causes and campaigns.

Reads campaign versions as JSON from standard input and prints a new API key; without any
it loads the demonstration. Run by `bench.site` in a process of its own, because Django takes
its settings once.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import django
import msgspec
from django.core.management import call_command

from almoner import config
from almoner.campaigns.model import CampaignVersion
from almoner.intake import tables
from almoner.intake.keys import create_key
from almoner.ledger import connect, publish, schema
from almoner.publication import keys
from almoner.reading import schema as reading
from almoner.web import install

KEY_NAME = "bench"


def stage(campaigns: list[CampaignVersion]) -> str:
    """Set the database up, publish `campaigns`, and return an API key."""
    settings = config.load()
    if not campaigns:
        return _demonstration(settings.home)
    install.write_settings(settings.home, demo=False)
    settings = config.load()  # with the passphrase that was just made
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from almoner.giving.openings import establish

    db = connect(settings.sqlite_path or settings.database)
    schema.create(db)
    tables.create(db)
    reading.create(db)
    now = datetime.now(UTC)
    for version in campaigns:
        kind = "money" if version.unit.isupper() else "count"
        label = version.cause.replace("-", " ").title()
        establish(version.cause, label=label, unit=version.unit, kind=kind, icon="almoner")
        publish(db, version, now)
    if not keys.path(settings).exists():
        keys.create(settings)
    token = create_key(db, KEY_NAME, ["events:write", "read"], now)
    db.close()
    return token


def _demonstration(home: Path) -> str:
    install.write_settings(home, demo=True)
    install.install(_quiet)
    from almoner.web.demo import API_KEY, load

    load(_quiet)
    return API_KEY


def _quiet(what: str) -> None:
    """Progress that nobody watches."""


if __name__ == "__main__":
    print(stage(msgspec.json.decode(sys.stdin.buffer.read(), type=list[CampaignVersion])))
