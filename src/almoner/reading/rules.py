"""What a read must be to count. Pure: numbers in, a verdict out.

A read counts when it took at least the time of somebody who skims, in a tab that was in view,
and went down to all but the last lines. The time is the words at 700 a minute: silent reading
has 238 (Brysbaert 2019), skimming that still takes in the gist up to three times as many
(Rayner et al. 2016, "So Much to Read, So Little Time"). Never under ten seconds, in which
nobody has read anything; never over three minutes, after which nobody is asked for more. The
depth is all but the last hundred words, which are often notes and credits: at least 60 % of
the text, at most 95 %. Limit: the browser tells both, and only the time that passed since
begin is our own clock's; see docs/explanation/a-read-that-counts.md for what that costs a
cheat.
"""

from typing import Literal

import msgspec

SKIM_WORDS_A_MINUTE = 700
LEAST_MS, MOST_MS = 10_000, 180_000
END_WORDS = 100
LEAST_DEPTH, MOST_DEPTH = 60, 95

# Begin stands for this long: a long story, a telephone call and a meal in between.
TOKEN_MS = 6 * 3_600_000
DAY_MS = 86_400_000
# A day's salt lives for this long after midnight (UTC), for reads that were begun before it.
GRACE_MS = 3_600_000

Code = Literal[
    "already-today",
    "another-visitor",
    "bot",
    "expired",
    "forged",
    "impossible-dwell",
    "not-counted-here",
    "prefetch",
    "replayed",
    "too-fast",
    "too-shallow",
]

SENTENCES: dict[Code, str] = {
    "already-today": "This visitor's read of this story was counted today.",
    "another-visitor": "The token was given to another visitor, or the network has changed.",
    "bot": "Programs are welcome to read, and not counted.",
    "expired": "The token is too old: begin again.",
    "forged": "This is no token of ours.",
    "impossible-dwell": "More time was told than has passed since the read was begun.",
    "not-counted-here": "Reads of this page are not counted.",
    "prefetch": "A page that is fetched ahead is not read yet.",
    "replayed": "This token has counted already.",
    "too-fast": "The story was not in view for long enough to be read.",
    "too-shallow": "The story was not read to its end.",
}


class Refusal(msgspec.Struct, frozen=True):
    """Why a read does not count: a stable code, and a sentence. A result, no error."""

    code: Code

    @property
    def detail(self) -> str:
        """The sentence."""
        return SENTENCES[self.code]


class Needed(msgspec.Struct, frozen=True):
    """What a read of a story must come to: milliseconds in view, percent of the text."""

    dwell_ms: int
    depth: int


def needed(words: int) -> Needed:
    """What a story of so many words asks."""
    dwell = words * 60_000 // SKIM_WORDS_A_MINUTE
    depth = 100 * (words - END_WORDS) // words if words else 0
    return Needed(min(max(dwell, LEAST_MS), MOST_MS), min(max(depth, LEAST_DEPTH), MOST_DEPTH))


def judge(words: int, elapsed_ms: int, dwell_ms: int, depth: int) -> Refusal | None:
    """What is wrong with a read that ends `elapsed_ms` after its begin; None where it counts."""
    asked = needed(words)
    if dwell_ms < asked.dwell_ms:
        return Refusal("too-fast")
    if dwell_ms > elapsed_ms:
        return Refusal("impossible-dwell")
    return Refusal("too-shallow") if depth < asked.depth else None


def day_of(when_ms: int) -> int:
    """The day (UTC, counted from 1970) that milliseconds since 1970 fall in."""
    return when_ms // DAY_MS


def expires(begun_ms: int) -> int:
    """When a token begun at `begun_ms` is good no more: never after its day's salt is gone."""
    return min(begun_ms + TOKEN_MS, (day_of(begun_ms) + 1) * DAY_MS + GRACE_MS)
