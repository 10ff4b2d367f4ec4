"""Ten million spent serials: how much memory they take, and how long one check takes.

They lie as they do in life: of the tokens that were begun, four in ten came to be counted, in no
order. Measured in a process of its own, by what the system gave it.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pyroaring import BitMap

from almoner.reading.spent import BLOCK, BLOCK_BITS, Spent
from bench.measure import Row

SPENT = 10_000_000
BEGUN = 25_000_000
CHECKS = 300_000
# What the issue allows.
MEGABYTES, MICROSECONDS = 5, 1


def rows(_: Path) -> Iterator[Row]:
    """The two goals, as rates."""
    found = json.loads(subprocess.check_output([sys.executable, "-m", "bench.spent"]))
    allowed, held = SPENT / MEGABYTES, SPENT / (found["bytes"] / 1e6)
    yield Row(
        f"spent serials a MB, of {SPENT:,}",
        f"{MEGABYTES} MB for all",
        "serials/MB",
        held,
        allowed,
        held / allowed,
        1,
    )
    a_second = 1e6 / MICROSECONDS
    yield Row(
        f"checks among {SPENT:,} spent serials",
        "one a microsecond",
        "checks/s",
        found["checks"],
        a_second,
        found["checks"] / a_second,
        1,
    )


def main() -> None:
    """Print the bytes that the memory of them takes, and the checks a second."""
    chosen = random.Random(1)
    blocks = BEGUN // BLOCK + 1
    each = SPENT // blocks + 1
    stored = [BitMap(chosen.sample(range(BLOCK), each)).serialize() for _ in range(blocks)]
    serials = [chosen.randrange(blocks << BLOCK_BITS) for _ in range(CHECKS)]
    before = _resident()
    spent = Spent({number: BitMap.deserialize(bits) for number, bits in enumerate(stored)})
    taken = _resident() - before
    started = time.process_time()
    hits = 0
    for serial in serials:
        hits += serial in spent
    seconds = time.process_time() - started
    assert 0.35 < hits / CHECKS < 0.45, f"{hits} of {CHECKS} are spent"
    print(json.dumps({"bytes": taken, "checks": CHECKS / seconds}))


def _resident() -> int:
    """Bytes of memory that this process holds (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    main()
