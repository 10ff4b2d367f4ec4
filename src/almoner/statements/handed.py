"""What was handed over in a stretch of the log, and the documents that show it.

Read from the public entries themselves: a reference is the sender's, evidence is known by its
SHA-256, and what a document is comes from whoever keeps it.
"""

from collections.abc import Iterable, Mapping, Sequence

from almoner.ledger import Database, statement
from almoner.ledger.statement import Account, Stretch
from almoner.log import entry
from almoner.statements import figures
from almoner.statements.document import Evidence, Handover
from almoner.units import minor_units

Named = Mapping[str, str]  # what documents are, by their SHA-256


def handed(db: Database, chosen: Sequence[Account], within: Stretch) -> tuple[Handover, ...]:
    """The parts of deliveries, confirmations and reversals that concern the chosen accounts."""
    scales = {each.path: each.scale for each in chosen}
    found: list[Handover] = []
    for each in statement.handed(db, chosen, within):
        written = entry.decode(each.body)
        for posting in written.postings:
            place = figures.place_of(posting.debit)
            if place is None or posting.debit not in scales:
                continue
            scale = scales[posting.debit]
            found.append(
                Handover(
                    each.entry,
                    each.time,
                    each.kind,
                    each.ref,
                    place[1].campaign,
                    place[1].charity,
                    posting.unit,
                    scale,
                    minor_units(posting.value, scale),
                    written.evidence,
                )
            )
    return tuple(found)


def evidence(handed: Iterable[Handover], named: Named) -> tuple[Evidence, ...]:
    """Every document that entries name, each once, with what it is where that is known."""
    entries: dict[str, list[int]] = {}
    for each in handed:
        for sha256 in each.evidence:
            where = entries.setdefault(sha256, [])
            if each.entry not in where:
                where.append(each.entry)
    return tuple(
        Evidence(sha256, tuple(where), named.get(sha256, "")) for sha256, where in entries.items()
    )
