"""`POST /e/shopify`: a shop's webhook, verified, committed, answered.

An order that was edited after it was counted is answered 200 with the status `conflict`:
Shopify would send a refused delivery again for days, then end the subscription.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from almoner.connectors import shopify
from almoner.intake.api import Receipt, receipt
from almoner.intake.committer import Committer
from almoner.intake.http import Receive, Scope, Send, read_body, respond
from almoner.ledger import Event, Outcome

CONFLICT = "It was received before and said something else. Nothing was changed."

logger = logging.getLogger(__name__)


class Answer(msgspec.Struct, frozen=True):
    """What became of each event of the delivery."""

    received: tuple[Receipt, ...]


class ShopifyDeliveries:
    """The endpoint. Answers 200 once everything in the delivery is on disk."""

    def __init__(self, committer: Committer, shops: Mapping[str, str]) -> None:
        self._committer = committer
        self._shops = shops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Verify, read, commit, acknowledge; a `Problem` at the first thing that is wrong."""
        body = await read_body(receive, shopify.MAX_BODY)
        now = datetime.now(UTC)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        shop = shopify.verify(headers, body, self._shops, now)
        events = shopify.read(headers, body, shop, now, self._shops[shop].encode())
        outcomes = await self._committer.append(events)
        _warn(shop, events, outcomes)
        answer = Answer(tuple(_receipt(outcome) for outcome in outcomes))
        await respond(send, 200, msgspec.json.encode(answer))


def _receipt(outcome: Outcome) -> Receipt:
    if outcome.status == "conflict":
        outcome = msgspec.structs.replace(outcome, detail=CONFLICT)
    return receipt(outcome)


def _warn(shop: str, events: Sequence[Event], outcomes: Sequence[Outcome]) -> None:
    changed = [
        event.ref
        for event, outcome in zip(events, outcomes, strict=True)
        if outcome.status == "conflict"
    ]
    if changed:
        logger.warning(
            "The shop %s changed %s after it was received: nothing was changed here",
            shop,
            ", ".join(changed),
        )
