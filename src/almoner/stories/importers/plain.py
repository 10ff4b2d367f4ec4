"""Reads plain text into an outline: lines as they were meant, before they were wrapped.

Promise: lines broken by a mail program or an editor are put together again; a line break
that the writer made (dialogue, a verse, a counter a line) stays. Which is which is told by
the width: a line was wrapped if the first word of the next line would not have fitted.
Limit: a writer's own break that happens to fall at the very margin is taken for a wrap.
"""

import re
from itertools import pairwise

from almoner.stories.importers import marks
from almoner.stories.importers.blocks import Block, Outline, banner_text, visible

_MIN_WIDTH, _MAX_WIDTH = 40, 132  # terminals and mail wrap within these; browsers don't wrap
_HEADING = re.compile(r"^\s*#{1,6}\s+(?=\S)")  # as in Markdown, which pages are saved as too
_BULLET = re.compile(r"\s*(?:[-*•‣◦]|\d{1,3}[.)])\s")
_SEPARATES = re.compile(r"[\s\-_=~•·.]{3,}|\*{10,}")  # a rule; `* * *` in a story is its own line
_FIGURE = re.compile(r"\s*[^\w\s]{0,2}\s?\d")
_COUNTER = re.compile(
    r"\s*[^\w\s]{0,2}\s?\d[\d.,' \u00a0]*[KMB+]?\s+[A-Z][\w.]*(?:\s[\w.&'’-]+){1,9}$"
)
_SEPARATED = re.compile(r"\d.*(?: [|·•] | {2,}).*\d")
_ENDS_SENTENCE = re.compile(r"[.!?…:][\"'”’»)\]]*$")


def outline_of(text: str) -> Outline:
    """The outline of a plain text: one node for each group of lines between blank lines."""
    outline = Outline([])
    groups = _groups(text)
    width = _wrap_width(groups)
    for group in groups:
        outline.parents.append(0)
        outline.tags.append("lines")
        outline.hints.append(frozenset())
        node = len(outline.parents) - 1
        for line in _unwrapped(group, width):
            shown = visible(_HEADING.sub("", line))
            if shown:
                outline.blocks.append(Block(shown, _as_counter(line), "line", node))
    return outline


def _as_counter(line: str) -> str:
    tabbed = re.sub(r"\t+", "\u00a0\u00a0", line.strip().replace("**", ""))
    return banner_text(re.sub(" {2,}", "\u00a0\u00a0", tabbed))


def _groups(text: str) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in re.split(r"\r\n|\r|\n|\x0b|\x0c|\x85|\u2028|\u2029", text):
        if not visible(line) or _SEPARATES.fullmatch(line):
            groups.append([])
        else:
            groups[-1].append(re.sub("[\x00-\x08\x0e-\x1f]", "", line.rstrip()))
    return [group for group in groups if group]


def _wrap_width(groups: list[list[str]]) -> int:
    """The column at which the text was wrapped, or 0 if it was not."""
    breaks = [
        (line, following)
        for group in groups
        for margin in [_margin(group)]
        for line, following in pairwise(group)
        if len(line) >= _MIN_WIDTH * 3 // 4
        and _indent(following) <= margin
        and not _stands_alone(line, following)
        and " " in line.strip()
    ]
    lengths = sorted(len(line) for line, _ in breaks)
    for width in dict.fromkeys((lengths[-1], lengths[-1 - len(lengths) // 10]) if lengths else ()):
        full = [line for line, following in breaks if _would_not_fit(line, following, width)]
        open_ended = [line for line in full if not _ENDS_SENTENCE.search(line)]
        if (
            _MIN_WIDTH <= width <= _MAX_WIDTH
            and len(full) >= 0.6 * len(breaks)
            and len(open_ended) >= 0.5 * len(full)
        ):
            return width
    return 0


def _stands_alone(line: str, following: str) -> bool:
    """Whether a line is one of a banner or of a list of share links: none is ever wrapped."""
    counters = _COUNTER.match(line) or (_FIGURE.match(line) and _FIGURE.match(following))
    return bool(
        counters
        or "\t" in line.strip()
        or _SEPARATED.search(line)
        or marks.is_networks(line)
        or marks.is_networks(following)
    )


def _margin(group: list[str]) -> int:
    """Where the lines of a group begin; one that begins further in opens a paragraph."""
    return min(_indent(line) for line in group)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _would_not_fit(line: str, following: str, width: int) -> bool:
    return not _stands_alone(line, following) and len(line) + 1 + len(following.split()[0]) > width


def _unwrapped(group: list[str], width: int) -> list[str]:
    lines = [group[0]]
    margin = _margin(group)
    last = group[0]
    for line in group[1:]:
        wrapped = width and _would_not_fit(last, line, width)
        if wrapped and _indent(line) <= margin and not _BULLET.match(line):
            joint = "" if re.search(r"[^\W\d_](?:-|--)$", last) else " "
            lines[-1] = f"{lines[-1]}{joint}{line.strip()}"
        else:
            lines.append(line)
        last = line
    return lines
