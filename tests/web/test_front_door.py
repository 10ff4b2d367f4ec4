"""What a real server answers: kept pages exact, bodies whole, headers right, nothing leaked."""

import gzip
import re
import socket
import time
from base64 import b64encode
from decimal import Decimal
from hashlib import sha256

import brotli
import httpx
import pytest
import zstandard

from tests.shop import NUMBERS, line, order, send

PAGES = {
    "front": "/",
    "stories": "/stories/",
    "year": "/stories/2026/",
    "story": "/stories/2026/a-professional-amount-of-boring/",
    "sensitive": "/stories/2026/the-list-on-the-fridge/",
    "safety": "/safety/",
    "causes": "/causes/",
    "cause": "/causes/meals/",
    "money": "/causes/service-dogs/",
    "campaign": "/campaigns/holiday-bowls/",
    "mastodon": "/share/mastodon",
    "missing": "/nowhere/",
}
BUDGET = 60_000  # bytes on the wire without pictures: what the issue allows a whole page


@pytest.fixture
def http(site):
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


def meals(http):
    return int(http.get("/counters").json()["counters"][0]["shown"]["value"])


def wait_for_meals(http, value):
    until = time.monotonic() + 3
    while meals(http) != value:
        assert time.monotonic() < until, f"{meals(http)} meals, not {value}"
        time.sleep(0.02)


@pytest.mark.parametrize("name", PAGES)
def test_every_public_page_is_sealed_and_keeps_no_cookie(http, name):
    answer = http.get(PAGES[name])
    assert answer.status_code == (404 if name == "missing" else 200)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert "x-depends-on" not in answer.headers
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", answer.text)
    assert set(inline) <= {'<script type="application/ld+json">'}  # data, which nothing runs
    assert " style=" not in answer.text
    for style in re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL):
        assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert answer.text.count("<style") == answer.text.count("<style>")
    assert not re.search(r"\son[a-z]+=", answer.text)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_an_empty_slot(http, name):
    for path in (PAGES[name], PAGES[name] + "?a=1"):
        text = http.get(path).text
        assert "\x02" not in text
        assert "\x03" not in text
        assert re.search(r'<impact-counter[^>]*cause="meals"[^>]*>[0-9,]+<', text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_from_elsewhere(http, name):
    text = http.get(PAGES[name]).text
    loaded = re.findall(
        r'<(?:script|img|source|iframe|video|audio)[^>]*?(?:src|srcset)="(.*?)"', text
    )
    loaded += re.findall(r'<link[^>]*rel="(?:stylesheet|icon|preload)[^>]*?href="(.*?)"', text)
    assert loaded
    assert [each for each in loaded if not each.startswith(("/", "data:"))] == []


def files_of(http, path, seen):
    """Every file a page needs that is no picture: styles, scripts and what they import, fonts."""
    text = http.get(path).text
    base = path.rsplit("/", 1)[0] + "/"
    found = re.findall(r'<(?:script[^>]*src|link[^>]*href)="(/[^"]+)"', text)
    found += re.findall(r'url\(["\']?([^"\')#]+)', text) if path.endswith(".css") else []
    found += re.findall(r'(?:from|import)\s*["\']([^"\']+)["\']', text) if "js" in path[-4:] else []
    for each in found:
        name = str(httpx.URL(f"http://x{base}").join(each).path)
        if name.startswith("/static/") and name not in seen:
            seen.add(name)
            files_of(http, name, seen)


@pytest.mark.parametrize("name", PAGES)
def test_a_whole_page_stays_within_its_budget(http, name):
    files: set[str] = set()
    files_of(http, PAGES[name], files)
    assert not any(each.endswith(".css") for each in files)  # the styles come in the page
    assert any(each.endswith(".js") for each in files)
    sizes = {}
    for path in [PAGES[name], *sorted(files)]:
        with http.stream("GET", path, headers={"Accept-Encoding": "br, gzip"}) as answer:
            assert answer.status_code == (404 if path == PAGES["missing"] else 200), path
            sizes[path] = len(b"".join(answer.iter_raw()))
    assert sum(sizes.values()) <= BUDGET, sizes


def raw(http, path, encoding):
    with http.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("path", ["/", "/causes/meals/", PAGES["story"]])
def test_every_encoding_holds_the_same_page(http, path):
    plain, body = raw(http, path, "identity")
    assert "content-encoding" not in plain.headers
    tags = {plain.headers["etag"]}
    for encoding, decode in {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": zstandard.ZstdDecompressor().decompress,
    }.items():
        answer, packed = raw(http, path, encoding)
        assert answer.headers["content-encoding"] == encoding
        assert int(answer.headers["content-length"]) == len(packed) < len(body)
        assert "accept-encoding" in answer.headers["vary"].lower()
        assert decode(packed) == body
        tags.add(answer.headers["etag"])
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=0, br ; q=0.000", None),
        ("deflate", None),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=1.0, br;q=0", "gzip"),
    ],
)
def test_the_encoding_is_one_the_reader_accepts(http, accepted, chosen):
    answer, _ = raw(http, "/", accepted)
    assert answer.headers.get("content-encoding") == chosen


