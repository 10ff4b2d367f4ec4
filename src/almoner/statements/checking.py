"""What is handed over with a statement, so that anybody can hold it to the public log.

The file is what `almoner verify` remembers of a log it has seen (`audit.verifying.Seen`): given
back to it with `--state`, it refuses a log that does not begin with this tree.
"""

import msgspec

from almoner.statements.document import Document


def seen(document: Document) -> bytes | None:
    """The tree of a statement for `almoner verify --state`; None for an empty log."""
    log = document.log
    if not log.end:
        return None
    found = {
        "origin": log.origin,
        "key": log.key,
        "size": log.end,
        "root": log.root,
        "time": document.period.until,
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
