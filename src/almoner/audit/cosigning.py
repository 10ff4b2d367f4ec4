"""Asks witnesses to cosign a checkpoint (C2SP tlog-witness v1.0.0), all at once.

Guarantee: what `ask` returns are cosignatures by the witnesses' own keys over this very
checkpoint, each verified; and it returns within TIMEOUT, whatever a witness does. A
witness that holds another size than was thought is asked once more, with a proof from that
size. Limit: the system's proxy settings are not used, and redirects are not followed.
"""

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final
from urllib.parse import urlsplit

from almoner.log import checkpoint, note, witness
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import MAX_SIGNATURES, NoteError, Signature
from almoner.log.policy import Witness
from almoner.log.proof import ProofError
from almoner.log.tile import TileError
from almoner.log.witness import SIZE, Request

# Seconds in which a witness has answered, or is done without: a checkpoint waits for it.
TIMEOUT: Final = 2.0
_LATE: Final = "did not answer in time"  # found here or by the socket, whichever is first
# A log's own signatures need room in the note, too.
MAX_WITNESSES: Final = MAX_SIGNATURES - 8
MAX_ANSWER: Final = 64 * 1024  # bytes; a few signature lines
_CHUNK = 4_096

Prove = Callable[[int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Cosignatures, and by witness: what went wrong, and the size it was seen to hold."""

    signatures: tuple[Signature, ...]
    troubles: Mapping[str, str]
    held: Mapping[str, int]


class CosigningError(Exception):
    """One witness did not cosign; the message says why."""


@dataclass(slots=True, eq=False)
class _Asked:
    """One witness being asked, by a thread of its own; its connection is cut when time is up."""

    witness: Witness
    held: int
    until: float
    connection: http.client.HTTPConnection | None = None
    signature: Signature | None = None
    trouble: str = ""

    def cut(self) -> None:
        """Wake a thread that waits for the network."""
        connection = self.connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(2)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    media_type: str
    body: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is to be cosigned, and how its growth is proven."""

    signed: str
    text: str
    checkpoint: Checkpoint
    prove: Prove


def ask(
    signed: str,
    witnesses: Sequence[Witness],
    prove: Prove,
    held: Mapping[str, int] | None = None,
    timeout: float = TIMEOUT,
) -> Cosigned:
    """Ask every witness that has a URL to cosign the checkpoint in the note `signed`.

    `prove` makes the consistency proof from a size, not 0, to the checkpoint's; it is called
    from several threads. `held` is what each witness (by its name in the policy) held the
    last time, as an earlier call returned it: it saves a question.
    """
    assert len(witnesses) <= MAX_WITNESSES, f"{len(witnesses)} witnesses"
    text, _ = note.split(signed)
    subject = _Subject(signed, text, checkpoint.parse(text), prove)
    until = time.monotonic() + timeout
    asked = [_Asked(each, (held or {}).get(each.name, 0), until) for each in witnesses if each.url]
    done: SimpleQueue[_Asked] = SimpleQueue()
    for each in asked:
        # Daemons: a name server that hangs is no reason for a program not to end.
        threading.Thread(target=_run, args=(each, subject, done), daemon=True).start()
    answered: list[_Asked] = []
    with suppress(Empty):
        while len(answered) < len(asked):
            answered.append(done.get(timeout=max(0.0, until - time.monotonic())))
    late = [each for each in asked if each not in answered]
    for each in late:
        each.cut()
    troubles = {each.witness.name: each.trouble for each in answered if each.trouble}
    troubles |= {each.witness.name: _LATE for each in late}
    return Cosigned(
        tuple(each.signature for each in answered if each.signature is not None),
        troubles,
        {each.witness.name: each.held for each in answered},
    )


def _run(asked: _Asked, subject: _Subject, done: "SimpleQueue[_Asked]") -> None:
    try:
        asked.signature = _cosign(asked, subject)
        asked.held = subject.checkpoint.size
    except CosigningError as error:
        asked.trouble = str(error)
    except (TileError, ProofError) as error:
        asked.trouble = f"could not be given a proof: {error}"
    except TimeoutError:
        asked.trouble = _LATE
    except (OSError, http.client.HTTPException) as error:
        asked.trouble = f"could not be asked: {error or type(error).__name__}"
    except Exception as error:  # whatever it is, the other witnesses are not held up by it
        asked.trouble = f"could not be asked: {type(error).__name__}: {error}"
    finally:
        if asked.connection is not None:
            asked.connection.close()
        done.put(asked)


def _cosign(asked: _Asked, subject: _Subject) -> Signature:
    asked.held = min(asked.held, subject.checkpoint.size)
    answer = _post(asked, subject)
    if answer.status == 409:
        asked.held = _held(answer)
        if asked.held > subject.checkpoint.size:
            raise CosigningError(
                f"holds {asked.held} entries already, the checkpoint has {subject.checkpoint.size}"
            )
        answer = _post(asked, subject)
    if answer.status != 200:
        raise CosigningError(f"answered {answer.status}: {answer.body[:200].strip()}")
    return _verified(answer.body, asked.witness, subject.text)


def _post(asked: _Asked, subject: _Subject) -> _Answer:
    proof = tuple(subject.prove(asked.held)) if 0 < asked.held < subject.checkpoint.size else ()
    body = witness.write(Request(asked.held, proof, subject.signed))
    parts = urlsplit(asked.witness.url)
    connection = asked.connection
    if connection is None:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CosigningError(f"has no web address: {asked.witness.url}")
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = asked.connection = kind(parts.hostname, parts.port, timeout=_left(asked))
    path = f"{parts.path.rstrip('/')}/add-checkpoint"
    connection.request("POST", path, body, {"content-type": "text/plain; charset=utf-8"})
    response = connection.getresponse()
    read = bytearray()
    while chunk := response.read1(_CHUNK):
        read += chunk
        if len(read) > MAX_ANSWER:
            raise CosigningError(f"answered with more than {MAX_ANSWER:,} bytes")
        _left(asked)
    response.close()  # read1 does not tell the connection that the answer is whole
    media_type = response.getheader("content-type", "").partition(";")[0].strip()
    return _Answer(response.status, media_type, read.decode("utf-8", "replace"))


def _left(asked: _Asked) -> float:
    left = asked.until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _held(answer: _Answer) -> int:
    size = answer.body.removesuffix("\n")
    if answer.media_type != SIZE or not size.isascii() or not size.isdecimal() or len(size) > 19:
        raise CosigningError("answered 409 without the size that it holds")
    return int(size)


def _verified(body: str, asked: Witness, text: str) -> Signature:
    """The witness's own cosignature among the lines of its answer."""
    try:
        _, lines = note.split(f"{text}\n{body}")
        for line in lines:
            if (line.name, line.key_id) == (asked.key.name, asked.key.id):
                note.verify(text, line, asked.key)
                if not line.time:
                    raise CosigningError("gave a cosignature without a time")
                return line
    except NoteError as error:
        raise CosigningError(f"gave no cosignature: {error}") from None
    raise CosigningError(f"gave no cosignature by its key {asked.key}")
