"""A real shop and a real server come to the same figures, whatever happens on the way.

The shop is django-oscar with its own database and processes. It sells and takes back; its
connector tells Almoner out of turn and partly twice, and the server is killed meanwhile. What is
owed is delivered and confirmed in part, more comes back, more is sold. Before the delivery and at
the end the shop works out from its own tables what it owes (shop/books.py): every balance and every
figure of the final accountings is the same, to the last unit.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any

import httpx
import pytest

from almoner.ledger import connect, reads
from almoner.log.checkpoint import parse
from almoner.log.note import split
from tests.server import START_SECONDS, Server
from tests.shop_run.office import paper_of
from tests.shop_run.process import Process
from tests.shop_run.promises import CAUSES, FUND, IN_FUND, PROMISES, SPONSOR, shares

pytestmark = pytest.mark.slow

ORDERS, LAST_ORDERS = 170, 30
REFUNDS, LATE_REFUNDS = 30, 10
BY_CHECKOUT, LAST_BY_CHECKOUT = 17, 3
# How many events are in the ledger when the server is killed.
KILLED_AT = 40

# What the shop's books say, by campaign and charity.
Figures = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Life:
    """What became of the shop's year, as the tests look at it."""

    server: Server
    unheard_at_kill: int = 0
    answers: list[str] = field(default_factory=list[str])
    handed: dict[str, int] = field(default_factory=dict[str, int])
    books: dict[str, Figures] = field(default_factory=dict[str, Figures])
    ledger: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    statements: dict[str, Any] = field(default_factory=dict[str, Any])
    counters: dict[str, Any] = field(default_factory=dict[str, Any])
    verified: str = ""

    def database(self) -> Any:
        """The server's database, to be closed."""
        return closing(connect(self.server.home / "almoner.db"))

    def look(self, moment: str, till: Process, ripe_until: datetime) -> None:
        """Keep both sides' figures."""
        rows = till.ask("figures", ripe_until.isoformat())
        self.books[moment] = {(row["campaign"], row["charity"]): row for row in rows}
        with self.database() as db:
            self.ledger[moment] = {each.account: each.minor for each in reads.balances(db)}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, install: Callable[..., None]) -> Iterator[Life]:
    """The whole run."""
    home, shop = tmp_path_factory.mktemp("almoner"), tmp_path_factory.mktemp("shop")
    install(home)
    server, processes = Server(home), list[Process]()
    settings = {"SHOP_DATABASE": str(shop / "shop.db"), "SHOP_ALMONER_URL": server.url}

    def start(module: str, *part: str) -> Process:
        process = Process(f"tests.shop_run.{module}", shop / f"{module}{part}.log", settings, *part)
        processes.append(process)
        return process

    try:
        settings |= server.environment
        office, till = start("office"), start("shop", "till")
        office.say("open")
        till.say("open")
        printed = server.run("key", "new", "shop", "--scope", "events:write").split()
        settings["SHOP_ALMONER_KEY"] = next(word for word in printed if word.startswith("alm_"))
        office.hear()
        server.start()
        till.hear()
        lived = Life(server)
        live(lived, till, start("shop", "courier"), office)
        yield lived
    finally:
        for process in processes:
            process.stop()
        server.stop()


def live(life: Life, till: Process, courier: Process, office: Process) -> None:
    """Sell, be killed, deliver, take back, sell on."""
    till.say("trade", 1, ORDERS, REFUNDS, BY_CHECKOUT)
    with life.database() as db:
        wait_until(lambda: reads.head(db).events >= KILLED_AT, "too little is told to be killed")
        life.server.kill()
        life.unheard_at_kill = ORDERS + REFUNDS - reads.head(db).events
    life.server.start()
    till.hear()
    courier.ask("deliver")
    told = datetime.now(UTC)
    office.ask("mature", told.isoformat())
    life.look("before delivery", till, told)
    life.handed = office.ask("hand over")
    till.ask("returns", 2, LATE_REFUNDS)
    courier.ask("deliver")
    till.ask("trade", 3, LAST_ORDERS, 0, LAST_BY_CHECKOUT)
    life.answers = courier.ask("deliver")
    life.look("at the end", till, told)
    life.counters = published(life)
    life.statements = office.ask("account")
    life.verified = life.server.run(
        "verify", life.server.url, "--state", str(life.server.home / "seen.json")
    )


def wait_until(done: Callable[[], bool], otherwise: str) -> None:
    """Wait for another process, as long as a busy machine may take."""
    until = time.monotonic() + START_SECONDS
    while not done():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)


