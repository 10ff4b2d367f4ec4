"""A published log in memory, and a small site that serves it with the pages that check it.

The site stands in for a whole installation: its pages are the real templates with the real
scripts and security headers, and every file of its log can be altered.
"""

import json
import threading
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import floor

import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from almoner.counters.figures import text
from almoner.log import keylist, proof, receipt
from almoner.log.batch import batch_root
from almoner.log.checkpoint import Checkpoint
from almoner.log.entry import Entry, EntryPledge, EntryPosting, EntryReads, commitment, encode
from almoner.log.keylist import KeyList, ListedKey
from almoner.log.merkle import leaf_hashes
from almoner.log.note import Signer, write
from almoner.log.receipt import LogProof
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, reader
from almoner.log.writer import Writer
from almoner.units import decimal
from almoner.web.middleware import PUBLIC_HEADERS
from almoner.web.slots import fill

ORIGIN = "almoner.example/log"
SOURCE = "shop:demo"
BEGIN = datetime(2026, 5, 20, 12, tzinfo=UTC)
# cause: label, unit, kind, scale, icon
CAUSES = {
    "meals": ("Meals Donated", "meal", "count", 0, "bowl"),
    "dogs": ("Raised for Service Dogs", "USD", "money", 2, "dog"),
}
# campaign: cause, what an order gives in minor units, who pays
CAMPAIGNS = {
    "holiday-bowls": ("meals", Fraction(2, 3), "sponsor/tinwood/fund"),
    "service-dogs": ("dogs", Fraction(355, 7), "external"),
}
HOLDING = "service-dogs"


def account(stage: str, campaign: str) -> str:
    """Where a campaign's promise stands at a stage."""
    cause = CAMPAIGNS[campaign][0]
    if stage == "held":
        return f"campaign/{campaign}/held/{cause}/harbor-table"
    return f"charity/harbor-table/{stage}/{cause}/{campaign}"


class Files(dict[str, bytes]):
    """A store in memory."""

    def put(self, path: str, content: bytes) -> None:
        self[path] = content

    def delete(self, path: str) -> None:
        for each in [each for each in self if each.startswith(path)]:
            del self[each]


