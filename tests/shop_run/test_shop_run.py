"""A real shop and a real server come to the same figures, whatever happens on the way.

The shop is django-oscar with its own database and processes. It sells and takes back; its
connector tells Almoner out of turn and partly twice, and the server is killed meanwhile. What
was promised is delivered in part, more comes back, more is sold. At both ends the shop works
out from its own tables what it owes (shop/books.py), and every figure is the same.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from almoner.ledger import (
    Database,
    Event,
    Ledger,
    Posting,
    Transfer,
    connect,
    mature,
    publish,
    reads,
)
from almoner.ledger.event import EventKind
from almoner.log.checkpoint import parse
from almoner.log.note import split
from almoner.units import Amount, Unit
from tests.server import Server
from tests.shop_run.process import Process
from tests.shop_run.promises import CAUSES, FUND, HOLD_DAYS, LONG_AGO, PROMISES

pytestmark = pytest.mark.slow

ORDERS, LAST_ORDERS = 170, 30
REFUNDS, LATE_REFUNDS = 30, 10
BY_CHECKOUT, LAST_BY_CHECKOUT = 17, 3
# How many events are in the ledger when the server is killed.
KILLED_AT = 40
# What of what is owed is handed over, by campaign; of all others, two thirds.
HANDED_OVER = {"an-order": (1, 1), "first-blankets": (1, 3)}

Figures = dict[tuple[str, str], tuple[int, int]]


@dataclass
class Life:
    """What became of the shop's year, as the tests look at it."""

    server: Server
    unheard_at_kill: int = 0
    answers: list[str] = field(default_factory=list[str])
    handed: dict[str, int] = field(default_factory=dict[str, int])
    books: dict[str, Figures] = field(default_factory=dict[str, Figures])
    ledger: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    counters: dict[str, Any] = field(default_factory=dict[str, Any])
    verified: str = ""

    def database(self) -> Any:
        """The server's database, to be closed."""
        return closing(connect(self.server.home / "almoner.db"))

    def look(self, moment: str, till: Process, ripe_until: datetime) -> None:
        """Keep both sides' figures."""
        rows = till.ask("figures", ripe_until.isoformat())
        self.books[moment] = {
            (campaign, charity): (all_, ripe) for campaign, charity, all_, ripe in rows
        }
        with self.database() as db:
            self.ledger[moment] = {each.account: each.minor for each in reads.balances(db)}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, _installed: Path) -> Iterator[Life]:
    """The whole run."""
    home, shop = tmp_path_factory.mktemp("almoner"), tmp_path_factory.mktemp("shop")
    shutil.copytree(_installed, home, dirs_exist_ok=True)
    server, processes = Server(home), list[Process]()
    try:
        key = server.run("key", "new", "shop", "--scope", "events:write").split()
        till = Process("till", shop)
        processes.append(till)
        till.say("open")
        lived = Life(server)
        with lived.database() as db:
            promise(db)
        server.start()
        till.hear()
        token = next(word for word in key if word.startswith("alm_"))
        courier = Process("courier", shop, server.url, token)
        processes.append(courier)
        live(lived, till, courier)
        yield lived
    finally:
        for process in processes:
            process.stop()
        server.stop()


def promise(db: Database) -> None:
    """Set up what is counted, publish the campaigns, and put up the sponsor's fund."""
    db.insert(
        "giving_cause",
        "slug, label, unit, kind, scale, icon, position, shown",
        [(slug, slug, unit, kind, scale, "bowl", 1, True) for slug, unit, kind, scale in CAUSES],
    )
    for version in PROMISES:
        publish(db, version, LONG_AGO)
    enter(db, "deposit", "external", FUND, Amount(Unit("meal", "count", 0), 10_000))


def live(life: Life, till: Process, courier: Process) -> None:
    """Sell, be killed, deliver, take back, sell on."""
    till.say("trade", 1, ORDERS, REFUNDS, BY_CHECKOUT)
    with life.database() as db:
        while reads.head(db).events < KILLED_AT:
            time.sleep(0.01)
        life.server.kill()
        life.unheard_at_kill = ORDERS + REFUNDS - reads.head(db).events
    life.server.start()
    till.hear()
    courier.ask("deliver")
    told = datetime.now(UTC)
    with life.database() as db:
        mature(Ledger(db), told + timedelta(days=HOLD_DAYS))
    life.look("before delivery", till, told)
    with life.database() as db:
        hand_over(life, db)
    till.ask("returns", 2, LATE_REFUNDS)
    courier.ask("deliver")
    till.ask("trade", 3, LAST_ORDERS, 0, LAST_BY_CHECKOUT)
    life.answers = courier.ask("deliver")
    life.look("at the end", till, told)
    life.counters = published(life)
    life.verified = life.server.run(
        "verify", life.server.url, "--state", str(life.server.home / "seen.json")
    )


