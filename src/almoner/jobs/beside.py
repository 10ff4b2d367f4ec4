"""The worker as a child of the server: started after it, again when it dies, gone with it.

The child's standard input is a pipe that nobody writes to. Its end tells the child that the
server is gone, also after a kill −9, which no signal would tell it. The child is nicer than
the server: readers come first.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from threading import Thread, Timer

STOP_SECONDS = 10  # for the present step; what is cut off is done again
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # between a death and the next start
LIVED = 60.0  # seconds after which a death counts as a first one
NICENESS = 5

logger = logging.getLogger(__name__)


async def keep() -> None:
    """Keep a worker running until this is cancelled; then stop it."""
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        try:
            ended = f"ended ({await _accompany()})"
        except OSError as error:
            ended = f"cannot be started ({error.strerror})"
        if time.monotonic() - started > LIVED:
            pause = FIRST_PAUSE
        logger.warning("The worker %s; the next start is in %g s", ended, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _accompany() -> int:
    """Start a child and wait for its end; its exit code."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "almoner.jobs.beside", stdin=asyncio.subprocess.PIPE
    )
    try:
        return await child.wait()
    finally:
        await _stop(child)


async def _stop(child: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), STOP_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()


def run() -> None:
    """Work until a signal."""
    from almoner.jobs.worker import Worker

    worker = Worker()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


def _follow() -> None:
    """End with the server."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    alarm = Timer(STOP_SECONDS, os._exit, (1,))
    alarm.daemon = True
    alarm.start()


def main() -> None:
    """The child."""
    Thread(target=_follow, daemon=True).start()
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which tells us
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almoner.web.settings")
    django.setup()
    run()


if __name__ == "__main__":
    main()
