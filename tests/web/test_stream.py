"""`GET /counters/stream`: every open page hears at once, and a stop is not held up by them."""

import asyncio
import json
import re
import time
from contextlib import suppress

import httpx
import pytest

from almoner.counters.snapshot import Document, Snapshot
from almoner.counters.stream import Broadcast, message
from almoner.web import live
from tests.shop import NUMBERS, line, order, send


class Stream:
    """One open stream, read by hand."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, url, query="", last=""):
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        came_back = f"Last-Event-ID: {last}\r\n" if last else ""
        writer.write(
            f"GET /counters/stream{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{came_back}\r\n".encode()
        )
        stream = cls(reader, writer)
        stream.head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return stream

    async def next(self):
        """The next message's counters."""
        return json.loads((await self.event())["data"])

    async def event(self):
        """The next event's fields."""
        fields = {}
        while "data" not in fields:
            row = await self.reader.readline()
            if not row:
                raise EOFError
            name, _, value = row.decode().rstrip("\n").partition(": ")
            fields[name] = value
        return fields

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


def tag_of(url):
    """The tag of the figures that a page was served with."""
    (tag,) = re.findall(r'data-counters="?([0-9a-f]+)"?', httpx.get(f"{url}/").text)
    return tag


async def test_who_has_the_numbers_is_sent_them_when_they_change_and_not_before(site):
    known = tag_of(site.url)
    stream = await Stream.open(site.url, f"?since={known}")
    async with asyncio.timeout(2):
        first = await stream.event()
    assert (first["event"], first["id"], first["data"]) == ("current", known, "{}")

    await asyncio.to_thread(send, site.url, order(next(NUMBERS), [line(1, 1, "3.00")]))
    async with asyncio.timeout(5):
        second = await stream.event()
    assert second["event"] == "counters"
    assert second["id"] == tag_of(site.url) != known
    assert json.loads(second["data"]) == httpx.get(f"{site.url}/counters").json()
    stream.writer.close()


async def test_who_has_older_numbers_is_sent_the_newest_and_the_last_heard_count(site):
    known = tag_of(site.url)
    await asyncio.to_thread(send, site.url, order(next(NUMBERS), [line(1, 1, "3.00")]))
    now = httpx.get(f"{site.url}/counters").json()
    for query, last in (f"?since={known}", ""), (f"?since={tag_of(site.url)}", known):
        stream = await Stream.open(site.url, query, last)
        async with asyncio.timeout(5):
            while await stream.next() != now:
                pass
        stream.writer.close()


async def test_a_page_is_never_told_figures_from_before_its_own(site):
    for _ in range(10):
        await asyncio.to_thread(send, site.url, order(next(NUMBERS), [line(1, 1, "3.00")]))
        known = await asyncio.to_thread(tag_of, site.url)
        stream = await Stream.open(site.url, f"?since={known}")
        async with asyncio.timeout(5):
            first = await stream.event()
        assert (first["event"], first["id"]) == ("current", known)
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
    first, second = (
        message(Snapshot(Document(size, ()), b"", b'{"size":%d}' % size, {}, f"tag{size}"))
        for size in (1, 2)
    )
    broadcast, sent = Broadcast(first), []
    left = asyncio.Event()

    async def receive():
        await left.wait()
        return {"type": "http.disconnect"}

    async def send_(event):
        sent.append(event.get("body"))

    serving = asyncio.create_task(live.serve(first, broadcast, lambda: False, receive, send_))
    await asyncio.sleep(0.3)
    assert sent[1].endswith(b'id: tag1\nevent: counters\ndata: {"size":1}\n\n')
    assert sent[2:5] == [b": still here\n\n"] * 3
    broadcast.publish(second)
    await asyncio.sleep(0.02)
    assert sent[-1] == b'id: tag2\nevent: counters\ndata: {"size":2}\n\n'
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
