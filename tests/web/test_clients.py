"""Who asks, as far as a request tells."""

from ipaddress import ip_network

import pytest

from almoner.web import clients

PROXIES = (ip_network("127.0.0.1/32"),)


def request(*headers):
    return {"client": ("127.0.0.1", 4711), "headers": list(headers)}


def test_a_proxy_that_adds_a_line_of_its_own_is_believed_before_what_the_reader_wrote():
    scope = request((b"x-forwarded-for", b"192.0.2.66"), (b"x-forwarded-for", b"198.51.100.7"))
    assert clients.visitor(scope, PROXIES).address == "198.51.100.7"


@pytest.mark.parametrize("name", [b"a", b"1", b"-", b"http"])
def test_a_name_longer_than_a_browsers_is_a_programs_and_is_not_looked_through(name):
    assert clients.is_program(request((b"user-agent", name * (8_000 // len(name)))))


def test_a_host_that_is_not_ours_has_no_page_of_ours(settings):
    settings.ALLOWED_HOSTS = ["giving.example"]
    clients.is_ours.cache_clear()
    for host, own in ((b"giving.example", True), (b"elsewhere.example", False)):
        said = request((b"host", host), (b"origin", b"https://" + host))
        assert clients.is_own_page(said) == own
    clients.is_ours.cache_clear()
