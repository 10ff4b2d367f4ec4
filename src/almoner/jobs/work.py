"""What a worker can do: long work by its kind, and small work that comes round regularly.

Each app registers its own in a module named `work`, which is read when Django starts.

    @work("statement")
    def draw(job: Job) -> Iterator[Progress]:
        for page in range(job.cursor or 0, 40):
            ...
            job.cursor = page + 1
            yield Progress(page + 1, 40, "Drawing")

Guarantee: `job.cursor` and the progress are on disk before the next step begins, so after a
kill the work begins again at the last cursor. What a step did after it may be done twice:
steps are written so that the second time changes nothing. Limit: a step holds up a stop, so
it should take seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from almoner.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `done` of `total` (None where nobody knows yet), and a few words."""

    done: int
    total: int | None = None
    note: str = ""


class WorkError(Exception):
    """Ends a job. The message is one sentence for whoever started it."""


@dataclass(frozen=True, slots=True)
class Regular:
    """A function that is called again and again, by one worker at a time."""

    name: str
    seconds: float
    function: Callable[[], object]


Work = Callable[["Job"], Iterator[Progress]]

_work: dict[str, Work] = {}
_regular: dict[str, Regular] = {}


def work(kind: str) -> Callable[[Work], Work]:
    """Register a generator function as the work of a kind of job."""

    def register(function: Work) -> Work:
        assert kind not in _work, f"two kinds of work are named {kind}"
        _work[kind] = function
        return function

    return register


def every(seconds: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a function to be called every so many seconds, outside of any transaction.

    Each has a thread of its own, so a slow one holds up no other. One that fails is logged
    and called again.
    """

    def register(function: Callable[[], object]) -> Callable[[], object]:
        name = f"{function.__module__}.{function.__qualname__}"
        _regular[name] = Regular(name, seconds, function)
        return function

    return register


def work_of(kind: str) -> Work | None:
    """What is done for a kind of job; None where this version knows no such kind."""
    return _work.get(kind)


def regular_work() -> list[Regular]:
    """Everything that comes round."""
    return list(_regular.values())
