"""Whose secret a body is signed under: compared in constant time, the connections in turn."""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from almoner.intake.problem import Problem

MAX_SIGNATURES = 10  # old and new secrets of a change; a header may hold thousands


def sign_base64(body: bytes, secret: str) -> str:
    """HMAC-SHA-256 of a body in base64, as Shopify and WooCommerce sign."""
    return b64encode(hmac.digest(secret.encode(), body, sha256)).decode()


def signer(
    given: Sequence[str],
    secrets: Mapping[str, str],
    sign: Callable[[str], str],
    header: str,
    title: str,
) -> str:
    """The connection whose secret signs as one of `given`; a 401 `Problem` where none does.

    A sender that is changing its secret gives one signature under each.
    """
    wanted = [each.strip().encode("latin-1", "replace") for each in given if each.strip()]
    if not wanted:
        raise unsigned(header)
    for name, secret in secrets.items():
        made = sign(secret).encode()
        if made and any(hmac.compare_digest(made, each) for each in wanted[:MAX_SIGNATURES]):
            return name
    raise unknown(header, secrets, title)


def unsigned(header: str) -> Problem:
    """A delivery without a signature."""
    return Problem(
        401,
        "no-signature",
        "The delivery is not signed",
        f"The header {header} is missing: only signed deliveries count.",
    )


def unknown(header: str, secrets: Mapping[str, str], title: str) -> Problem:
    """A signature that no connection's secret makes."""
    return Problem(
        401,
        "bad-signature",
        "The signature does not fit",
        f"{header} is not of this body under the secret of any {title} connection. Compare the "
        "secret kept here with the one that the sender signs with."
        if secrets
        else f"No {title} connection is set up here: make one with the sender's signing secret.",
    )
