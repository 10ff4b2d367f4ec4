"""Runs the front door: one process, one port, until it is told to stop.

Granian runs inside this process, so that there is nothing to be left behind: a kill takes
the whole server, a restart finds the port free. The worker is a child that ends when this
process does, and holds no port (`almoner.jobs.beside`).
"""

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import Callable

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from almoner.config import ConfigError, Settings
from almoner.intake import tables
from almoner.jobs import beside
from almoner.ledger import schema
from almoner.ledger.database import DatabaseError
from almoner.reading import schema as reading
from almoner.web.asgi import make_application
from almoner.web.install import is_behind
from almoner.web.state import open_database

BACKLOG = 4_096
# Each open page holds one stream; refusing the ten-thousandth would be a dead counter.
MAX_REQUESTS = 65_536


def run(settings: Settings, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted."""
    address = check_port(settings)
    _check_database(settings)
    _allow_files()
    uvloop.run(_serve(settings, address, on_ready))


async def _serve(settings: Settings, address: str, on_ready: Callable[[], None]) -> None:
    application = make_application()
    application.open()  # before there is a server: what fails here stops the start
    # What Django and Wagtail made so far stays; no collection need go through it again.
    gc.collect()
    gc.freeze()
    server = Server(
        application,
        address=address,
        port=settings.port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=MAX_REQUESTS,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, application, server)
    beginning = asyncio.create_task(_begin(settings, on_ready))
    await server.serve()
    beginning.cancel()
    await asyncio.gather(beginning, return_exceptions=True)


def _stop(application: object, server: Server) -> None:
    state = getattr(application, "state", None)
    if state is not None:
        state.hang_up()
    server.stop()


async def _begin(settings: Settings, on_ready: Callable[[], None]) -> None:
    """Say when the port answers, then keep a worker beside the server."""
    await _announce(settings, on_ready)
    if settings.worker:
        await beside.keep()


async def _announce(settings: Settings, on_ready: Callable[[], None]) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(settings.host, settings.port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            on_ready()
            return


def _allow_files() -> None:
    """Take as many open files as a process may have: systemd and shells start with 1,024.

    Each open page is one; without room for more no webhook would be let in either.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MAX_REQUESTS
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _check_database(settings: Settings) -> None:
    """Say what is wrong before the start: inside the server it could only hang."""
    db = open_database(settings)
    try:
        schema.check(db)
        tables.check(db)
        reading.check(db)
    finally:
        db.close()
    if is_behind():
        raise DatabaseError("The database is of an older version: run `almoner init`.")


def check_port(settings: Settings) -> str:
    """The numeric address of the host, once it is known that its port is free."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            return probe.getsockname()[0]
        except OSError as error:
            raise ConfigError(
                f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}): stop what "
                f"is using it, or choose another port with --port or ALMONER_PORT."
            ) from None
