"""Small public logs on disk, as a publisher writes them, and a site that serves one."""

import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from almoner.log import checkpoint, keylist, proof
from almoner.log.entry import Entry, EntryPledge, EntryPosting, encode
from almoner.log.keylist import KeyList, ListedKey
from almoner.log.note import Signature, Signer, write
from almoner.log.recount import Recount, shape
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, reader
from almoner.log.writer import Writer

ORIGIN = "harbor.example/log"
MEALS = ("Meals", "meals", "meal")


def signer(seed: int, name: str = ORIGIN, **kind: int) -> Signer:
    """A key that is the same in every run."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)), **kind)


def entry(index: int, branch: str = "bowls") -> bytes:
    """Four thirds of a meal for Harbor Table, owed because of an order."""
    meals = 4 * (index + 1) // 3 - 4 * index // 3
    posting = EntryPosting(
        "external", f"charity/harbor-table/owed/meals/{branch}", "meal", str(meals)
    )
    pledge = EntryPledge(branch, 1, "4/3")
    time = f"2026-05-20T{index // 3600 % 24:02}:{index // 60 % 60:02}:{index % 60:02}.000000Z"
    return encode(Entry(1, index, time, "pledge", pledges=(pledge,), postings=(posting,)))


def counters(entries: Iterable[bytes], **changed: int) -> bytes:
    """What a site shows after these entries; `changed` is added to a measure."""
    counted = Recount()
    counted.add(shape(0, list(entries)))
    sums = counted.totals().get("meals", {})
    measures = ("shown", "opening", "pledged", "held", "owed", "delivered", "confirmed")
    figures = {each: {"value": str(sums.get(each, 0) + changed.get(each, 0))} for each in measures}
    label, cause, unit = MEALS
    shown = {"cause": cause, "label": label, "unit": unit, **figures}
    return msgspec.json.encode({"size": counted.size, "counters": [shown]})


class Files:
    """A directory as a store."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None."""
        file = self.path / path
        return file.read_bytes() if file.is_file() else None

    def put(self, path: str, content: bytes) -> None:
        """Write a file."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def delete(self, path: str) -> None:
        """Remove a file, or all below a path that ends in a slash."""
        for file in (self.path / path).glob("*"):
            file.unlink()


class Log:
    """A log that grows by `grow`; what is on disk is what a checkpoint was published for."""

    def __init__(self, path: Path, *signers: Signer, branch: str = "bowls") -> None:
        self.files = Files(path / "log")
        self.path = path
        self.signers = signers or (signer(1),)
        self.entries: list[bytes] = []
        self.branch = branch
        self.note = ""
        self._writer = Writer(self.files)
        self.files.put(KEYS, keylist.encode(self.keys()))

    def keys(self) -> KeyList:
        """The list of its first key alone."""
        return KeyList(ORIGIN, (ListedKey(str(self.signers[0].key), 0),))

    def grow(self, count: int, *, show: bool = True) -> "Log":
        """Append that many entries and publish a checkpoint."""
        size = len(self.entries)
        new = [entry(index, self.branch) for index in range(size, size + count)]
        return self.append(new, show=show)

    def append(self, new: list[bytes], *, show: bool = True) -> "Log":
        """Append these entries and publish a checkpoint."""
        self.entries += new
        self._writer.add(new)
        self._writer.flush()
        self.sign()
        self._writer.collect()
        if show:
            self.files.put(COUNTERS, counters(self.entries))
        return self

    def sign(self, *cosignatures: Signature) -> None:
        """Publish the checkpoint of what is there."""
        text = self.checkpoint.text
        self.note = write(text, [*(each.sign(text) for each in self.signers), *cosignatures])
        self.files.put(CHECKPOINT, self.note.encode())

    @property
    def checkpoint(self) -> checkpoint.Checkpoint:
        """Where it is."""
        return checkpoint.Checkpoint(ORIGIN, self._writer.size, self._writer.root)

    def prove(self, old: int) -> list[bytes]:
        """The proof that `old` entries begin this log."""
        size = self._writer.size
        return proof.consistency(old, size, reader(self.files, size))

    def alter(self, path: str, at: int = -1) -> None:
        """Flip a bit of a file."""
        content = bytearray(self.files.get(path) or b"")
        content[at] ^= 1
        self.files.put(path, bytes(content))


class Site:
    """Serves a log below /log/ and its counters, over a real socket."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.counters: bytes | None = None
        self.down = False
        self.taken: list[tuple[dict[str, str], bytes]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix("/log/")
                content = site.log.files.get(name)
                if self.path == "/counters":
                    content = site.counters or site.log.files.get(COUNTERS)
                self.answer(500 if site.down else 404 if content is None else 200, content or b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                site.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.answer(500 if site.down else 204, b"")

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
