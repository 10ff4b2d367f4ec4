"""Ways in which a log can lie of what was held, split, matured, delivered and taken back.

Each is a log whose last entry is wrong and whose other entries are right, with what is said of
that entry. They are told to every recount that there is.
"""

from typing import NamedTuple

import msgspec

from almoner.log.entry import Entry, EntryPledge, EntryPosting, EntryReads

TIME = "2026-05-20T12:00:00.000000Z"
FUND = "sponsor/tinwood/fund"
HELD = "campaign/bowls/held/meals/harbor-table"
OWED, DELIVERED, CONFIRMED = (
    f"charity/harbor-table/{stage}/meals/bowls" for stage in ("owed", "delivered", "confirmed")
)
# Of `twins`, which is split between two charities.
ONE_HELD, OTHER_HELD = (
    f"campaign/twins/held/meals/{charity}" for charity in ("harbor-table", "north-pantry")
)
ONE, OTHER = (f"charity/{charity}/owed/meals/twins" for charity in ("harbor-table", "north-pantry"))
DIGEST = "ab" * 32

Move = tuple[str, str, str]


class Lie(NamedTuple):
    """A log, and what is said of its last entry."""

    entries: tuple[Entry, ...]
    said: str


def bowls(share: str, *, held: bool = False) -> EntryPledge:
    """A share of the campaign that is not split."""
    return EntryPledge("bowls", 1, share, held=held)


def twins(share: str, charity: str, *, held: bool = False) -> EntryPledge:
    """A charity's part of the campaign that is split."""
    return EntryPledge("twins", 1, share, charity=charity, held=held)


def entry(
    kind: str,
    *content: EntryPledge | Move,
    corrects: int | None = None,
    evidence: tuple[str, ...] = (),
    reads: EntryReads | None = None,
) -> Entry:
    """An entry of these pledges and moves of meals; where it lies is said by `log`."""
    return Entry(
        1,
        0,
        TIME,
        kind,
        "",
        corrects,
        tuple(each for each in content if isinstance(each, EntryPledge)),
        tuple(
            EntryPosting(each[0], each[1], "meal", each[2])
            for each in content
            if not isinstance(each, EntryPledge)
        ),
        evidence,
        reads,
    )


def lie(said: str, *entries: Entry) -> Lie:
    """A log of these entries, each saying that it lies where it lies."""
    return Lie(
        tuple(msgspec.structs.replace(each, index=at) for at, each in enumerate(entries)),
        said,
    )


def takes(share: str, *moves: Move, held: bool = False, corrects: int = 0) -> Entry:
    """A refund of `bowls`."""
    return entry("refund", bowls(share, held=held), *moves, corrects=corrects)


def back(debit: str, credit: str, value: str, corrects: int) -> Entry:
    """A reversal."""
    return entry("reversal", (debit, credit, value), corrects=corrects)


SOLD = entry("pledge", bowls("4"), ("external", OWED, "4"))
KEPT = entry("pledge", bowls("5/2", held=True), ("external", HELD, "2"))
RIPE = entry("maturity", bowls("5/2"), (HELD, OWED, "2"))
HALVES = entry(
    "pledge",
    twins("1", "harbor-table"),
    twins("1", "north-pantry"),
    ("external", ONE, "1"),
    ("external", OTHER, "1"),
)
READS = EntryReads(4, "cd" * 32)
READ = entry("pledge", bowls("4"), ("external", OWED, "4"), reads=READS)
GIVEN = entry("delivery", (OWED, DELIVERED, "3"), evidence=(DIGEST,))
ARRIVED = entry("confirmation", (DELIVERED, CONFIRMED, "2"))

