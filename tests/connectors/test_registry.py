"""Whatever the source, one endpoint can verify, read and keep its deliveries."""

import re

import pytest

from almoner.connectors.registry import CONNECTORS
from almoner.intake.problem import Problem
from tests.connectors.conftest import NOW


@pytest.mark.parametrize("name", CONNECTORS)
def test_every_connector_has_the_names_that_the_endpoint_needs(name):
    connector = CONNECTORS[name]
    assert re.fullmatch("[a-z]{3,20}", name)
    assert name == connector.NAME
    assert connector.TITLE
    assert connector.MAX_BODY > 0
    assert all(each == each.lower() for each in connector.HEADERS)


@pytest.mark.parametrize("secrets", [{}, {"shop": "secret"}])
@pytest.mark.parametrize("name", CONNECTORS)
def test_what_nobody_signed_is_refused_and_says_what_to_do(name, secrets):
    with pytest.raises(Problem) as caught:
        CONNECTORS[name].verify({}, b"{}", secrets, NOW)
    assert caught.value.status == 401
    assert caught.value.code == "no-signature"
    assert caught.value.detail.endswith(".")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"{}"])
@pytest.mark.parametrize("name", CONNECTORS)
def test_what_is_no_delivery_is_refused_without_an_error_of_ours(name, body):
    headers = {"x-shopify-topic": "orders/paid", "x-wc-webhook-topic": "order.updated"}
    with pytest.raises(Problem) as caught:
        CONNECTORS[name].read(headers, body, "shop", NOW)
    assert caught.value.status in (400, 422)
    assert CONNECTORS[name].without_personal(body) in (b"", b"{}", b"null")
