"""Lets finished reads gather for about a second, so that they share one commit.

Guarantee: a read is answered only after its batch was committed, or with the error that kept
it from being. While one batch is being committed the next one gathers. Lives on the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from almoner.intake.problem import Problem
from almoner.reading.batch import MAX_READS, Answer, Finished

# A reader looks at the end of the story meanwhile.
SECONDS = 1.0
# Reads waiting beyond this are told to come again: twenty batches, some seconds of work.
MAX_WAITING = 20 * MAX_READS

Commit = Callable[[Sequence[Finished]], Awaitable[Sequence[Answer]]]


class _Waiting(NamedTuple):
    read: Finished
    answer: "asyncio.Future[Answer]"


class Gather:
    """See the module. `commit` counts a batch."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._waiting: list[_Waiting] = []
        self._full = asyncio.Event()  # set: there is a whole batch, or no more will come
        self._closing = False
        self._counting: asyncio.Task[None] | None = None

    async def count(self, read: Finished) -> Answer:
        """What became of a read."""
        if len(self._waiting) >= MAX_WAITING:
            raise Problem(
                503, "busy", "Too much at once", "Send again in a few seconds.", retry_after=5
            )
        waiting = _Waiting(read, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._look()
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count_all())
        return await waiting.answer

    async def close(self) -> None:
        """Count at once what waits."""
        self._closing = True
        self._look()
        if self._counting is not None:
            await self._counting

    def _look(self) -> None:
        if self._closing or len(self._waiting) >= MAX_READS:
            self._full.set()
        else:
            self._full.clear()

    async def _count_all(self) -> None:
        while self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS):
                    await self._full.wait()
            batch, self._waiting = self._waiting[:MAX_READS], self._waiting[MAX_READS:]
            self._look()
            await self._count(batch)

    async def _count(self, batch: Sequence[_Waiting]) -> None:
        answers: Sequence[Answer | Exception]
        try:
            answers = await self._commit([each.read for each in batch])
        except Exception as error:
            answers = [error] * len(batch)
        for each, answer in zip(batch, answers, strict=True):
            if each.answer.done():
                continue  # the reader has left: it counted all the same
            if isinstance(answer, Exception):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)