LIES = {
    # Holds
    "held, and owed at once": lie(
        "moves 2 from payer to owed for bowls, whose exact totals make it 2 from payer to held",
        entry("pledge", bowls("2", held=True), ("external", OWED, "2")),
    ),
    "not held, and kept as held": lie(
        "moves 2 from payer to held for bowls, whose exact totals make it 2 from payer to owed",
        entry("pledge", bowls("2"), ("external", HELD, "2")),
    ),
    "not held, and by way of held": lie(
        "moves 2 from payer to held for bowls, whose exact totals make it 2 from payer to owed",
        entry("pledge", bowls("2"), ("external", HELD, "2"), (HELD, OWED, "2")),
    ),
    "another remainder than its own": lie(
        "moves 1 from payer to owed for bowls, whose exact totals make it 1 from payer to held",
        KEPT,
        entry("pledge", bowls("1/2"), ("external", OWED, "1")),
    ),
    "owed before it was held": lie(
        "moves 2 from held to owed for bowls, whose exact totals make it 1 from payer to held",
        KEPT,
        entry("pledge", bowls("1/2"), ("external", HELD, "1")),
        entry("pledge", bowls("3/2"), (HELD, OWED, "2"), ("external", HELD, "1")),
    ),
    "held by another campaign": lie(
        "has a posting that no pledge accounts for: external to campaign/twins/held",
        entry("pledge", bowls("2", held=True), ("external", ONE_HELD, "2")),
    ),
    "taken off as held, and was not": lie(
        "takes off bowls as held what entry 0 did not hold",
        SOLD,
        entry("pledge", bowls("2", held=True), ("external", HELD, "2")),
        takes("-1", (HELD, "external", "1"), held=True),
    ),
    "taken off as held of a campaign that gave nothing": lie(
        "takes off bowls as held what entry 1 did not hold",
        entry("pledge", bowls("2", held=True), ("external", HELD, "2")),
        HALVES,
        takes("-1", (HELD, "external", "1"), held=True, corrects=1),
    ),
    "taken off as matured, and is held": lie(
        "leaves bowls below nothing",
        KEPT,
        takes("-1", (OWED, "external", "1")),
    ),
    "taken off what is owed, and is held": lie(
        "moves 1 from owed to payer for bowls, whose exact totals make it 1 from held to payer",
        SOLD,
        KEPT,
        takes("-1", (OWED, "external", "1"), held=True, corrects=1),
    ),
    "taken off as held, and matured": lie(
        "leaves more of bowls matured than was promised",
        KEPT,
        RIPE,
        takes("-1", (OWED, "external", "1"), held=True),
    ),
    # Maturity
    "matures what was never promised": lie(
        "leaves more of bowls matured than was promised",
        KEPT,
        entry("maturity", bowls("3"), (HELD, OWED, "3")),
    ),
    "matures twice": lie("leaves more of bowls matured than was promised", KEPT, RIPE, RIPE),
    "matures more than its share": lie(
        "moves 2 from held to owed for bowls, whose exact totals make it 1 from held to owed",
        KEPT,
        entry("maturity", bowls("1"), (HELD, OWED, "2")),
    ),
    "matures and moves nothing": lie(
        "moves nothing for bowls, whose exact totals make it 2 from held to owed",
        KEPT,
        entry("maturity", bowls("5/2")),
    ),
    "matures from outside": lie(
        "moves 2 from payer to owed for bowls, whose exact totals make it 2 from held to owed",
        KEPT,
        entry("maturity", bowls("5/2"), ("external", OWED, "2")),
    ),
    "matures backwards": lie(
        "is a maturity with a share of -1", KEPT, entry("maturity", bowls("-1"), (OWED, HELD, "1"))
    ),
    "matures nothing": lie("is a maturity with a share of 0", KEPT, entry("maturity", bowls("0"))),
    "matures and is still held": lie(
        "is a maturity of what is still held", KEPT, entry("maturity", bowls("1", held=True))
    ),
    "a maturity that corrects": lie(
        "is a maturity with corrects: 0",
        KEPT,
        entry("maturity", bowls("5/2"), (HELD, OWED, "2"), corrects=0),
    ),
    "a maturity without pledges": lie(
        "is a maturity with 0 pledges", KEPT, entry("maturity", (HELD, OWED, "2"))
    ),
    "held is moved on without maturity": lie(
        f"moves from {HELD} to {OWED}, which is the way of no transfer",
        KEPT,
        entry("transfer", (HELD, OWED, "2")),
    ),
    # Top-ups
    "a top-up that takes": lie(
        "is a top-up with a share of -1",
        SOLD,
        entry("top-up", bowls("-1"), (OWED, "external", "1")),
    ),
    "a top-up that is taken off": lie(
        "corrects entry 0, which is a top-up",
        entry("top-up", bowls("1"), ("external", OWED, "1")),
        takes("-1", (OWED, "external", "1")),
    ),
    "a top-up that corrects": lie(
        "is a top-up with corrects: 0",
        SOLD,
        entry("top-up", bowls("1"), ("external", OWED, "1"), corrects=0),
    ),
    "a top-up that moves more": lie(
        "moves 2 from payer to owed for bowls, whose exact totals make it 1 from payer to owed",
        entry("top-up", bowls("1"), ("external", OWED, "2")),
    ),
    # Splits
    "one charity's part to the other": lie(
        "moves nothing for twins for harbor-table, whose exact totals make it 1 from payer to owed",
        entry(
            "pledge",
            twins("1", "harbor-table"),
            twins("1", "north-pantry"),
            ("external", OTHER, "1"),
            ("external", ONE, "1"),
        ),
    ),
    "to a charity that is not named": lie(
        f"has a posting that no pledge accounts for: external to {OTHER}",
        entry("pledge", twins("1", "harbor-table"), ("external", OTHER, "1")),
    ),
    "both remainders to one": lie(
        "moves 1 from payer to owed for twins for harbor-table, whose exact totals make it"
        " 2 from payer to owed",
        entry(
            "pledge",
            twins("3/2", "harbor-table"),
            twins("3/2", "north-pantry"),
            ("external", ONE, "1"),
            ("external", OTHER, "1"),
        ),
        entry(
            "pledge",
            twins("3/2", "harbor-table"),
            twins("3/2", "north-pantry"),
            ("external", ONE, "1"),
            ("external", OTHER, "3"),
        ),
    ),
    "a charity named twice": lie(
        "names a campaign twice",
        entry(
            "pledge",
            twins("1", "harbor-table"),
            twins("1", "harbor-table"),
            ("external", ONE, "2"),
        ),
    ),
    "split now and then": lie(
        "names a charity for twins only now and then",
        HALVES,
        entry("pledge", EntryPledge("twins", 1, "1"), ("external", ONE, "1")),
    ),
    "split only later": lie(
        "names a charity for bowls only now and then",
        SOLD,
        entry(
            "pledge",
            EntryPledge("bowls", 1, "1", charity="harbor-table"),
            ("external", OWED, "1"),
        ),
    ),
    "to another charity than before": lie(
        "gives meals to north-pantry for bowls, which gives otherwise",
        SOLD,
        entry("pledge", bowls("1"), ("external", "charity/north-pantry/owed/meals/bowls", "1")),
    ),
    "for another cause than before": lie(
        "gives toys to harbor-table for bowls, which gives otherwise",
        SOLD,
        entry("pledge", bowls("1"), ("external", "charity/harbor-table/owed/toys/bowls", "1")),
    ),
    "one part for another cause": lie(
        "gives toys to north-pantry for twins, which gives otherwise",
        entry(
            "pledge",
            twins("1", "harbor-table"),
            twins("1", "north-pantry"),
            ("external", ONE, "1"),
            ("external", "charity/north-pantry/owed/toys/twins", "1"),
        ),
    ),
    "owed under another campaign": lie(
        f"has a posting that no pledge accounts for: external to {ONE}",
        entry("pledge", bowls("1"), ("external", ONE, "1")),
    ),
    "taken off the other charity's part": lie(
        "takes more off twins for north-pantry than entry 0 gave it",
        entry("pledge", twins("2", "harbor-table"), ("external", ONE, "2")),
        HALVES,
        entry("refund", twins("-1", "north-pantry"), (OTHER, "external", "1"), corrects=0),
    ),
    "matures the other charity's part": lie(
        "leaves more of twins for north-pantry matured than was promised",
        entry("pledge", twins("2", "harbor-table", held=True), ("external", ONE_HELD, "2")),
        entry("maturity", twins("2", "north-pantry"), (OTHER_HELD, OTHER, "2")),
    ),
    # Who pays, and which accounts there are
    "paid from an opening": lie(
        f"moves from opening/meals to {OWED}, which is the way of no pledge",
        entry("opening", ("external", "opening/meals", "9")),
        entry("pledge", bowls("1"), ("opening/meals", OWED, "1")),
    ),
    "paid by another promise": lie(
        f"moves from {OWED} to {ONE}, which is the way of no pledge",
        SOLD,
        entry("pledge", twins("1", "harbor-table"), (OWED, ONE, "1")),
    ),
    "paid to nobody": lie(
        f"moves from external to {FUND}, which is the way of no pledge",
        entry("pledge", bowls("1"), ("external", FUND, "1")),
    ),
    "delivered with the pledge": lie(
        "moves 1 from payer to delivered for bowls, whose exact totals make it"
        " 1 from payer to owed",
        entry("pledge", bowls("1"), ("external", DELIVERED, "1")),
    ),
    "an account of four segments": lie(
        "names charity/harbor-table/owed/meals, which is no account",
        entry("pledge", bowls("1"), ("external", "charity/harbor-table/owed/meals", "1")),
    ),
    "an account of no stage": lie(
        "names charity/harbor-table/lost/meals/bowls, which is no account",
        SOLD,
        entry("delivery", (OWED, "charity/harbor-table/lost/meals/bowls", "1")),
    ),
    "owed by an opening": lie(
        f"moves from external to {OWED}, which is the way of no opening",
        entry("opening", ("external", OWED, "5")),
    ),
    "owed by a deposit": lie(
        f"moves from external to {OWED}, which is the way of no deposit",
        entry("deposit", ("external", OWED, "5")),
    ),
    # Deliveries and confirmations
    "delivers more than is owed": lie(
        f"leaves {OWED} at -1 meal in minor units",
        SOLD,
        entry("delivery", (OWED, DELIVERED, "5")),
    ),
    "delivers what is held": lie(
        f"moves from {HELD} to {DELIVERED}, which is the way of no delivery",
        KEPT,
        entry("delivery", (HELD, DELIVERED, "2")),
    ),
    "delivers from outside": lie(
        f"moves from external to {DELIVERED}, which is the way of no delivery",
        SOLD,
        entry("delivery", ("external", DELIVERED, "1")),
    ),
    "delivers to another charity": lie(
        "which is the way of no delivery",
        SOLD,
        entry("delivery", (OWED, "charity/north-pantry/delivered/meals/bowls", "1")),
    ),
    "delivers for another campaign": lie(
        "which is the way of no delivery",
        SOLD,
        entry("delivery", (OWED, "charity/harbor-table/delivered/meals/twins", "1")),
    ),
    "delivers for another cause": lie(
        "which is the way of no delivery",
        SOLD,
        entry("delivery", (OWED, "charity/harbor-table/delivered/toys/bowls", "1")),
    ),
    "confirms what was not delivered": lie(
        f"moves from {OWED} to {CONFIRMED}, which is the way of no confirmation",
        SOLD,
        entry("confirmation", (OWED, CONFIRMED, "1")),
    ),
    "confirms more than was delivered": lie(
        f"leaves {DELIVERED} at -1 meal in minor units",
        SOLD,
        GIVEN,
        entry("confirmation", (DELIVERED, CONFIRMED, "4")),
    ),
    "a delivery that is called a transfer": lie(
        f"moves from {OWED} to {DELIVERED}, which is the way of no transfer",
        SOLD,
        entry("transfer", (OWED, DELIVERED, "1")),
    ),
    "a delivery that corrects": lie(
        "is a delivery with corrects: 0",
        SOLD,
        entry("delivery", (OWED, DELIVERED, "1"), corrects=0),
    ),
    "a delivery with pledges": lie(
        "is a delivery with 1 pledges", SOLD, entry("delivery", bowls("1"), (OWED, DELIVERED, "1"))
    ),
    "a delivery of nothing": lie(
        "is a delivery that moves nothing", entry("delivery", evidence=(DIGEST,))
    ),
    # Reversals
    "takes back from nowhere": lie(
        "is a reversal with corrects: ", SOLD, GIVEN, entry("reversal", (DELIVERED, OWED, "1"))
    ),
    "takes back more than was delivered": lie(
        f"takes more back from {DELIVERED} than entry 1 moved there",
        SOLD,
        GIVEN,
        entry("delivery", (OWED, DELIVERED, "1")),
        back(DELIVERED, OWED, "4", 1),
    ),
    "takes back twice": lie(
        f"takes more back from {DELIVERED} than entry 1 moved there",
        SOLD,
        GIVEN,
        entry("delivery", (OWED, DELIVERED, "1")),
        back(DELIVERED, OWED, "2", 1),
        back(DELIVERED, OWED, "2", 1),
    ),
    "takes back what another delivery moved": lie(
        f"takes more back from {DELIVERED} than entry 3 moved there",
        SOLD,
        HALVES,
        GIVEN,
        entry("delivery", (ONE, ONE.replace("owed", "delivered"), "1")),
        back(DELIVERED, OWED, "1", 3),
    ),
    "takes a delivery back through a confirmation": lie(
        f"takes more back from {DELIVERED} than entry 2 moved there",
        SOLD,
        GIVEN,
        ARRIVED,
        back(DELIVERED, OWED, "1", 2),
    ),
    "takes back what was confirmed since": lie(
        f"leaves {DELIVERED} at -2 meal in minor units",
        SOLD,
        GIVEN,
        ARRIVED,
        back(DELIVERED, OWED, "3", 1),
    ),
    "takes back a pledge": lie(
        "corrects entry 0, which is a pledge", SOLD, GIVEN, back(DELIVERED, OWED, "1", 0)
    ),
    "takes back a reversal": lie(
        "corrects entry 2, which is a reversal",
        SOLD,
        GIVEN,
        back(DELIVERED, OWED, "1", 1),
        back(DELIVERED, OWED, "1", 2),
    ),
    "takes back what is yet to come": lie(
        "corrects entry 9, which is not before it", SOLD, GIVEN, back(DELIVERED, OWED, "1", 9)
    ),
    "takes back the way it went": lie(
        f"moves from {OWED} to {DELIVERED}, which is the way of no reversal",
        SOLD,
        GIVEN,
        back(OWED, DELIVERED, "1", 1),
    ),
    "takes back all the way at once": lie(
        f"moves from {CONFIRMED} to {OWED}, which is the way of no reversal",
        SOLD,
        GIVEN,
        ARRIVED,
        back(CONFIRMED, OWED, "1", 2),
    ),
    "takes back to outside": lie(
        f"moves from {DELIVERED} to external, which is the way of no reversal",
        SOLD,
        GIVEN,
        back(DELIVERED, "external", "1", 1),
    ),
    "a delivery is taken off as a refund": lie(
        "corrects entry 1, which is a delivery",
        SOLD,
        GIVEN,
        takes("-1", (OWED, "external", "1"), corrects=1),
    ),
    # Evidence
    "evidence of a pledge": lie(
        "is a pledge with evidence",
        entry("pledge", bowls("1"), ("external", OWED, "1"), evidence=(DIGEST,)),
    ),
    "evidence that is no digest": lie(
        "has evidence that is not 64 hexadecimal digits",
        SOLD,
        entry("delivery", (OWED, DELIVERED, "1"), evidence=(DIGEST, DIGEST.upper())),
    ),
    # Reads
    "reads that were delivered": lie(
        "is a delivery with reads", SOLD, entry("delivery", (OWED, DELIVERED, "1"), reads=READS)
    ),
    "reads that were taken off": lie(
        "is a refund with reads",
        READ,
        entry("refund", bowls("-1"), (OWED, "external", "1"), corrects=0, reads=READS),
    ),
    "the reads of a top-up": lie(
        "is a top-up with reads",
        entry("top-up", bowls("1"), ("external", OWED, "1"), reads=READS),
    ),
    "no reads at all": lie(
        "is for 0 reads", READ, entry("pledge", bowls("0"), reads=EntryReads(0, DIGEST))
    ),
    "fewer reads than none": lie(
        "is for -1 reads", entry("pledge", bowls("0"), reads=EntryReads(-1, DIGEST))
    ),
    "more reads than a batch has": lie(
        "is for 1000001 reads", entry("pledge", bowls("0"), reads=EntryReads(1_000_001, DIGEST))
    ),
    "a root that is no digest": lie(
        "has a root of its reads that is not 64 hexadecimal digits",
        entry("pledge", bowls("0"), reads=EntryReads(1, DIGEST[2:])),
    ),
    "a later root that is no digest": lie(
        "has a root of its reads that is not 64 hexadecimal digits",
        READ,
        msgspec.structs.replace(READ, reads=EntryReads(4, DIGEST.upper())),
    ),
    "the same reads twice": lie("gives again for bowls and the same reads", READ, READ),
    "some of the same reads twice": lie(
        "gives again for bowls and the same reads",
        READ,
        entry("pledge", bowls("1/2"), reads=EntryReads(2, READS.root)),
    ),
    "the same reads twice for one charity": lie(
        "gives again for twins for north-pantry and the same reads",
        msgspec.structs.replace(HALVES, reads=READS),
        entry("pledge", twins("1/2", "north-pantry"), reads=READS),
    ),
}

