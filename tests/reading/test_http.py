"""What a real server counts: forged, replayed, too fast, hidden, shared, a thousand at once."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator

import httpx
import pytest

from almoner.reading import rules, token
from tests.reading.library import DEPTH, DWELL, WORDS, Library, code_of, dumped
from tests.server import Server


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def library(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    install: Callable[..., None],
) -> Iterator[Library]:
    """The one server of the module, on each database."""
    home = tmp_path_factory.mktemp("library")
    if request.param == "sqlite":
        install(home)
        opened = Library(Server(home), home / "almoner.db")
    else:
        database = request.getfixturevalue("postgresql").database()
        install(home, database)
        opened = Library(Server(home, database), database)
    yield opened
    opened.http.close()
    opened.server.stop()


@pytest.fixture
def address(library: Library) -> str:
    """A reader's own."""
    return library.address()


def test_begin_says_what_a_read_of_this_story_must_come_to(library: Library) -> None:
    answer = library.post("/reads/begin", {"story": library.story})
    needed = rules.needed(WORDS)
    assert (needed.dwell_ms, needed.depth) == (DWELL, DEPTH)
    assert answer.json() == {
        "token": answer.json()["token"],
        "dwell_ms": DWELL,
        "depth": DEPTH,
    }
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_read_counts_gives_and_has_a_receipt(library: Library) -> None:
    before = library.counted()
    answer = library.read()
    assert answer["counted"]
    (given,) = answer["given"]
    assert (given["cause"], given["unit"], given["share"]) == ("meals", "meal", "1/3")
    assert answer["receipt"]["line"].startswith(f'{{"story":"{library.story}"')
    assert library.counted() - before == Counter(read=1)


def test_a_replayed_token_counts_once(library: Library, address: str) -> None:
    before = library.counted()
    text = library.begun(address)
    told = [code_of(library.finish(text, address)) for _ in range(3)]
    assert told == ["counted", "replayed", "replayed"]
    assert library.counted() - before == Counter(read=1)


def test_a_token_replayed_a_hundred_times_at_once_counts_once(
    library: Library, address: str
) -> None:
    before = library.counted()
    text = library.begun(address)
    told = Counter(code_of(each) for each in at_once(library, [(text, address)] * 100))
    assert told == Counter(counted=1, replayed=99)
    assert library.counted() - before == Counter(read=1)


def test_a_thousand_readers_at_once_count_a_thousand_times(library: Library) -> None:
    before = library.counted()
    answers = at_once(library, library.begun_by(1_000))
    assert Counter(map(code_of, answers)) == Counter(counted=1_000)
    assert library.counted() - before == Counter(read=1_000)
    entries = Counter(each["receipt"]["entry"] for each in answers)
    assert len(entries) < 100, "reads share their commits"
    lines = {each["receipt"]["line"] for each in answers}
    assert len(lines) == 1_000


def at_once(library: Library, begun: list[tuple[str, str]]) -> list[dict]:
    """Finish all of these without waiting for any."""

    host, port = library.server.url.removeprefix("http://").split(":")

    async def finish(text: str, address: str) -> dict:
        # By hand: a thousand connections of one httpx client take it half a minute.
        body = json.dumps({"token": text, "dwell_ms": DWELL, "depth": DEPTH})
        headers = {
            **library.headers(address),
            "Host": f"{host}:{port}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST /reads/finish HTTP/1.1\r\n{head}\r\n{body}".encode())
        answer = await reader.read()
        writer.close()
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    async def finish_all() -> list[dict]:
        return await asyncio.gather(*(finish(*each) for each in begun))

    return asyncio.run(finish_all())


def test_a_forged_token_counts_nothing(library: Library, address: str) -> None:
    text = library.begun(address)
    own = token.seal(bytes(32), token.Token(library.story, 1, 1, 1))
    for forged in (own, text[:-1] + ("A" if text[-1] != "A" else "B"), "A" * len(text), "", "x"):
        assert code_of(library.finish(forged, address)) == "forged"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"dwell_ms": DWELL - 1}, "too-fast"),
        ({"dwell_ms": 0}, "too-fast"),  # a hidden tab counts no time
        ({"dwell_ms": 61_000}, "impossible-dwell"),
        ({"depth": DEPTH - 1}, "too-shallow"),
    ],
)
def test_what_is_no_whole_read_does_not_count_and_may_still_become_one(
    library: Library, address: str, said: dict, code: str
) -> None:
    text = library.begun(address)
    assert code_of(library.finish(text, address, **said)) == code
    assert code_of(library.finish(text, address)) == "counted"


def test_who_says_at_once_that_half_a_minute_has_passed_is_not_believed(
    library: Library, address: str
) -> None:
    answer = library.finish(library.begin(address), address)
    assert code_of(answer) == "impossible-dwell"
    assert "time" in answer["detail"]


