"""Whose secret a body is signed under: compared in constant time, the connections in turn."""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256

from almoner.intake.problem import Problem


def sign_base64(body: bytes, secret: str) -> str:
    """HMAC-SHA-256 of a body in base64, as Shopify and WooCommerce sign."""
    return b64encode(hmac.digest(secret.encode(), body, sha256)).decode()


def signer(
    given: str, secrets: Mapping[str, str], sign: Callable[[str], str], header: str, source: str
) -> str:
    """The connection under whose secret `sign` gives `given`; a 401 `Problem` where none does."""
    if not given.strip():
        raise unsigned(header)
    wanted = given.strip().encode("latin-1", "replace")
    for name, secret in secrets.items():
        if hmac.compare_digest(sign(secret).encode(), wanted):
            return name
    raise unknown(header, secrets, source)


def unsigned(header: str) -> Problem:
    """A delivery without a signature."""
    return Problem(
        401,
        "no-signature",
        "The delivery is not signed",
        f"The header {header} is missing: only signed deliveries count.",
    )


def unknown(header: str, secrets: Mapping[str, str], source: str) -> Problem:
    """A signature that no connection's secret makes."""
    return Problem(
        401,
        "bad-signature",
        "The signature does not fit",
        f"{header} is not of this body under the secret of any {source} connection. Compare the "
        "secret kept here with the one that the sender signs with."
        if secrets
        else f"No {source} connection is set up here: make one with the sender's signing secret.",
    )
