"""The connectors that deliveries are sent to, by the name that ends their address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from almoner.connectors import shopify, standard_webhooks, stripe, woocommerce
from almoner.ledger import Event


class Connector(Protocol):
    """What one endpoint, a store of deliveries and a replay need of every source.

    `HEADERS` are those, in lower case, that `read` looks at: with them and the body a delivery
    can be read again later. A body larger than `MAX_BODY` is not taken.
    """

    @property
    def NAME(self) -> str:
        """The name that ends the address, and begins the source of its events."""
        ...

    @property
    def TITLE(self) -> str:
        """What people call it."""
        ...

    @property
    def HEADERS(self) -> tuple[str, ...]:
        """Names of headers, in lower case."""
        ...

    @property
    def MAX_BODY(self) -> int:
        """Bytes."""
        ...

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], now: datetime
    ) -> str:
        """The connection, of those in `secrets`, that signed; else a 401 `Problem`.

        "" for a vendor's own test of the address, which nobody signs and which says nothing:
        `read` gives no events for it.
        """
        ...

    def read(
        self,
        headers: Mapping[str, str],
        body: bytes,
        name: str,
        now: datetime,
        key: bytes = b"",
    ) -> list[Event]:
        """The events of a delivery; a 422 `Problem` names the field that cannot be used.

        A buyer's pseudonym is made under `key`; without one no reader is told.
        """
        ...

    def without_personal(self, body: bytes) -> bytes:
        """The body with the keys alone that `read` decodes; nothing where it is no JSON."""
        ...


_ALL: tuple[Connector, ...] = (shopify, woocommerce, stripe, standard_webhooks)
CONNECTORS: Mapping[str, Connector] = {each.NAME: each for each in _ALL}
