"""Where a page shows a live figure: a slot, filled when the page is served.

A page is kept as bytes while figures change by the second, so a template writes the figure's
name between two control characters that HTML never holds, and `fill` puts the number there.
"""

import re
from collections.abc import Callable

OPEN, CLOSE = "\x02", "\x03"
_SLOT = re.compile(rb"\x02([a-z0-9-]+):([a-z]+)\x03")
TAG = f"{OPEN}{CLOSE}"  # where the tag of all the figures goes


def slot(cause: str, measure: str = "shown") -> str:
    """What a template writes where a cause's figure goes."""
    return f"{OPEN}{cause}:{measure}{CLOSE}"


def fill(page: bytes, tag: str, text: Callable[[str, str], str]) -> bytes:
    """Put every figure into its slot, and their tag into its own."""
    filled = _SLOT.sub(lambda found: text(found[1].decode(), found[2].decode()).encode(), page)
    return filled.replace(TAG.encode(), tag.encode())
