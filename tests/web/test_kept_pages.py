"""What is kept of pages is bounded, in number and in bytes."""

from almoner.web import pages
from almoner.web.pages import Page, Pages

VERSION = (1, 739_000)


def page(size):
    return Page(VERSION, None, (), b"x" * size)


def kept(of, *addresses):
    return [each for each in addresses if of.get(each, VERSION, 0) is not None]


def test_the_page_rendered_longest_ago_makes_room(monkeypatch):
    monkeypatch.setattr(pages, "MAX_PAGES", 2)
    of = Pages()
    for address in "abac":
        of.put(address, page(1))
    assert kept(of, *"abc") == ["a", "c"]


def test_the_bytes_kept_are_bounded_however_often_a_page_is_rendered(monkeypatch):
    monkeypatch.setattr(pages, "MAX_BYTES", 100)
    of = Pages()
    for _ in range(5):
        of.put("a", page(40))
    of.put("b", page(40))
    assert kept(of, "a", "b") == ["a", "b"]
    of.put("c", page(40))
    assert kept(of, "a", "b", "c") == ["b", "c"]
    of.put("d", page(101))
    assert kept(of, "a", "b", "c", "d") == []
    of.put("a", page(100))
    assert kept(of, "a") == ["a"]


def test_a_page_is_kept_for_its_site_version_and_its_day_only():
    of = Pages()
    of.put("a", page(1))
    site, day = VERSION
    assert of.get("a", (site, day), 0) is not None
    assert of.get("a", (site + 1, day), 0) is None
    assert of.get("a", (site, day + 1), 0) is None
