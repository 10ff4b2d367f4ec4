"""The witness protocol's `add-checkpoint` (C2SP tlog-witness v1.0.0): requests and answers.

`decide` is the whole of a witness's judgement: given what it holds for a log, it accepts a
checkpoint that a trusted key has signed and that is proven to continue what is held, or
refuses it with the specification's status. Keeping what was accepted before it is cosigned,
atomically with the judgement, is the caller's. Limit: `sign-subtree` is not answered.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from almoner.log import checkpoint, proof
from almoner.log.checkpoint import Checkpoint
from almoner.log.merkle import EMPTY_ROOT, HASH_SIZE
from almoner.log.note import Note, NoteError, VerifierKey, open_note, split
from almoner.log.proof import MAX_PROOF, ProofError

TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"
# 63 hashes in base64 are 2,835 bytes; a note with forty post-quantum signatures fits the rest.
MAX_REQUEST: Final = 256 * 1024  # bytes

_HASH_LINE: Final = len(b64encode(bytes(HASH_SIZE)))


class RequestError(ValueError):
    """A request that is not of the protocol's form; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint's note, verbatim, and the proof that it continues a log of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """To be kept, then cosigned. `note` has the log's own verified signatures."""

    checkpoint: Checkpoint
    note: Note


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, and the body that goes with it."""

    status: int
    body: str
    media_type: str = TEXT


def write(request: Request) -> bytes:
    """The body of a request."""
    hashes = "".join(f"{b64encode(each).decode()}\n" for each in request.proof)
    return f"old {request.old}\n{hashes}\n{request.note}".encode()


def parse(body: bytes) -> Request:
    """Read the body of a request; nothing in it is verified yet."""
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise RequestError("the request is not UTF-8") from None
    old, *lines = head.split("\n")
    if not gap or not old.startswith("old "):
        raise RequestError("write old and a size, the proof's hashes, an empty line, a checkpoint")
    if len(lines) > MAX_PROOF:
        raise RequestError(f"a proof of {len(lines)} hashes is longer than {MAX_PROOF}")
    return Request(_size(old.removeprefix("old ")), tuple(map(_hash, lines)), note)


def origin_of(request: Request) -> str:
    """Which log a request says that it is for; a `RequestError` where it holds no checkpoint."""
    return _claimed(request)[0].origin


def decide(
    request: Request, keys: Iterable[VerifierKey], held: Checkpoint | None
) -> Accepted | Answer:
    """Judge a request by the keys trusted for its log and the checkpoint held for it, if any.

    Statuses, in the order they are looked for: 400 malformed, 404 no key is trusted for this
    origin, 403 none of them has signed or one's signature fails, 400 the old size is above
    the new, 409 it is not the size held, 422 the checkpoint is not proven to continue it.
    """
    try:
        claimed, text = _claimed(request)
    except RequestError as error:
        return _say(400, error)
    trusted = [key for key in keys if key.name == claimed.origin]
    if not trusted:
        return Answer(404, f"No log {claimed.origin} is known here.\n")
    try:
        note = open_note(request.note, trusted)
    except NoteError as error:
        return _say(403, error)
    assert note.text == text, f"two readings of one note of {claimed.origin}"
    if request.old > claimed.size:
        return Answer(400, f"The old size {request.old} is above the new, {claimed.size}.\n")
    size = held.size if held else 0
    if request.old != size:
        return Answer(409, f"{size}\n", SIZE)
    try:
        _check_continues(held, claimed, request.proof)
    except ProofError as error:
        return _say(422, error)
    return Accepted(claimed, note)


def _check_continues(held: Checkpoint | None, new: Checkpoint, hashes: Sequence[bytes]) -> None:
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise ProofError("an empty log has another root than the empty one")
    if held is not None and held.size:
        assert held.origin == new.origin, f"{new.origin} is held against {held.origin}"
        proof.verify_consistency(held.size, new.size, held.root, new.root, hashes)
    elif hashes:
        raise ProofError("every log continues an empty one: there is nothing to prove")


def _claimed(request: Request) -> tuple[Checkpoint, str]:
    try:
        text, _ = split(request.note)
        return checkpoint.claimed(text), text
    except NoteError as error:
        raise RequestError(str(error)) from None


def _size(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or str(int(text[:20])) != text:
        raise RequestError(f"{text[:20]!r} is not the size of a log")
    return int(text)


def _hash(line: str) -> bytes:
    try:
        if len(line) == _HASH_LINE:
            made = b64decode(line, validate=True)
            if len(made) == HASH_SIZE and b64encode(made).decode() == line:
                return made
    except (Base64Error, ValueError):
        pass
    raise RequestError(f"{line[:60]!r} is not a hash of a proof in base64")


def _say(status: int, error: ValueError) -> Answer:
    text = str(error)
    return Answer(status, f"{text[:1].upper()}{text[1:]}.\n")