@dataclass
class Published:
    """A log of what a shop's orders gave, its files and what its site shows.

    What `service-dogs` gives is held until `mature`.
    """

    entries: list[bytes] = field(default_factory=list)
    files: Files = field(default_factory=Files)
    checkpoints: list[str] = field(default_factory=list)
    signers: list[Signer] = field(default_factory=list)
    keys: list[ListedKey] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    promised: dict[str, Fraction] = field(default_factory=dict)
    matured: dict[str, Fraction] = field(default_factory=dict)
    orders: int = 0

    def __post_init__(self) -> None:
        self.rotate()
        self._writer = Writer(self.files)
        self.post("opening", ("external", "opening/meals", "meals", 21_400))
        self.post("deposit", ("external", "sponsor/tinwood/fund", "meals", 10**9))

    def rotate(self) -> None:
        """Take another key, endorsed by the one before it."""
        private = Ed25519PrivateKey.from_private_bytes(bytes([len(self.keys) + 1]) * 32)
        signer = Signer(ORIGIN, private)
        endorsement = ""
        if self.signers:
            message = keylist.endorsement_text(ORIGIN, signer.key)
            endorsement = write(message, [self.signers[-1].sign(message)])
        self.keys.append(ListedKey(str(signer.key), len(self.entries), endorsement))
        self.signers.append(signer)

    def order(self, ref: str = "") -> int:
        """An order of the shop: a share for each campaign. Its entry's index."""
        self.orders += 1
        return self._pledge("pledge", ref or f"order-{self.orders}", 1)

    def read(self, lines: list[bytes]) -> int:
        """A batch of reads: a share for each campaign. Its entry's index."""
        self.orders += 1
        root = batch_root(leaf_hashes(lines)).hex()
        return self._pledge("pledge", f"order-{self.orders}", 1, reads=EntryReads(len(lines), root))

    def refund(self, corrects: int) -> int:
        """Take off again what an entry gave."""
        return self._pledge("refund", f"refund-{corrects}", -1, corrects)

    def mature(self) -> int:
        """The return window of all that is held ends."""
        held = self.promised[HOLDING] - self.matured.get(HOLDING, Fraction(0))
        growth = self._grow(self.matured, HOLDING, held)
        cause, _, _ = CAMPAIGNS[HOLDING]
        moved = self._move(account("held", HOLDING), account("owed", HOLDING), cause, growth)
        pledge = EntryPledge(HOLDING, 1, str(held))
        return self._enter("maturity", "maturity", (pledge,), [moved])

    def post(self, kind: str, *moves: tuple[str, str, str, int]) -> int:
        """Move minor units of a cause's unit between accounts."""
        return self._enter(kind, f"{kind}-{len(self.entries)}", (), [self._move(*m) for m in moves])

    def publish(self) -> "Published":
        """Write tiles, checkpoint, keys and counters."""
        self._writer.add(self.entries[self._writer.size :])
        self._writer.flush()
        signed = Checkpoint(ORIGIN, self._writer.size, self._writer.root)
        note = write(signed.text, [self.signers[-1].sign(signed.text)])
        self.checkpoints.append(note)
        self.files[CHECKPOINT] = note.encode()
        self.files[KEYS] = keylist.encode(KeyList(ORIGIN, tuple(self.keys)))
        self.files[COUNTERS] = json.dumps(self.counters()).encode()
        return self

    def counters(self) -> dict:
        """The document of `GET /counters`."""
        return {"size": len(self.entries), "counters": [self._counter(each) for each in CAUSES]}

    def receipt(self, index: int, **altered: object) -> str:
        """An entry's receipt against the newest checkpoint; `altered` changes what it discloses."""
        size = self._writer.size
        hashes = proof.inclusion(index, size, reader(self.files, size))
        entry = self.entries[index]
        held = {"entry": entry.decode(), "source": SOURCE, "ref": self._ref(entry)}
        held |= {"salt": salt(held["ref"]).hex()} | altered
        extra = json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode()
        return receipt.write(LogProof(index, tuple(hashes), self.checkpoints[-1], extra))

    def part_for_reads(self, index: int) -> str:
        """What anybody can have of an entry that is for reads."""
        return self.receipt(index, source="", ref="", salt="")

    def _ref(self, entry: bytes) -> str:
        event = json.loads(entry)["event"]
        return next(ref for ref in self._refs() if commitment(salt(ref), SOURCE, ref) == event)

    def _refs(self) -> list[str]:
        return ["Order #1001", *(f"order-{n}" for n in range(1, self.orders + 1))]

    def _pledge(
        self,
        kind: str,
        ref: str,
        sign: int,
        corrects: int | None = None,
        reads: EntryReads | None = None,
    ) -> int:
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for campaign, (cause, share, payer) in CAMPAIGNS.items():
            held = campaign == HOLDING
            growth = self._grow(self.promised, campaign, sign * share)
            pledges.append(EntryPledge(campaign, 1, str(sign * share), held=held))
            sides = (payer, account("held" if held else "owed", campaign))
            if growth:
                debit, credit = sides if growth > 0 else sides[::-1]
                postings.append(self._move(debit, credit, cause, abs(growth)))
        return self._enter(kind, ref, tuple(pledges), postings, corrects, reads)

    @staticmethod
    def _grow(totals: dict[str, Fraction], campaign: str, share: Fraction) -> int:
        before = totals.get(campaign, Fraction(0))
        totals[campaign] = before + share
        return floor(before + share) - floor(before)

    def _move(self, debit: str, credit: str, cause: str, minor: int) -> EntryPosting:
        _, unit, _, scale, _ = CAUSES[cause]
        for path, change in ((debit, -minor), (credit, minor)):
            self.balances[path, unit] = self.balances.get((path, unit), 0) + change
        return EntryPosting(debit, credit, unit, decimal(minor, scale))

    def _enter(
        self,
        kind: str,
        ref: str,
        pledges: tuple[EntryPledge, ...],
        postings: list[EntryPosting],
        corrects: int | None = None,
        reads: EntryReads | None = None,
    ) -> int:
        index = len(self.entries)
        moment = (BEGIN + timedelta(seconds=index // 7)).isoformat(timespec="microseconds")
        self.entries.append(
            encode(
                Entry(
                    1,
                    index,
                    moment.replace("+00:00", "Z"),
                    kind,
                    commitment(salt(ref), SOURCE, ref),
                    corrects,
                    pledges,
                    tuple(postings),
                    reads=reads,
                )
            )
        )
        return index

    def _counter(self, cause: str) -> dict:
        label, unit, kind, scale, _ = CAUSES[cause]
        (campaign,) = (name for name, terms in CAMPAIGNS.items() if terms[0] == cause)
        stages = {
            stage: self.balances.get((account(stage, campaign), unit), 0)
            for stage in ("held", "owed", "delivered", "confirmed")
        }
        stages["delivered"] += stages["confirmed"]
        opening = self.balances.get((f"opening/{cause}", unit), 0)
        pledged = stages["held"] + stages["owed"] + stages["delivered"]
        shown = opening + pledged
        sums = stages | {"opening": opening, "pledged": pledged, "shown": shown}
        figures = {
            measure: {"value": decimal(minor, scale), "text": text(minor, kind, unit, scale)}
            for measure, minor in sums.items()
        }
        named = {"cause": cause, "label": label, "unit": unit, "kind": kind}
        return {**named, "url": f"/causes/{cause}/", **figures}


def salt(ref: str) -> bytes:
    """The salt of an event, the same in every run."""
    return sha256(ref.encode()).digest()[:16]


def published(orders: int) -> Published:
    """A log of nine orders or more, one of them refunded, and what they gave delivered.

    What was held of them has matured, but for the last.
    """
    log = Published()
    log.order("Order #1001")
    for _ in range(orders - 2):
        log.order()
    log.refund(3)
    owed, delivered, confirmed = (
        account(stage, "holiday-bowls") for stage in ("owed", "delivered", "confirmed")
    )
    given = log.balances[owed, "meal"]
    log.post("delivery", (owed, delivered, "meals", given // 2))
    log.post("confirmation", (delivered, confirmed, "meals", given // 3))
    log.mature()
    log.order()
    return log.publish()


class Site:
    """Serves pages, scripts and a log's files on a free port. `shown` is what it displays."""

    def __init__(self, log: Published, at: int = 2) -> None:
        self.log = log
        self.shown = log.counters()
        self.receipt = log.receipt(at).encode()
        self.at = at
        self.delay = 0.0  # seconds until each answer
        self.extra: dict[str, tuple[str, bytes]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                time.sleep(site.delay)
                kind, body = site.answer(self.path.partition("?")[0])
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                for name, value in PUBLIC_HEADERS.items():
                    self.send_header(name, value)
                with suppress(ConnectionError):  # the reader has left
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[str, bytes]:
        """The media type and content at a path; no type where there is nothing."""
        if path in self.extra:
            return self.extra[path]
        if path.startswith("/static/"):
            return _static(path.removeprefix("/static/"))
        if path.startswith("/log/"):
            content = self.log.files.get(path.removeprefix("/log/"))
            return ("", b"") if content is None else ("application/octet-stream", content)
        match path:
            case "/counters/stream":  # the counters then ask instead
                return "text/event-stream", b""
            case "/blank/":
                return "text/html", b"<!doctype html><html lang=en><title>Blank</title>"
            case "/check/":
                return "text/html; charset=utf-8", self._page("check", self._checked())
            case "/counters":
                return "application/json", json.dumps(self.shown).encode()
            case "/receipts/2/token/":
                return "text/html; charset=utf-8", self._page("receipt", self._received())
            case "/receipts/2/token/receipt.tlog-proof":
                return "text/plain; charset=utf-8", self.receipt
            case "/receipts/2/token/qr.svg":
                return "image/svg+xml", _qr(self.url + path)
        return "", b""

    def _checked(self) -> dict:
        return {"log_url": "/log/", "counters_url": "/counters", "site_address": self.url}

    def _received(self) -> dict:
        here = "/receipts/2/token/"
        entry = {
            "index": self.at,
            "time": BEGIN,
            "kind": "pledge",
            "lines": [
                "Meals Donated: 2, through Holiday Bowls",
                "Raised for Service Dogs: $0.50, through Good Dogs",
            ],
            "source": SOURCE,
            "ref": "Order #1001",
        }
        urls = {"receipt_url": here + "receipt.tlog-proof", "qr_url": here + "qr.svg"}
        return {**urls, "log_url": "/log/", "entry": entry}

    def _page(self, name: str, context: dict) -> bytes:
        banner = [
            {"slug": slug, "label": label, "url": f"/causes/{slug}/", "icon": icon, "kind": kind}
            for slug, (label, _, kind, _, icon) in CAUSES.items()
        ]
        page = render_to_string(
            f"proof/{name}.html", {**context, "site_name": "The Almoner", "banner": banner}
        )
        texts = {each["cause"]: each["shown"]["text"] for each in self.shown["counters"]}
        return fill(page.encode(), "", lambda cause, _: texts.get(cause, "–"))


def _static(name: str) -> tuple[str, bytes]:
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    found = finders.find(name)
    if not found:
        return "", b""
    kind = next((kinds[end] for end in kinds if name.endswith(end)), "application/octet-stream")
    with open(found, "rb") as file:
        return kind, file.read()


def _qr(address: str) -> bytes:
    return (
        segno.make(address)
        .svg_inline(scale=4, light="#fff")
        .encode()
        .replace(b"<svg ", b'<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )


def encoded(content: bytes) -> str:
    """Base64, as tests hand bytes to a browser."""
    return b64encode(content).decode()
