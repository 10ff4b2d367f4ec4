"""Shops and programs that send sales and returns, and remember what they were told.

A sender that gets no answer sends the same again once the server is back, or gives up; one
that got its answer sends it again now and then all the same, alone or ten at a time. Each
answer is kept, to be compared with the ledger at the end.
"""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import msgspec

from almoner.connectors.shopify import sign
from bench.model import Key, Return, Sale
from bench.site import SECRET, SHOP
from bench.stage import KEY_NAME

API_SOURCE, SHOP_SOURCE = f"api:{KEY_NAME}", f"shopify:{SHOP}"
BATCH_LINES = (20, 200)
# Of the deliveries that got no answer, those whose sender gives up.
GIVEN_UP = 0.1
_encode = msgspec.json.Encoder().encode


class _Received(msgspec.Struct, frozen=True):
    status: str
    event: int = 0


class _ShopAnswer(msgspec.Struct, frozen=True):
    received: list[_Received]


_decode_shop = msgspec.json.Decoder(_ShopAnswer).decode
_decode_one = msgspec.json.Decoder(_Received).decode


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request, and the events in it."""

    path: str
    body: bytes
    headers: dict[str, str]
    keys: tuple[Key, ...]


@dataclass(slots=True)
class Senders:
    """Everybody who sends, and what they know. `up` is set while there is a server."""

    url: str
    api_key: str
    random: random.Random
    up: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    sent: dict[Key, Sale | Return] = field(default_factory=dict[Key, Sale | Return])
    acknowledged: dict[Key, int] = field(default_factory=dict[Key, int])
    wrong: list[str] = field(default_factory=list[str])
    _unanswered: list[Delivery] = field(default_factory=list[Delivery])
    _answered: list[Delivery] = field(default_factory=list[Delivery])
    _orders: list[Key] = field(default_factory=list[Key])
    _number: int = 0

    async def run(self, senders: int) -> None:
        """Send until `stopping`, then whatever is still unanswered and not given up."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        async with httpx.AsyncClient(
            base_url=self.url, timeout=60, limits=limits, trust_env=False
        ) as client:
            await asyncio.gather(*(self._send_on(client) for _ in range(senders)))
            while self._unanswered:
                await self._send(client, self._unanswered.pop())

    async def _send_on(self, client: httpx.AsyncClient) -> None:
        while not self.stopping:
            await self.up.wait()
            if self._unanswered and self.random.random() < 0.5:
                await self._send(client, self._unanswered.pop())
            elif self._answered and self.random.random() < 0.1:
                again = self.random.choice(self._answered)
                times = self.random.choice((1, 1, 10))
                await asyncio.gather(*(self._send(client, again) for _ in range(times)))
            else:
                delivery = self._new()
                twice = self.random.random() < 0.05
                await asyncio.gather(*(self._send(client, delivery) for _ in range(1 + twice)))

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        try:
            answer = await client.post(
                delivery.path, content=delivery.body, headers=delivery.headers
            )
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.is_success:
            self._note(delivery, answer.content)
            self._answered.append(delivery)
            return
        if answer is not None and answer.status_code != 503:
            self.wrong.append(f"{delivery.path} answered {answer.status_code}: {answer.text}")
        elif self.stopping or self.random.random() >= GIVEN_UP:
            self._unanswered.append(delivery)
            await asyncio.sleep(0.05)

    def _note(self, delivery: Delivery, content: bytes) -> None:
        if delivery.path == "/e/shopify":
            received = _decode_shop(content).received
        else:
            received = [_decode_one(line) for line in content.splitlines()]
        if len(received) != len(delivery.keys):
            self.wrong.append(f"{len(delivery.keys)} events were answered {content[:300]!r}")
            return
        for key, each in zip(delivery.keys, received, strict=True):
            first = self.acknowledged.setdefault(key, each.event)
            if each.event != first or each.status in ("refused", "conflict"):
                self.wrong.append(f"{key}, acknowledged as {first}, was answered {each}")

    def _new(self) -> Delivery:
        kind = self.random.choices(("one", "batch", "shop", "return"), (40, 25, 20, 15))[0]
        if kind == "batch":
            return self._batch()
        if kind == "return" and self._orders:
            return self._return(self.random.choice(self._orders))
        return self._shop_order() if kind == "shop" else self._api([self._api_order()])

    def _sale(self, source: str, prefix: str) -> tuple[Key, int, Sale]:
        self._number += 1
        key = source, f"{prefix}{self._number}"
        sale = Sale(self.random.randint(1, 5), self.random.randint(100, 9_999))
        self.sent[key] = sale
        self._orders.append(key)
        return key, self._number, sale

    def _api_order(self) -> tuple[Key, bytes]:
        key, _, sale = self._sale(API_SOURCE, "")
        line = {"id": "1", "quantity": sale.quantity, "revenue": _money(sale.quantity * sale.price)}
        return key, _encode({"kind": "order", "id": key[1], "currency": "USD", "lines": [line]})

    def _batch(self) -> Delivery:
        orders = [self._api_order() for _ in range(self.random.randint(*BATCH_LINES))]
        orders += self.random.choices(orders, k=5)
        return self._api(orders)

    def _api(self, events: list[tuple[Key, bytes]]) -> Delivery:
        many = len(events) > 1
        headers = {
            "authorization": f"Bearer {self.api_key}",
            "content-type": "application/x-ndjson" if many else "application/json",
        }
        body = b"\n".join(body for _, body in events)
        return Delivery("/api/v1/events", body, headers, tuple(key for key, _ in events))

    def _shop_order(self) -> Delivery:
        key, number, sale = self._sale(SHOP_SOURCE, "order/")
        line = {"id": 1, "quantity": sale.quantity, "price": _money(sale.price)}
        order = {
            "id": number,
            "currency": "USD",
            "financial_status": "paid",
            "created_at": datetime.now(UTC).isoformat(),
            "line_items": [line],
        }
        return _signed("orders/paid", order, key)

    def _return(self, order: Key) -> Delivery:
        sale = self.sent[order]
        assert isinstance(sale, Sale), f"{order} is no order"
        quantity = self.random.randint(1, sale.quantity)
        self._number += 1
        worth = _money(quantity * sale.price)
        if order[0] == API_SOURCE:
            key = API_SOURCE, f"return-{self._number}"
            line = {"id": "1", "quantity": quantity, "revenue": worth}
            refund = {"kind": "refund", "id": key[1], "order": order[1], "currency": "USD"}
            delivery = self._api([(key, _encode({**refund, "lines": [line]}))])
        else:
            key = SHOP_SOURCE, f"refund/{self._number}"
            money = {"shop_money": {"amount": worth, "currency_code": "USD"}}
            line = {"line_item_id": 1, "quantity": quantity, "subtotal_set": money}
            refund = {
                "id": self._number,
                "order_id": int(order[1].removeprefix("order/")),
                "created_at": datetime.now(UTC).isoformat(),
                "refund_line_items": [line],
            }
            delivery = _signed("refunds/create", refund, key)
        self.sent[key] = Return(order, quantity, sale.price)
        return delivery


def _signed(topic: str, document: dict[str, object], key: Key) -> Delivery:
    body = _encode(document)
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": sign(body, SECRET),
        "x-shopify-triggered-at": datetime.now(UTC).isoformat(),
    }
    return Delivery("/e/shopify", body, headers, (key,))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