def test_a_token_is_good_for_the_visitor_it_was_given_to(library: Library, address: str) -> None:
    text = library.begun(address)
    assert code_of(library.finish(text, library.address())) == "another-visitor"
    assert code_of(library.finish(text, address)) == "counted"


def test_a_visitor_counts_once_a_story_and_day_however_often_they_begin(
    library: Library, address: str
) -> None:
    tokens = [library.begun(address) for _ in range(3)]
    told = [code_of(library.finish(text, address)) for text in tokens]
    assert told == ["counted", "already-today", "already-today"]


def test_a_token_expires(library: Library, address: str) -> None:
    old = library.begun(address, rules.TOKEN_MS / 1000)
    assert code_of(library.finish(old, address)) == "expired"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "bot"),
        ({"User_Agent": "python-httpx/0.28"}, "bot"),
        ({"User_Agent": ""}, "bot"),
        ({"Sec_Purpose": "prefetch;prerender"}, "prefetch"),
        ({"Purpose": "prefetch"}, "prefetch"),
    ],
)
def test_programs_and_what_is_fetched_ahead_get_no_token(
    library: Library, headers: dict[str, str], code: str
) -> None:
    answer = library.post("/reads/begin", {"story": library.story}, **headers)
    assert answer.status_code == 200  # an error in a browser's console would alarm its reader
    assert answer.json()["code"] == code


def test_a_sensitive_story_is_not_counted_and_no_more_is_said_of_it(library: Library) -> None:
    told = [
        library.post("/reads/begin", {"story": story}).json()
        for story in (library.sensitive, 999_999)
    ]
    assert told[0] == told[1]
    assert told[0]["code"] == "not-counted-here"
    page = library.http.get("/stories/2026/a-door/", follow_redirects=True)
    assert "read.js" not in page.text
    assert "data-reads-story" not in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": ""}, 200),  # an older browser
    ],
)
def test_only_a_page_of_the_site_may_begin_a_read(
    library: Library, headers: dict[str, str], status: int
) -> None:
    answer = library.post("/reads/begin", {"story": library.story}, **headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/foreign-origin"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/reads/begin", {"story": "bread"}, 422, "story"),
        ("/reads/begin", {"story": 0}, 422, "story"),
        ("/reads/begin", {}, 422, "story"),
        ("/reads/finish", {"token": "x", "dwell_ms": -1, "depth": 1}, 422, "dwell_ms"),
        ("/reads/finish", {"token": "x", "dwell_ms": 1, "depth": 101}, 422, "depth"),
        ("/reads/finish", {"token": "x" * 2_000, "dwell_ms": 1, "depth": 1}, 413, None),
    ],
)
def test_what_is_no_such_request_is_told_by_field(
    library: Library, path: str, body: dict, status: int, field: str | None
) -> None:
    answer = library.post(path, body)
    assert answer.status_code == status
    assert answer.json().get("field") == field


def test_no_address_no_browser_and_no_token_is_kept(library: Library, address: str) -> None:
    text = library.begun(address)
    library.finish(text, address)
    with library.ledger() as db:
        kept = dumped(db)
    log = (library.server.home / "server.log").read_text()
    for personal in (address, "Firefox", text):
        assert personal not in kept
        assert personal not in log


def test_killed_the_server_still_knows_every_spent_token_and_visitor(
    library: Library, address: str
) -> None:
    text = library.begun(address)
    pending = library.begun(other := library.address())
    assert code_of(library.finish(text, address)) == "counted"
    before = library.counted()

    library.server.kill()
    library.server.start()

    assert code_of(library.finish(text, address)) == "replayed"
    assert code_of(library.finish(library.begun(address), address)) == "already-today"
    assert code_of(library.finish(pending, other)) == "counted"
    assert library.counted() - before == Counter(read=1)


def test_stopping_the_server_counts_what_was_finished(library: Library, address: str) -> None:
    text, before = library.begun(address), library.counted()

    async def finish_and_stop() -> dict:
        async with httpx.AsyncClient(base_url=library.server.url, timeout=60) as client:
            body = {"token": text, "dwell_ms": DWELL, "depth": DEPTH}
            headers = library.headers(address)
            told = asyncio.create_task(client.post("/reads/finish", json=body, headers=headers))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(library.server.stop)
            return (await told).json()

    started = time.monotonic()
    try:
        answer = asyncio.run(finish_and_stop())
    except httpx.HTTPError:
        answer = None  # the server left before it could answer; what counts is the ledger
    assert time.monotonic() - started < 60
    library.server.start()
    assert answer is None or answer["counted"]
    assert library.counted() - before == Counter(read=1)
