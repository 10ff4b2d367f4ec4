"""What one process knows of reads: begins them, judges how they ended, counts them in batches.

Guarantee: `begin` writes nothing but, once in 65,536 or in an hour, the next block of serials
and, once a day, its salt. `finish` returns a `Counted` only after the commit that counts it.
Lives on the event loop; all that writes runs in the ledger's own thread (`Work`), which on
SQLite is the only writer.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from almoner.ledger import Database, Ledger
from almoner.reading import batch, rules, share_code, shares, spent, tables, visitors
from almoner.reading.batch import Answer, Finished
from almoner.reading.gather import Gather
from almoner.reading.rules import Refusal
from almoner.reading.share_code import ShareCode
from almoner.reading.spent import BLOCK_BITS, BLOCK_MS, Spent
from almoner.reading.token import Token, seal, unseal

SWEEP_EVERY = 60.0  # seconds

Result = TypeVar("Result", covariant=True)

logger = logging.getLogger(__name__)


class Work(Protocol):
    """Has the ledger's thread do something that commits for itself (`intake.committer`)."""

    async def __call__(self, do: Callable[[Ledger], Result], /) -> Result:
        """What it returned."""
        ...


class Story(msgspec.Struct, frozen=True):
    """What reading knows of a story whose reads count."""

    id: int
    words: int
    topics: tuple[str, ...] = ()


class Visitor(msgspec.Struct, frozen=True):
    """Who asks: kept nowhere, and hashed before anything is compared."""

    address: str
    agent: str


class Kept(NamedTuple):
    """What is read from the database at the start."""

    key: bytes
    salts: dict[int, bytes]
    spent: Spent


def load(db: Database) -> Kept:
    """Read what a process starts with."""
    return Kept(tables.key(db), visitors.salts(db), Spent(spent.load(db)))


class Reads:
    """See the module. `clock` is milliseconds since 1970."""

    def __init__(
        self, kept: Kept, work: Work, clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._key, self._salts, self._spent = kept
        self._work = work
        self._clock = clock
        self._next = self._end = 0  # serials of the block reserved last
        self._reserved_ms = 0
        self._reserving = asyncio.Lock()  # guards the three
        self._gather = Gather(self._commit)
        self._sweeping = asyncio.create_task(self._sweep())

    async def begin(self, story: Story, visitor: Visitor) -> str:
        """A token for a read that begins now."""
        now = self._clock()
        salt = await self._salt(rules.day_of(now))
        serial = await self._serial(now)
        tag = visitors.tag_of(salt, visitor.address, visitor.agent, story.id)
        return seal(self._key, Token(story.id, serial, now, tag))

    def opened(self, text: str) -> Token | Refusal:
        """The token of a read that ends now, where it is ours and good still."""
        token = unseal(self._key, text)
        if token is None:
            return Refusal("forged")
        if self._clock() >= rules.expires(token.begun_ms):
            return Refusal("expired")
        return Refusal("replayed") if token.serial in self._spent else token

    async def finish(
        self, token: Token, story: Story, visitor: Visitor, dwell_ms: int, depth: int, share: str
    ) -> Answer:
        """Count a read of `story`, whose token `opened` let through, or say why it does not."""
        assert token.story == story.id, f"a token for {token.story}, and not {story.id}"
        day = rules.day_of(token.begun_ms)
        salt = await self._known_salt(day)
        if salt is None:
            return Refusal("expired")
        if visitors.tag_of(salt, visitor.address, visitor.agent, story.id) != token.tag:
            return Refusal("another-visitor")
        refusal = rules.judge(story.words, self._clock() - token.begun_ms, dwell_ms, depth)
        if refusal is not None:
            return refusal
        code = share_code.read(self._key, share)
        if code is not None and (
            code.story != story.id or code.mark == share_code.mark_of(salt, token.tag)
        ):
            code = None
        return await self._gather.count(Finished(token, story.topics, code))

    async def mint(self, story: Story, visitor: Visitor, parent: str) -> str:
        """A share code; it is known to come from `parent` where that one has brought a read."""
        salt = await self._salt(rules.day_of(self._clock()))
        tag = visitors.tag_of(salt, visitor.address, visitor.agent, story.id)
        mark = share_code.mark_of(salt, tag)
        code = share_code.mint(self._key, story.id, secrets.randbits(32), mark)
        origin = self.code(parent)
        if origin is not None and origin.story == story.id:
            await self._work(lambda ledger: shares.adopt(ledger.db, code, origin))
        return code.text

    def code(self, text: str) -> ShareCode | None:
        """What a share code says; None where it is none of ours."""
        return share_code.read(self._key, text)

    async def close(self) -> None:
        """Count what was finished, then stop."""
        self._sweeping.cancel()
        await asyncio.gather(self._sweeping, return_exceptions=True)
        await self._gather.close()

    async def _salt(self, day: int) -> bytes:
        salt = self._salts.get(day)
        if salt is None:
            fresh = secrets.token_bytes(visitors.SALT_BYTES)
            salt = await self._work(lambda ledger: visitors.open_day(ledger.db, day, fresh))
            self._salts[day] = salt
        return salt

    async def _known_salt(self, day: int) -> bytes | None:
        """The salt of a token's day: another process may have made it."""
        if day not in self._salts:
            self._salts |= await self._work(lambda ledger: visitors.salts(ledger.db))
        return self._salts.get(day)

    async def _serial(self, now: int) -> int:
        async with self._reserving:
            if self._next == self._end or now >= self._reserved_ms + BLOCK_MS:
                block = await self._work(lambda ledger: spent.reserve(ledger.db, now))
                self._next, self._end = block << BLOCK_BITS, (block + 1) << BLOCK_BITS
                self._reserved_ms = now
            self._next += 1
            return self._next - 1

    async def _commit(self, reads: Sequence[Finished]) -> Sequence[Answer]:
        counted = await self._work(lambda ledger: batch.count(ledger, reads, self._now()))
        self._spent.learn(counted.blocks)
        return counted.answers

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock() / 1000, UTC)

    async def _sweep(self) -> None:
        while True:
            try:
                await self.forget()
            except Exception:
                logger.exception("What is kept of yesterday's visitors cannot be deleted just now")
            await asyncio.sleep(SWEEP_EVERY)

    async def forget(self) -> None:
        """Destroy the salts and tags of days that are over, and blocks that have expired."""
        now = self._clock()
        oldest_day = rules.day_of(now - rules.GRACE_MS)
        for day in [day for day in self._salts if day < oldest_day]:
            del self._salts[day]

        def forget(ledger: Ledger) -> int:
            if visitors.is_due(ledger.db, oldest_day):
                visitors.forget(ledger.db, oldest_day)
            return spent.forget(ledger.db, now)

        self._spent.keep(await self._work(forget))
