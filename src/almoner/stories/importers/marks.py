"""Knows the lines that stand around a story and are not part of it.

Promise: a line is judged only as a whole and only if it is short; a sentence of the story
that merely contains such words ("We baked cookies", "share this bread") is never one. Each
mark says how far it reaches: this line, a run of similar lines, or the rest of the page.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from almoner.stories.importers.phrases import PHRASES, Reach


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line is, by the name of a region, and how far that reaches."""

    region: str
    reach: Reach


_NETWORK = (
    r"(?:click to )?(?:share|tweet|pin|post|save|e-?mail|print|send|copy|like|"
    r"follow)?(?: (?:this|it|us))?"
    r"(?: (?:a )?link)?(?: (?:on|via|to|with|by|over|through))?(?: a friend)?\s*"
    r"(?:facebook(?: messenger)?|twitter|x(?: ?\(twitter\)| / twitter)?|whats ?app|pinterest|"
    r"e-?mail|copy link|copy|link|print|linked ?in|reddit|tumblr|telegram|bluesky|mastodon|threads|"
    r"messenger|sms|text|more|[ftp]|in|"
    r"tweet|pin(?: it)?|pocket|instagram|snapchat|tik ?tok|line|vk|xing|"
    r"flipboard|hacker news|google\+?|skype|native share|(?:total )?shares?|likes?|youtube)"
    r"(?:\s*\(opens in (?:a )?new (?:window|tab)\))?(?:\s*\d[\d.,kKmM]*(?: shares?)?)?"
)
NETWORKS = re.compile(
    rf"(?:{_NETWORK}|[\d.,]+[kKmM]?(?:\s+shares?)?)(?:[\s,|·•/]*{_NETWORK})*", re.I
)
# Also the addresses that a browser saves with its links.
_BRACKETS = re.compile(r"^-\s+|\(?<?https?://[^\s<>]+>?|[\[\]•*]")
_LIKE = re.compile(
    r"(?:like this:?|like loading(?:\.\.\.|…)?|loading(?:\.\.\.|…)?|be the first to like this\.?)",
    re.I,
)
SHARE = re.compile(
    r"(?:please )?(?:share|spread the word|teilen|partager|compartir|condividi|delen|dela|"
    r"compartilhar)(?: (?:this(?: (?:story|post|article|page|with (?:a )?friends?))?|"
    r"the (?:story|love|"
    r"word)|on|via|it|now))?\s*(?:[:：!]|$)(?P<rest>.*)",
    re.I,
)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = (
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
    rf"(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|"
    rf"th)?\s+{_MONTH},?\s+\d{{4}}"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
    r"(?:,?\s+(?:at\s+)?\d{1,2}[:.]\d\d(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{2,4})?)?"
)
_READ = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|"
    r"ten)[\s-]+min(?:ute)?s?(?:[\s-]+read)?(?:ing time)?"
)
_NAME = r"[^\W\d_][\w.'’\-]*(?:\s+(?:and|&|de|van|von|der|la|[^\W\d_][\w.'’\-]*)){0,5}"
_BY = (
    r"(?:(?:written|posted|published|reported|story|words|text|photos?|pictures)\s+)?by:?\s+"
    rf"(?-i:(?=[A-ZÀ-ÞŁŚŻ]){_NAME})"
)
_WHEN = (
    rf"(?:(?:last\s+)?(?:posted|published|updated|modified)(?:\s+(?:on|at))?:?\s*)?{_DATE}"
    rf"|(?:reading time:?\s*)?{_READ}|\d+\s+(?:minutes?|hours?|days?|weeks?|months?|years?) ago"
    r"|\d[\d,.]*\s+(?:comments?|views?|shares?|likes?|reads?)|leave a comment|no comments"
)
_META = re.compile(
    rf"(?:{_BY}|{_WHEN})(?:\s*(?:[|·•,/–—-]|\s)\s*(?:on\s+)?(?:{_BY}|{_WHEN}|"
    rf"updated:?\s*{_DATE}))*\s*",
    re.I,
)

