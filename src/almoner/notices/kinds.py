"""The kinds of e-mail, each with what is said in it.

A kind's words are the template `notices/mail/<kind>.txt`: its first line is the subject, each
paragraph after it is one of the e-mail; a line that is only an address becomes a link, lines
that begin with `- ` a list. The e-mail's two forms, text and HTML, are made from the same
paragraphs, so neither can say what the other does not.

What may be said is exactly what a kind's sample has: nothing else can slip into an e-mail,
and nothing of a buyer or a reader is among it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Said = str | list[str]

LINES: Final = ["1,200 meals of May Bowls", "USD 412.50 of Wag and Win"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of e-mail: when it is sent, to whom, and what a sample of it says.

    `secret` names the value that lets somebody in.
    """

    title: str
    when: str
    to: str
    sample: Mapping[str, Said] = field(default_factory=dict)
    secret: str = ""


KINDS: Final[dict[str, Kind]] = {
    "delivery-sent": Kind(
        "A delivery is on its way",
        "when a delivery is sent",
        "the charity",
        {
            "charity": "Harbor Table",
            "reference": "HT-2026-05",
            "day": "12 June 2026",
            "lines": LINES,
            "link": "https://example.org/arrived/sample/",
            "until": "12 July 2026",
        },
        secret="link",  # noqa: S106 - the name of a value
    ),
    "delivery-reminder": Kind(
        "Did it arrive?",
        "two weeks after a delivery that was not answered",
        "the charity",
        {
            "charity": "Harbor Table",
            "reference": "HT-2026-05",
            "day": "12 June 2026",
            "lines": LINES,
            "link": "https://example.org/arrived/sample/",
            "until": "26 July 2026",
        },
        secret="link",  # noqa: S106
    ),
    "delivery-confirmed": Kind(
        "A delivery arrived",
        "when a charity confirms a delivery",
        "the sponsor",
        {
            "name": "Northgate Mills",
            "charity": "Harbor Table",
            "reference": "HT-2026-05",
            "lines": LINES,
        },
    ),
    "delivery-disputed": Kind(
        "Something about a delivery is wrong",
        "when a charity disputes a delivery",
        "the charity, and the sponsor",
        {"name": "Northgate Mills", "charity": "Harbor Table", "reference": "HT-2026-05"},
    ),
    "statement-ready": Kind(
        "A statement is ready",
        "when a statement is shared",
        "whose statement it is",
        {
            "name": "Harbor Table",
            "title": "Statement 2026-0007",
            "period": "1 May to 31 May 2026",
            "link": "https://example.org/charity/sample/",
        },
        secret="link",  # noqa: S106
    ),
    "campaign-ending": Kind(
        "A campaign is about to end",
        "a week before a campaign ends",
        "the sponsor and the charities",
        {
            "name": "Northgate Mills",
            "campaign": "May Bowls",
            "promise": "Every item sold from 1 May to 31 May 2026 (New York time) gives 2 meals to "
            "Harbor Table.",
            "days": "from 1 May 2026 to 31 May 2026 (New York time)",
            "pledged": "41,870 meals",
            "link": "https://example.org/campaigns/may-bowls/",
        },
    ),
    "cap-reached": Kind(
        "A campaign has reached its limit",
        "when a campaign has given as much as it may",
        "the sponsor and the charities",
        {
            "name": "Northgate Mills",
            "campaign": "May Bowls",
            "cap": "50,000 meals",
            "link": "https://example.org/campaigns/may-bowls/",
        },
    ),
    "giving-paused": Kind(
        "Reads give nothing through a campaign",
        "when reads come as never before and their giving is paused",
        "the campaign managers",
        {
            "name": "Ann",
            "campaign": "Pages for Meals",
            "since": "12 June 2026, 09:30 UTC",
            "reason": "3,100 came in 10 minutes; usually it is 40 at this time of day.",
            "link": "https://example.org/admin/giving/campaigns/reads/7/",
        },
    ),
}


class MailError(ValueError):
    """What cannot be said in an e-mail of this kind; the message names the value."""


def check(kind: str, context: Mapping[str, Said]) -> Kind:
    """The kind, once the context is exactly what is said in it."""
    known = KINDS.get(kind)
    if known is None:
        raise MailError(f"There is no kind of e-mail {kind!r}: use one of {', '.join(KINDS)}.")
    wrong = sorted(known.sample.keys() ^ context.keys())
    if wrong:
        raise MailError(f"An e-mail {kind} says {', '.join(known.sample)}: mend {wrong[0]}.")
    for name, value in context.items():
        if type(value) is not type(known.sample[name]):
            raise MailError(f"An e-mail {kind} says {name} as {type(known.sample[name]).__name__}.")
    return known
