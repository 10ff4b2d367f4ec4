"""What a monitor has to say, and to whom: one alert a kind until it clears.

An alert goes to whoever runs the monitor, as a line, and to a webhook, as JSON signed by
Standard Webhooks where there is a secret (standardwebhooks.com). A hook that does not take an
alert gets it again the next round, under the same id.
"""

import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec
from standardwebhooks.webhooks import Webhook

from almoner.audit.memory import Raised

TIMEOUT: Final = 10.0  # seconds a hook has to answer


class Kind(StrEnum):
    """What can be wrong with a log."""

    SILENT = "silent"
    SIGNATURE = "signature"
    ROLLBACK = "rollback"
    FORK = "fork"
    ALTERED = "altered"
    ENTRY = "entry"
    COUNTERS = "counters"
    STALE = "stale"
    QUORUM = "quorum"


@dataclass(frozen=True, slots=True)
class Alert:
    """A kind, a sentence, and the signed checkpoints that prove it to others, if any do."""

    kind: Kind
    sentence: str
    evidence: tuple[str, ...] = ()


class AlarmError(Exception):
    """Ends a round: what is read cannot be believed, so nothing after it can be looked at."""

    def __init__(self, kind: Kind, sentence: str, *evidence: str) -> None:
        super().__init__(sentence)
        self.alert = Alert(kind, sentence, evidence)


class HookError(Exception):
    """A webhook did not take an alert, or cannot be used; the message says why."""


Post = Callable[[Alert, int], None]


def update(
    raised: Mapping[str, Raised],
    alerts: Sequence[Alert],
    now: int,
    post: Post | None,
    *,
    whole: bool,
) -> tuple[dict[str, Raised], list[str]]:
    """What is raised after a round, and why the hook did not take what it was to.

    `whole` says that everything was looked at: otherwise what is not alerted is not cleared,
    but for silence, which any answer clears.
    """
    after = {} if whole else {kind: each for kind, each in raised.items() if kind != Kind.SILENT}
    troubles: list[str] = []
    for alert in alerts:
        before = raised.get(alert.kind)
        since = before.since if before else now
        told = before.told if before else False
        if post is not None and not told:
            try:
                post(alert, since)
                told = True
            except HookError as error:
                troubles.append(str(error))
        after[alert.kind] = Raised(alert.sentence, since, told)
    return after, troubles


def hook(url: str, secret: str, log: str) -> Post:
    """A webhook that takes alerts about a log; a `HookError` where it cannot be used at all."""
    if not url.startswith(("http://", "https://")):
        raise HookError(f"--webhook {url} is not a web address.")
    try:
        signer = Webhook(secret) if secret else None
    except Exception:
        raise HookError("ALMONER_MONITOR_SECRET is no webhook secret: whsec_ and base64.") from None

    def post(alert: Alert, since: int) -> None:
        moment = datetime.now(UTC)
        body = msgspec.json.encode(
            {
                "type": f"log.{alert.kind}",
                "timestamp": datetime.fromtimestamp(since, UTC),
                "data": {"log": log, "message": alert.sentence, "evidence": alert.evidence},
            }
        )
        name = sha256(f"{log}\n{alert.kind}\n{since}".encode()).hexdigest()[:24]
        headers = {
            "content-type": "application/json",
            "webhook-id": f"msg_{name}",
            "webhook-timestamp": str(int(moment.timestamp())),
        }
        if signer is not None:
            headers["webhook-signature"] = signer.sign(f"msg_{name}", moment, body.decode())
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - http or https
                pass
        except (OSError, ValueError) as error:
            raise HookError(f"The webhook {url} did not take the alert: {error}.") from None

    return post