_LINES = [
    (re.compile("|".join(phrases.split("\n")[1:-1]), re.IGNORECASE), Mark(region, reach))
    for region, reach, phrases in PHRASES
]
_LONGEST_MARK = 420
_NAV_WORDS = frozenset(
    """
    home about us shop store contact menu search log in login sign up account my cart donate stories
    blog news all causes give now faq help impact our work press careers events get involved
    volunteer skip to content main navigation toggle subscribe newsletter register join more
    products categories topics popular latest videos community forum support adopt breeds dogs
    cats
    """.split()
)


def mark_of(text: str, spaced: str = "") -> Mark | None:
    """What the line `text` is if it does not belong to a story.

    `spaced` is the same line with a space at each border of elements.
    """
    if len(text) > _LONGEST_MARK:
        return None
    return _mark(text) or (_mark(spaced) if spaced and spaced != text else None)


@lru_cache(maxsize=50_000)
def _mark(text: str) -> Mark | None:
    line = " ".join(text.split())
    share = SHARE.fullmatch(line)
    if share and (not share["rest"].strip() or is_networks(share["rest"])):
        return Mark("share", "networks")
    if _LIKE.fullmatch(line):
        return Mark("share", "line")
    for pattern, mark in _LINES:
        if pattern.fullmatch(line):
            return mark
    return None


def is_networks(text: str) -> bool:
    """Whether a line holds nothing but names of networks: `Facebook X WhatsApp`."""
    line = " ".join(_BRACKETS.sub(" ", text).split())
    return len(line) < 300 and bool(NETWORKS.fullmatch(line) or _LIKE.fullmatch(line))


def is_signed_date(text: str) -> bool:
    """Whether a line is a name with a date or a length of reading: `Ann Lee · 3 min read`."""
    parts = [part.strip() for part in re.split(r"\s*[|·•—–]\s*|\s-\s|\s+(?=\d+ min)", text)]
    return (
        1 < len(parts) <= 6
        and len(text) < 160
        and all(is_name(p) or p.casefold() in ("follow", "") or is_meta(p) for p in parts)
        and any(is_meta(p) for p in parts)
    )


def is_name(text: str) -> bool:
    """Whether a line could be a person's name: two to four words with capitals."""
    words = text.split()
    return 2 <= len(words) <= 4 and all(re.fullmatch(r"[A-ZÀ-ÞŁŚŻ][\w.'’-]*", w) for w in words)


def is_meta(text: str) -> bool:
    """Whether a line is a byline, a date or a length of reading, and nothing else."""
    line = " ".join(text.split())
    if re.match(r"by\b.*[^\W\d_]{3}\.$", line, re.IGNORECASE):
        return False  # "By Monday." is a sentence
    parts = [part for part in re.split(r"\s*[|·•]\s*", line) if part]
    signed = len(parts) > 2 and sum(bool(_META.fullmatch(part)) for part in parts) > 1
    return len(line) < 200 and (signed or bool(_META.fullmatch(line)))


def heads_links(text: str) -> bool:
    """Whether a line is what a text browser prints above the addresses of a page's links."""
    return text.rstrip(":").casefold() in ("references", "links", "visible links", "hidden links")


def is_navigation(text: str) -> bool:
    """Whether a line is a menu or a breadcrumb: words of menus, or parts joined by › or »."""
    line = " ".join(text.split())
    if re.search(r"[.!?…”\"’]$|«", line):
        return False
    words = re.findall(r"[^\W\d_]+", line.lower())
    if words and len(words) <= 30 and all(word in _NAV_WORDS for word in words):
        return True
    return bool(re.fullmatch(r"\S.{0,60}?(?: [›»>/] .{1,60}?){1,5}", line)) and len(line) < 160