def hand_over(life: Life, db: Database) -> None:
    """Deliver part of what is owed to each charity; it confirms every other unit of it."""
    for version in PROMISES:
        unit = Unit(version.unit, "money" if version.scale else "count", version.scale)
        for part in version.parts:
            owed, delivered, confirmed = (
                f"charity/{part.charity}/{stage}/{version.cause}/{version.campaign}"
                for stage in ("owed", "delivered", "confirmed")
            )
            share, whole = HANDED_OVER.get(version.campaign, (2, 3))
            given = reads.balance(db, owed, version.unit) * share // whole
            enter(db, "delivery", owed, delivered, Amount(unit, given))
            enter(db, "confirmation", delivered, confirmed, Amount(unit, given // 2))
            life.handed[delivered], life.handed[confirmed] = given - given // 2, given // 2


def enter(db: Database, kind: EventKind, debit: str, credit: str, amount: Amount) -> None:
    """Enter one transfer, with a document where it has one."""
    paper = (sha256(credit.encode()).hexdigest(),) if kind == "delivery" else ()
    transfer = Transfer((Posting(debit, credit, amount),), evidence=paper)
    now = datetime.now(UTC)
    (outcome,) = Ledger(db).append([Event("admin", f"{kind}/{credit}", kind, now, transfer)], now)
    assert outcome.status == "recorded", outcome.detail


def published(life: Life) -> dict[str, Any]:
    """The public counters, once the log is published to its end."""
    with life.database() as db:
        size = reads.head(db).size
    with httpx.Client(base_url=life.server.url, timeout=60) as http:
        until = time.monotonic() + 60
        while parse(split(http.get("/log/checkpoint").text)[0]).size < size:
            assert time.monotonic() < until, "the log is not published to its end"
            time.sleep(0.05)
        found = http.get("/api/v1/counters").json()
    return {each["cause"]: each for each in found["counters"]}


def test_every_order_and_refund_was_heard_once(life: Life) -> None:
    with life.database() as db:
        heard = dict(
            db.rows(
                "SELECT kind, COUNT(*) FROM ledger_event WHERE source = 'api:shop' GROUP BY kind"
            )
        )
        early = db.row("SELECT COUNT(*) FROM ledger_event WHERE outcome = 'waiting for its order'")

    assert heard == {"order": ORDERS + LAST_ORDERS, "refund": REFUNDS + LATE_REFUNDS}
    assert early is not None
    assert early[0] > 0, "no refund came before its order"
    assert life.unheard_at_kill > 0, "the server was killed when all was told"
    assert not [answer for answer in life.answers if answer.startswith(("refused", "conflict"))]


@pytest.mark.parametrize("moment", ["before delivery", "at the end"])
def test_every_figure_is_what_the_shops_own_books_say(life: Life, moment: str) -> None:
    accounts = dict(life.ledger[moment])
    handed = life.handed if moment == "at the end" else {}

    for version in PROMISES:
        for part in version.parts:
            promised, ripe = life.books[moment][version.campaign, part.charity]
            at = f"{version.cause}/{version.campaign}"
            held = accounts.pop(
                f"campaign/{version.campaign}/held/{version.cause}/{part.charity}", 0
            )
            owed, delivered, confirmed = (
                accounts.pop(f"charity/{part.charity}/{stage}/{at}", 0)
                for stage in ("owed", "delivered", "confirmed")
            )
            assert held == promised - ripe, f"{at} holds for {part.charity}"
            assert delivered == handed.get(f"charity/{part.charity}/delivered/{at}", 0)
            assert confirmed == handed.get(f"charity/{part.charity}/confirmed/{at}", 0)
            assert owed == ripe - delivered - confirmed, f"{at} owes {part.charity}"
            assert promised > 0, f"{at} promised nothing: the run shows nothing of it"
    fund = 10_000 - life.books[moment]["mug-match", "harbor-table"][0]
    assert accounts.pop(FUND) == fund
    assert {path for path, minor in accounts.items() if minor} == {"external"}


def test_each_promise_was_tried_at_its_edge(life: Life) -> None:
    with life.database() as db:
        entries = b"\n".join(row[0] for row in db.rows("SELECT body FROM ledger_entry"))

    assert b'"limited":"cap"' in entries
    assert b'"limited":"delivered"' in entries
    assert b'"kind":"maturity"' in entries
    promised, ripe = life.books["at the end"]["waits", "quiet-house"]
    assert 0 < ripe < promised


def test_readers_are_shown_the_same(life: Life) -> None:
    shown: dict[str, int] = {}
    for version in PROMISES:
        for part in version.parts:
            promised, _ = life.books["at the end"][version.campaign, part.charity]
            shown[version.cause] = shown.get(version.cause, 0) + promised

    for slug, _, _, scale in CAUSES:
        value = life.counters[slug]["shown"]["value"]
        assert int(value.replace(".", "")) == shown[slug], f"{slug} shows {value} at scale {scale}"


def test_the_published_log_verifies(life: Life) -> None:
    assert "Every number holds." in life.verified
