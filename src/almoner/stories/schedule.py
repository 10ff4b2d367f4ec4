"""Publishes what is due and takes down what has expired.

Wagtail keeps the times and needs something to come by and look; the server does, from a
thread, every half minute. Limit: a story comes out up to that much later than its minute.
"""

from django.core.management import call_command
from django.db import connection

from almoner.stories.shelving import shelve_strays


def publish_due() -> None:
    """Publish and expire every page whose time has come. Safe to call at any time."""
    try:
        call_command("publish_scheduled")
        shelve_strays()
    finally:
        # The thread may be idle for long, and another one next time. In the middle of a
        # caller's transaction the connection is the caller's.
        if not connection.in_atomic_block:
            connection.close()
