"""What tests of every room share: homes, databases, servers, a browser.

A test that asks for `database_url` runs on SQLite and on PostgreSQL. Django is set up over
a home that is made for this run and deleted after it.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TYPE_CHECKING

import django
import hypothesis
import psycopg
import pytest

from tests.server import Server, rest
from tests.services import PostgreSQL, dump, load

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

for _name in [name for name in os.environ if name.startswith("ALMONER_")]:
    del os.environ[_name]  # a developer's own settings are no part of a test
_HOME = tempfile.mkdtemp(prefix="almoner-tests-")
os.environ["ALMONER_HOME"] = _HOME
os.environ["DJANGO_SETTINGS_MODULE"] = "almoner.web.settings"
django.setup()  # now, because a room's own conftest imports its models

# Playwright's own loop runs while a browser is open, and Django takes it for an async view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# The same examples on every run, so that a red build is red again; a search for new ones is
# `HYPOTHESIS_PROFILE=search make test`.
hypothesis.settings.register_profile("repeat", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Root needs no-sandbox; the rest keeps Chromium from asking the outside world anything.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_xdist_setupnodes() -> None:
    """Leave every process to make a home of its own: they begin with this one's environment."""
    for name in ("ALMONER_HOME", "DJANGO_SETTINGS_MODULE"):
        del os.environ[name]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Keep a file's tests in one process, and all that share Django's database in one.

    Those that write for good come last there (pytest-django sees to it), because the tables
    are emptied after each of them. What takes long begins first, lest one process be left alone
    with it at the end.
    """
    long = {"django"}
    for item in items:
        named = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
        shared = named or item.get_closest_marker("django_db")
        group = "django" if shared else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))  # for pytest-xdist, below
        if item.get_closest_marker("slow"):
            long.add(group)
    yield
    items.sort(key=lambda item: next(item.iter_markers("xdist_group")).args[0] not in long)


def pytest_sessionfinish() -> None:
    """Delete the run's home."""
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty ALMONER_HOME."""
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server of this run's own."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def postgres_url(postgresql: PostgreSQL) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own."""
    url = postgresql.database()
    yield url
    with psycopg.connect(postgresql.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, home: Path) -> str:
    """An empty database: the path of a SQLite file, then a PostgreSQL's URL."""
    if request.param == "sqlite":
        return str(home / "almoner.db")
    return request.getfixturevalue("postgres_url")


@pytest.fixture(scope="session")
def _once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Callable[[Path], object]], Path]:
    """Makes a home under a name, or waits while another of the run's processes makes it."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def _made(name: str, make: Callable[[Path], object]) -> Path:
        home, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            if not done.exists():
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir()
                make(home)
                done.touch()
        return home

    return _made


@pytest.fixture(scope="session")
def _installed(_once: Callable[..., Path]) -> Path:
    """A home that `almoner init` set up, to be copied: setting up takes half a minute."""
    return _once("installed", lambda home: Server(home).run("init"))


@pytest.fixture(scope="session")
def _installed_postgresql(
    _once: Callable[..., Path], _installed: Path, postgresql: PostgreSQL
) -> Path:
    """A dump of a PostgreSQL database that `almoner init` set up, to be loaded elsewhere."""

    def _init(home: Path) -> None:
        shutil.copytree(_installed, home, dirs_exist_ok=True)
        url = postgresql.database()
        Server(home, url).run("init")
        dump(url, home / "dump.sql")

    return _once("installed-postgresql", _init) / "dump.sql"


@pytest.fixture(scope="session")
def _demonstrated(_once: Callable[..., Path]) -> Path:
    """A home with the demonstration in it, to be copied: its pictures are cut once for all."""

    def _demonstrate(home: Path) -> None:
        server = Server(home, command="demo").start()
        rest(home / "almoner.db")
        server.stop()

    return _once("demonstrated", _demonstrate)


@pytest.fixture(scope="session")
def install(_installed: Path, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Makes a home, and the empty database at a PostgreSQL's URL, what `almoner init` would."""

    def _install(home: Path, database: str = "sqlite") -> None:
        shutil.copytree(_installed, home, dirs_exist_ok=True)
        if database != "sqlite":
            load(database, request.getfixturevalue("_installed_postgresql"))

    return _install


@pytest.fixture
def serve(home: Path, install: Callable[..., None]) -> Iterator[Callable[..., Server]]:
    """Starts a server over the test's home and `sqlite`, or a PostgreSQL's URL."""
    started: list[Server] = []

    def _serve(database: str = "sqlite") -> Server:
        install(home, database)
        started.append(Server(home, database))
        return started[-1].start()

    yield _serve
    for server in started:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """A server over an empty installation on SQLite."""
    return serve()


@pytest.fixture
def demo(home: Path, _demonstrated: Path) -> Iterator[Server]:
    """A server over a demonstration of the test's own."""
    shutil.copytree(_demonstrated, home, dirs_exist_ok=True)
    server = Server(home).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The machine's own Chromium. Closed after each module: while Playwright is there its
    event loop runs, and a test elsewhere that starts one of its own would fail."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "Chromium is not installed: run scripts/services chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A new window that has been nowhere and knows nothing."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, _demonstrated: Path) -> Iterator[Server]:
    """One demonstration for all tests that only add to it: starting one takes seconds."""
    home = tmp_path_factory.mktemp("site")
    shutil.copytree(_demonstrated, home, dirs_exist_ok=True)
    server = Server(home).start()
    yield server
    server.stop()