def published(life: Life) -> dict[str, Any]:
    """The public counters, once the log is published to its end."""
    with life.database() as db:
        size = reads.head(db).size
    with httpx.Client(base_url=life.server.url, timeout=60) as http:
        wait_until(
            lambda: parse(split(http.get("/log/checkpoint").text)[0]).size >= size,
            "the log is not published to its end",
        )
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

    for campaign, cause, charity in shares():
        books = life.books[moment][campaign, charity]
        promised, ripe = books["promised"], books["ripe"]
        assert promised > 0, f"{campaign} promised nothing: the run shows nothing of it"
        held = accounts.pop(f"campaign/{campaign}/held/{cause}/{charity}", 0)
        assert held == promised - ripe, f"{campaign} holds for {charity}"
        at = {
            stage: f"charity/{charity}/{stage}/{cause}/{campaign}"
            for stage in ("owed", "delivered", "confirmed")
        }
        found = {stage: accounts.pop(path, 0) for stage, path in at.items()}
        assert found["delivered"] == handed.get(at["delivered"], 0)
        assert found["confirmed"] == handed.get(at["confirmed"], 0)
        assert sum(found.values()) == ripe, f"{campaign} owes and gave {charity}"
    matched = life.books[moment]["mug-match", "harbor-table"]
    assert accounts.pop(FUND) == IN_FUND - matched["promised"]
    assert {path for path, minor in accounts.items() if minor} == {"external"}


@pytest.mark.parametrize(("campaign", "cause", "charity"), shares())
def test_a_final_accounting_is_what_the_shops_own_books_say(
    life: Life, campaign: str, cause: str, charity: str
) -> None:
    books = life.books["at the end"][campaign, charity]
    document = life.statements[campaign]
    (said,) = [each for each in document["promises"] if each["charity"] == charity]

    closing, at = said["closing"], f"{cause}/{campaign}"
    delivered = life.handed[f"charity/{charity}/delivered/{at}"]
    confirmed = life.handed[f"charity/{charity}/confirmed/{at}"]
    assert closing == {
        "held": books["promised"] - books["ripe"],
        "owed": books["ripe"] - delivered - confirmed,
        "delivered": delivered,
        "confirmed": confirmed,
    }
    assert {stage: moved(said, stage) for stage in closing} == closing
    assert moved(said, "confirmed", "confirmation") == confirmed
    assert moved(said, "delivered", "delivery") == delivered + confirmed
    exact = said["rounding"]
    assert Fraction(exact["total_after"]) == Fraction(books["exact"])
    assert Fraction(exact["carried_after"]) == Fraction(books["exact"]) % 1
    assert Fraction(exact["pledged"]) == Fraction(books["pledged"])
    taken_off = Fraction(books["pledged"]) - Fraction(books["exact"])
    assert abs(Fraction(exact["taken_off"])) == taken_off
    if campaign != "mug-match":  # a match happens inside another campaign
        assert Fraction(said["asked"]) == Fraction(books["asked"])
        assert Fraction(said["waiting"]) == 0
        (occasion,) = said["occasions"]
        assert occasion == {
            "kind": "order",
            "events": books["orders"],
            "quantity": books["pieces"],
        }
        (receipt,) = said["receipts"]
        returned = books["gross"] - books["net"]
        assert (receipt["currency"], receipt["gross"], receipt["returned"]) == (
            "GBP",
            books["gross"],
            returned,
        )


def moved(said: dict[str, Any], stage: str, *kinds: str) -> int:
    """What entries of these kinds, or of all, changed of a stage."""
    return sum(
        each["change"][stage] for each in said["movements"] if not kinds or each["kind"] in kinds
    )


def test_the_accountings_name_the_fund_the_cap_and_the_papers(life: Life) -> None:
    matched = life.books["at the end"]["mug-match", "harbor-table"]["promised"]
    (fund,) = life.statements[SPONSOR]["funds"]
    (blankets,) = life.statements["first-blankets"]["promises"]
    (cap,) = blankets["bounds"]

    figures = fund["figures"]
    assert (figures["put_in"], figures["paid"]) == (IN_FUND, matched)
    assert figures["closing"] == IN_FUND - matched
    assert (cap["kind"], cap["minor"]) == ("cap", 150)
    assert cap["given"] == life.books["at the end"]["first-blankets", "warm-front"]["promised"]
    for campaign, _, charities, _ in PROMISES:
        named = {each["sha256"] for each in life.statements[campaign]["evidence"]}
        assert named == {sha256(paper_of(charity)).hexdigest() for charity in charities}


def test_each_promise_was_tried_at_its_edge(life: Life) -> None:
    with life.database() as db:
        entries = b"\n".join(row[0] for row in db.rows("SELECT body FROM ledger_entry"))

    assert b'"limited":"cap"' in entries
    assert b'"limited":"delivered"' in entries
    assert b'"kind":"maturity"' in entries
    waits = life.books["at the end"]["waits", "quiet-house"]
    assert 0 < waits["ripe"] < waits["promised"]


def test_readers_are_shown_the_same(life: Life) -> None:
    shown = dict.fromkeys([slug for slug, _, _, _ in CAUSES], 0)
    for campaign, cause, charity in shares():
        shown[cause] += life.books["at the end"][campaign, charity]["promised"]

    for slug, _, _, scale in CAUSES:
        value = Fraction(life.counters[slug]["shown"]["value"])
        assert value * 10**scale == shown[slug], f"{slug} shows {value}"


def test_the_published_log_verifies(life: Life) -> None:
    assert "Every number holds." in life.verified
