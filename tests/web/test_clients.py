"""Who asks, as far as a request tells."""

import pytest

from almoner.web import clients


def request(*headers):
    return {"client": ("127.0.0.1", 4711), "headers": list(headers)}


@pytest.mark.parametrize("name", [b"a", b"1", b"-", b"http"])
def test_a_name_longer_than_a_browsers_is_a_programs_and_is_not_looked_through(name):
    assert clients.is_program(request((b"user-agent", name * (8_000 // len(name)))))
