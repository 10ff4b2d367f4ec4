"""A share link carries a code, works without script, and says later what it did."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from tests.reading.library import Library, code_of
from tests.server import Server

INTENTS = {
    "facebook": "https://www.facebook.com/sharer/",
    "x": "https://twitter.com/intent/",
    "whatsapp": "https://wa.me/",
    "bluesky": "https://bsky.app/intent/",
    "threads": "https://www.threads.com/intent/",
    "pinterest": "https://pinterest.com/pin/create/",
}

_MOVE = """
from wagtail.contrib.redirects.models import Redirect
Redirect.add_redirect("/old-bread", redirect_to="{path}", is_permanent=True)
"""


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, install: Callable[..., None]
) -> Iterator[Library]:
    """The one server of the module."""
    home = tmp_path_factory.mktemp("library")
    install(home)
    server = Server(home)
    opened = Library(server, home / "almoner.db")
    yield opened
    opened.http.close()
    server.stop()


def get(library: Library, path: str, address: str = "", **headers: str) -> httpx.Response:
    return library.http.get(path, headers=library.headers(address, **headers))


def link(library: Library, address: str = "", network: str = "facebook") -> str:
    """The code that a reader's click on a share link makes."""
    answer = get(library, f"/share/{library.story}/{network}", address)
    assert answer.status_code == 303
    return codes(answer)[0]


def codes(answer: httpx.Response) -> list[str]:
    return re.findall(r"\?s=([\w-]{16})", unquote(answer.headers["location"]))


def minted(library: Library, address: str, share: str = "") -> dict:
    answer = library.post(f"/share/{library.story}", {"share": share}, address)
    assert answer.status_code == 200
    return answer.json()


def did(library: Library, code: str) -> list[str]:
    """The figures of a code's page."""
    answer = library.http.get(f"/shared/{code}/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    return re.findall(r"<dd>([0-9.,]+)", answer.text)


@pytest.mark.parametrize("network", INTENTS)
def test_a_share_link_leads_to_the_network_with_a_coded_address(
    library: Library, network: str
) -> None:
    answer = get(library, f"/share/{library.story}/{network}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(INTENTS[network])
    assert answer.headers["cache-control"] == "no-store"
    assert "/bread/?s=" in unquote(urlsplit(answer.headers["location"]).query)
    assert len(codes(answer)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"User_Agent": "facebookexternalhit/1.1"},
        {"User_Agent": ""},
        {"Sec_Purpose": "prefetch"},
    ],
)
def test_programs_and_prefetches_are_sent_on_without_a_code(
    library: Library, headers: dict[str, str]
) -> None:
    answer = get(library, f"/share/{library.story}/x", **headers)
    assert answer.status_code == 303
    assert codes(answer) == []
    assert library.post(f"/share/{library.story}", {}, **headers).status_code == 404


def test_a_head_request_makes_no_code(library: Library) -> None:
    answer = library.http.head(f"/share/{library.story}/x", headers=library.headers())
    assert (answer.status_code, codes(answer)) == (303, [])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/share/999999/x", 404), ("/share/{sensitive}/x", 404), ("/share/{story}/myspace", 404)],
)
def test_what_cannot_be_shared_is_not_found(library: Library, path: str, status: int) -> None:
    path = path.format(story=library.story, sensitive=library.sensitive)
    assert get(library, path).status_code == status


def test_another_site_cannot_have_codes_made(library: Library) -> None:
    answer = library.post(f"/share/{library.story}", {}, Origin="https://elsewhere.example")
    assert answer.status_code == 403
    assert get(library, f"/share/{library.story}").status_code == 405


def test_a_coded_address_serves_the_very_bytes_of_the_plain_one(library: Library) -> None:
    path = urlsplit(minted(library, "")["url"]).path
    plain, coded = library.http.get(path), library.http.get(f"{path}?s={link(library)}")
    assert coded.content == plain.content
    assert coded.headers["etag"] == plain.headers["etag"]
    assert re.search(rf'rel="canonical" href="[^"?]*{path}"', coded.text)
    other = library.http.get(f"{path}?a=1")
    assert "etag" not in other.headers


def test_a_code_is_kept_on_the_way_from_an_old_address(library: Library) -> None:
    path = urlsplit(minted(library, "")["url"]).path
    library.server.run("manage", "shell", "-c", _MOVE.format(path=path))
    code = link(library)
    for old in ("/old-bread/", path.removesuffix("/")):
        answer = library.http.get(f"{old}?s={code}")
        assert answer.is_redirect
        assert urlsplit(answer.headers["location"])[2:4] == (path, f"s={code}")


def test_every_share_link_of_a_story_asks_crawlers_to_stay_away(library: Library) -> None:
    text = library.http.get(urlsplit(minted(library, "")["url"]).path).text
    links = re.findall(r'<a class="share-link" href="([^"]+)" rel="([^"]+)"', text)
    ours = [rel for href, rel in links if href.startswith(f"/share/{library.story}/")]
    assert len(ours) == len(INTENTS)
    assert set(ours) == {"nofollow noopener noreferrer"}


def test_a_click_is_no_share_and_a_read_that_came_by_it_is(library: Library) -> None:
    before = library.counted()
    code = link(library)
    assert library.counted() == before
    assert did(library, code) == []

    assert library.read(share=code)["counted"]

    assert library.counted() - before == Counter(read=1, visit=1)
    # One reader, and a third of a meal for the read and half of one for the visit.
    assert did(library, code) == ["1", "0.83"]


def test_a_sharers_own_visit_counts_as_a_read_and_not_as_a_visit(library: Library) -> None:
    sharer = library.address()
    code, before = link(library, sharer), library.counted()
    answer = library.finish(library.begun(sharer), sharer, share=code)
    assert answer["counted"]
    assert library.counted() - before == Counter(read=1)


def test_a_code_that_is_none_or_is_another_storys_makes_no_visit(library: Library) -> None:
    before = library.counted()
    for code in ("A" * 16, "short", "", "x" * 60):
        assert library.read(share=code)["counted"]
    assert library.counted() - before == Counter(read=4)
    assert library.http.get(f"/shared/{'A' * 16}/").status_code == 404


def test_a_replayed_visit_counts_once(library: Library) -> None:
    code, reader, before = link(library), library.address(), library.counted()
    text = library.begun(reader)
    told = [code_of(library.finish(text, reader, share=code)) for _ in range(2)]
    assert told == ["counted", "replayed"]
    assert library.counted() - before == Counter(read=1, visit=1)


def test_a_chain_of_shares_counts_each_read_once(library: Library) -> None:
    first = minted(library, library.address())["code"]
    friend, before = library.address(), library.counted()
    library.finish(library.begun(friend), friend, share=first)
    second = minted(library, friend, share=first)["code"]

    library.read(share=second)
    library.read(share=second)

    assert library.counted() - before == Counter(read=3, visit=3)
    assert did(library, first)[:2] == ["1", "2"]
    assert did(library, second)[0] == "2"


def test_a_code_made_by_the_page_is_not_made_again_by_the_link(library: Library) -> None:
    code = minted(library, library.address())["code"]
    answer = get(library, f"/share/{library.story}/x?s={code}")
    assert codes(answer) == [code]