def test_a_reader_who_has_the_page_gets_no_second_copy(http):
    first = http.get("/stories/")
    again = http.get("/stories/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    weak = http.get("/stories/", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert weak.status_code == 304
    assert http.get("/stories/", headers={"If-None-Match": '"other"'}).status_code == 200
    assert "no-cache" in first.headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/causes/meals/", "/nowhere/", "/counters", "/healthz"])
def test_head_says_what_get_would(http, path):
    got, head = http.get(path), http.head(path)
    assert head.content == b""
    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]
    assert "content-security-policy" in head.headers or path in ("/counters", "/healthz")


def test_a_number_that_moved_is_on_the_next_page(http, site):
    for path in ("/", "/causes/meals/", PAGES["story"], "/nowhere/"):
        before = meals(http)
        http.get(path)
        send(site.url, order(next(NUMBERS), [line(1, 2, "3.00")]))
        wait_for_meals(http, before + 4)
        assert f">{before + 4:,}<" in http.get(path).text


def test_the_page_of_a_cause_shows_its_newest_movement(http, site):
    http.get("/causes/meals/")
    before = meals(http)
    send(site.url, order(next(NUMBERS), [line(1, 77, "3.00")]))
    wait_for_meals(http, before + 154)
    assert "154" in http.get("/causes/meals/").text


def test_a_question_mark_gets_the_same_page_past_the_cache(http):
    plain = http.get("/stories/")
    asked = http.get("/stories/?utm_source=letter")
    assert asked.status_code == 200
    assert "etag" not in asked.headers
    assert re.findall("<h1.*?</h1>", asked.text, re.S) == re.findall(
        "<h1.*?</h1>", plain.text, re.S
    )
    assert "set-cookie" not in asked.headers


def test_a_host_that_is_not_ours_gets_nothing_and_spoils_nothing(http):
    evil = http.get("/", headers={"Host": "evil.example"})
    assert evil.status_code == 400
    assert "evil.example" not in evil.text
    assert "evil.example" not in http.get("/").text
    other = http.get("/", headers={"Host": "localhost:1234"})
    assert other.status_code == 200
    assert other.headers["etag"] == http.get("/").headers["etag"]


@pytest.mark.parametrize(
    "path", [b"/../etc/passwd", b"/%2e%2e/", b"/static/../almoner.toml", b"/%00", b"/\xff", b"*"]
)
def test_odd_addresses_lead_nowhere(site, path):
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.split()[1] in (b"301", b"400", b"404")
    assert b"secret_key" not in answer


def test_static_files_may_be_kept_for_ever(http):
    (script,) = set(re.findall(r'src="(/static/counters/live\.[^"]+)"', http.get("/").text))
    answer = http.get(script)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_pictures_may_be_kept_for_ever_and_originals_are_not_served(http):
    text = http.get(PAGES["story"]).text
    picture = re.search(r'src="(/media/images/[^"]+)"', text)[1]
    answer = http.get(picture)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/")
    assert "immutable" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    assert http.get("/media/original_images/").status_code == 404
    assert http.get("/media/images/../../almoner.toml").status_code == 404


@pytest.mark.parametrize("path", ["/counters", "/counters/stream", "/healthz"])
def test_what_only_reads_refuses_other_methods_and_names_its_own(http, path):
    answer = http.post(path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert "GET" in answer.headers["allow"]
    assert answer.json()["status"] == 405


def test_a_page_cannot_be_written_to(http):
    assert http.post("/").status_code in (403, 405)
    assert http.post("/causes/meals/").status_code in (403, 405)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/campaigns/none/", "/api/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_address_of_the_api_is_told_as_a_problem(http, method, path):
    answer = http.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/causes", "/api/v1/transactions"])
def test_a_method_that_the_api_does_not_have_is_told_as_a_problem(http, path):
    answer = http.post(path)
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/wrong-method")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET"


def test_the_server_says_that_it_is_well(http):
    answer = http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_counters_may_be_read_from_other_sites_and_are_never_stale(http):
    answer = http.get("/counters")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert [each["cause"] for each in document["counters"]] == [
        "meals",
        "blankets",
        "toys",
        "rescue-miles",
        "dv-survivors",
        "service-dogs",
    ]
    for counter in document["counters"]:
        parts = {name: counter[name]["value"] for name in ("shown", "opening", "pledged")}
        assert Decimal(parts["shown"]) == Decimal(parts["opening"]) + Decimal(parts["pledged"])
    same = http.get("/api/v1/counters")
    assert same.headers["content-type"] == "application/json"
    assert same.content == http.get("/counters").content
