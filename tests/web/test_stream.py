"""`GET /counters/stream`: every open page hears at once, and a stop is not held up by them."""

import asyncio
import json
import time
from contextlib import suppress

import httpx
import pytest

from almoner.counters.stream import Broadcast, message
from almoner.web import live
from tests.shop import NUMBERS, line, order, send


class Stream:
    """One open stream, read by hand."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, url):
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /counters/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        stream = cls(reader, writer)
        stream.head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return stream

    async def next(self):
        """The next message's counters."""
        while True:
            row = await self.reader.readline()
            if not row:
                raise EOFError
            if row.startswith(b"data: "):
                return json.loads(row.removeprefix(b"data: "))

    async def ended(self):
        """Read to the stream's end."""
        with suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass
        self.writer.close()


def meals(document):
    return int(document["counters"][0]["shown"]["value"])


async def test_a_new_reader_gets_the_numbers_first(site):
    stream = await Stream.open(site.url)
    assert "text/event-stream" in stream.head.lower()
    assert "no-store" in stream.head.lower()
    assert "set-cookie" not in stream.head.lower()
    async with asyncio.timeout(2):
        first = await stream.next()
    assert first == httpx.get(f"{site.url}/counters").json()
    stream.writer.close()


async def test_five_hundred_readers_hear_of_an_order_within_a_second(site):
    streams = await asyncio.gather(*(Stream.open(site.url) for _ in range(500)))
    before = {meals(await stream.next()) for stream in streams}
    assert len(before) == 1
    expected = before.pop() + 2

    async def heard(stream):
        while meals(await stream.next()) != expected:
            pass

    listening = asyncio.gather(*(heard(stream) for stream in streams))
    await asyncio.to_thread(send, site.url, order(next(NUMBERS), [line(1, 1, "3.00")]))
    acknowledged = time.monotonic()
    async with asyncio.timeout(10):
        await listening
    assert time.monotonic() - acknowledged < 1.0
    for stream in streams:
        stream.writer.close()


async def test_a_rush_of_orders_becomes_ten_messages_a_second_at_most(site):
    stream = await Stream.open(site.url)
    expected = meals(await stream.next()) + 2 * 60
    numbers = [next(NUMBERS) for _ in range(60)]

    def sell():
        for number in numbers:
            send(site.url, order(number, [line(1, 1, "3.00")]))

    started = time.monotonic()
    selling = asyncio.create_task(asyncio.to_thread(sell))
    messages = 0
    async with asyncio.timeout(30):
        while True:
            messages += 1
            if meals(await stream.next()) == expected:
                break
    await selling
    assert messages <= (time.monotonic() - started) / 0.1 + 2
    stream.writer.close()


async def test_a_silent_stream_is_kept_alive_by_a_comment(monkeypatch):
    monkeypatch.setattr("almoner.counters.stream.HEARTBEAT", 0.05)
    broadcast, sent = Broadcast(b'{"size":1}'), []
    left = asyncio.Event()

    async def receive():
        await left.wait()
        return {"type": "http.disconnect"}

    async def send_(event):
        sent.append(event.get("body"))

    serving = asyncio.create_task(live.serve(broadcast, lambda: False, receive, send_))
    await asyncio.sleep(0.3)
    assert sent[1].endswith(message(b'{"size":1}'))
    assert sent[2:5] == [b": still here\n\n"] * 3
    broadcast.publish(b'{"size":2}')
    await asyncio.sleep(0.02)
    assert sent[-1] == message(b'{"size":2}')
    left.set()
    async with asyncio.timeout(1):
        await serving


async def test_the_same_numbers_again_tell_nobody():
    broadcast = Broadcast(b"1")
    broadcast.publish(b"1")
    assert broadcast.number == 0
    broadcast.publish(b"2")
    assert (broadcast.number, broadcast.newest) == (1, b"2")


async def test_a_stop_is_prompt_with_streams_open_and_loses_nothing_acknowledged(serve):
    server = await asyncio.to_thread(serve)
    streams = await asyncio.gather(*(Stream.open(server.url) for _ in range(50)))
    acknowledged = []

    def sell(base):
        for number in range(base, base + 100_000):
            try:
                if send(server.url, order(number)).status_code == 200:
                    acknowledged.append(f"order/{number}")
            except httpx.HTTPError:
                return  # the server has gone

    sellers = [asyncio.create_task(asyncio.to_thread(sell, n * 1_000_000)) for n in range(1, 5)]
    await asyncio.sleep(1)
    started = time.monotonic()
    await asyncio.to_thread(server.stop)
    took = time.monotonic() - started
    await asyncio.gather(*sellers)
    async with asyncio.timeout(5):
        await asyncio.gather(*(stream.ended() for stream in streams))
    assert took < 5
    assert acknowledged
    from almoner.ledger import connect

    db = connect(server.home / "almoner.db")
    kept = {row[0] for row in db.rows("SELECT ref FROM ledger_event")}
    db.close()
    assert set(acknowledged) <= kept


@pytest.mark.slow
def test_a_stop_by_the_keyboard_is_as_clean(serve):
    import signal

    server = serve()
    with httpx.stream("GET", f"{server.url}/counters/stream", timeout=5) as stream:
        next(stream.iter_bytes())
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(5) == 0
    server.process = None
    assert "Traceback" not in (server.home / "server.log").read_text()


def test_whoever_has_an_answer_sees_the_order_in_the_next_page_and_the_next_figures(site):
    for _ in range(20):
        before = meals(httpx.get(f"{site.url}/counters").json())
        send(site.url, order(next(NUMBERS), [line(1, 1, "3.00")]))
        assert f"{before + 2:,}" in httpx.get(f"{site.url}/").text
        assert meals(httpx.get(f"{site.url}/counters").json()) == before + 2
