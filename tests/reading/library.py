"""A real server with a published story, behind a proxy that says where each reader is."""

import json
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec

from almoner.campaigns.model import Action
from almoner.ledger import connect, publish
from almoner.ledger.database import Database
from almoner.ledger.event import decode_occasion
from almoner.reading import spent, tables, token, visitors
from tests.ledger.examples import campaign
from tests.server import Server

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
WORDS = 350  # half a minute, and 71 % of the text
DWELL, DEPTH = 30_000, 71
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

# Three stories: one that anybody may be seen to read, a note of ten seconds, and a sensitive one.
_WRITE = """
from almoner.giving.models import Cause
from almoner.stories.models import StoryIndexPage, StoryPage
Cause.objects.create(label="Meals Donated", slug="meals", unit="meal")
index = StoryIndexPage.objects.get()
STORIES = (("bread", {words}, False), ("note", 110, False), ("a-door", 9, True))
for slug, words, sensitive in STORIES:
    body = [("paragraph", "<p>" + "word " * (words - 1) + "</p>")]
    story = StoryPage(
        title=slug, slug=slug, body=body, standfirst="Bread",
        sensitive=sensitive, neutral_title=slug,
    )
    index.add_child(instance=story)
    story.save_revision().publish()
    print(story.pk)
"""


class Library:
    """A server, its stories, and readers at addresses of their own."""

    def __init__(self, server: Server, database: str | Path) -> None:
        self.server = server
        self.database = database
        written = server.run("manage", "shell", "-c", _WRITE.format(words=WORDS))
        self.story, self.note, self.sensitive = map(int, written.split()[-3:])
        with self.ledger() as db:
            publish(db, campaign("pages", trigger="read", rate="1/3", cause="meals"), LONG_AGO)
            publish(db, campaign("doors", trigger="visit", rate="1/2"), LONG_AGO)
            self.key = tables.key(db)
        server.environment["ALMONER_TRUSTED_PROXIES"] = "127.0.0.1"
        server.start()
        self.http = httpx.Client(base_url=server.url, timeout=60)
        self._readers = count(1)

    def ledger(self) -> Any:
        """The server's database, to be closed."""
        return closing(connect(self.database))

    def address(self) -> str:
        """Where no other reader is."""
        number = next(self._readers)
        return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"

    def headers(self, address: str = "", **others: str) -> dict[str, str]:
        """What a page of the site sends."""
        return {
            "Origin": self.server.url,
            "User-Agent": FIREFOX,
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": address or self.address(),
            **{name.replace("_", "-"): value for name, value in others.items()},
        }

    def post(self, path: str, content: Any, address: str = "", **headers: str) -> httpx.Response:
        """Send JSON as a page does."""
        return self.http.post(path, json=content, headers=self.headers(address, **headers))

    def begin(self, address: str, story: int | None = None) -> str:
        """The token of a read that began just now."""
        answer = self.post("/reads/begin", {"story": story or self.story}, address)
        return answer.json()["token"]

    def begun(self, address: str, seconds: float = 60.0) -> str:
        """The token of a read that began a while ago: signed again, and nobody has to wait."""
        return self.back_dated(self.begin(address), seconds)

    def back_dated(self, text: str, seconds: float) -> str:
        """The same token, as if the server had given it so much earlier."""
        made = token.unseal(self.key, text)
        assert made is not None
        earlier = made.begun_ms - int(seconds * 1000)
        return token.seal(self.key, msgspec.structs.replace(made, begun_ms=earlier))

    def begun_by(self, readers: int) -> list[tuple[str, str]]:
        """Tokens and addresses of so many new readers, without asking the server for each."""
        self.begin(self.address())  # the day's first begin makes its salt
        now = time.time_ns() // 1_000_000
        with self.ledger() as db:
            (salt,) = visitors.salts(db).values()
            first = spent.reserve(db, now) << spent.BLOCK_BITS
        made: list[tuple[str, str]] = []
        for serial in range(first, first + readers):
            address = self.address()
            tag = visitors.tag_of(salt, address, FIREFOX, self.story)
            text = token.seal(self.key, token.Token(self.story, serial, now - 60_000, tag))
            made.append((text, address))
        return made

    def finish(self, text: str, address: str, **said: Any) -> Any:
        """What a read that was long and deep enough is told, unless `said` is otherwise."""
        body = {"token": text, "dwell_ms": DWELL, "depth": DEPTH, **said}
        answer = self.post("/reads/finish", body, address)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, **said: Any) -> Any:
        """A whole read, by a new reader."""
        address = self.address()
        return self.finish(self.begun(address), address, **said)

    def counted(self) -> Counter[str]:
        """How many reads and visits are in the ledger."""
        with self.ledger() as db:
            return quantities(db)


def quantities(db: Database) -> Counter[str]:
    """How often each kind of action happened, by the ledger's events."""
    found: Counter[str] = Counter()
    for (body,) in db.rows("SELECT body FROM ledger_event WHERE kind = 'action'"):
        action = decode_occasion("action", body)
        assert isinstance(action, Action)
        found[action.kind] += action.quantity
    return found


def code_of(answer: Any) -> str:
    """The code of a refusal, or "counted"."""
    return "counted" if answer["counted"] else answer["code"]


def dumped(db: Database) -> str:
    """Every row of every table that reading and the ledger write, as text."""
    names = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        if db.postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    tables = [name for (name,) in db.rows(names) if name.startswith(("reading_", "ledger_"))]
    return json.dumps([[repr(row) for row in db.rows(f"SELECT * FROM {name}")] for name in tables])
