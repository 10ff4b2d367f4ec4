"""Transfers a second of django-hordak, in a process of its own: Django takes its settings once.

`python -m bench.hordak_transfers postgresql://… SECONDS` prints the rate. Each transfer is one
`Account.transfer_to`, a committed database transaction, as hordak's documentation has it.
"""

import random
import sys
import time
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command

ACCOUNTS = 100


def measure(seconds: float) -> float:
    """Transfer between random accounts for so long."""
    from hordak.models import Account
    from moneyed import Money

    if not Account.objects.exists():
        for number in range(ACCOUNTS):
            Account.objects.create(
                name=f"{number}", code=f"{number:03}", type="AS", currencies=["USD"]
            )
    accounts = list(Account.objects.all())
    chance = random.Random(1)
    count, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        one, other = chance.sample(accounts, 2)
        one.transfer_to(other, Money(5, "USD"))
        count += 1
    return count / elapsed


if __name__ == "__main__":
    where = urlsplit(sys.argv[1])
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": where.path[1:],
                "USER": where.username,
                "HOST": where.hostname,
                "PORT": where.port,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        CURRENCIES=["USD"],
        DEFAULT_CURRENCY="USD",
    )
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    print(measure(float(sys.argv[2])))