# The whole life of two campaigns, in which nothing is wrong.
TRUTH = lie(
    "",
    KEPT,
    entry("pledge", bowls("1/2", held=True), ("external", HELD, "1")),
    takes("-1/2", (HELD, "external", "1"), held=True, corrects=1),
    RIPE,
    entry("pledge", bowls("1/2"), ("external", OWED, "1")),
    entry("pledge", bowls("3/2", held=True), ("external", HELD, "1")),
    entry("pledge", bowls("3/2"), ("external", HELD, "2"), (HELD, OWED, "1")),
    takes("-3/2", (OWED, HELD, "1"), (HELD, "external", "2"), corrects=6),
    entry("maturity", bowls("3/2"), (HELD, OWED, "1")),
    HALVES,
    entry("top-up", twins("2", "north-pantry"), ("external", OTHER, "2")),
    entry("delivery", (OWED, DELIVERED, "2"), (OWED, DELIVERED, "1"), evidence=(DIGEST,) * 20),
    ARRIVED,
    back(CONFIRMED, DELIVERED, "1", 12),
    back(DELIVERED, OWED, "2", 11),
    takes("-1", (OWED, "external", "1")),
    entry("pledge", bowls("0"), reads=READS),
    entry("pledge", twins("0", "harbor-table"), reads=READS),
    entry("pledge", bowls("0"), reads=EntryReads(4, DIGEST)),
)
