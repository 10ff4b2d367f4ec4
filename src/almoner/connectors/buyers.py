"""What is told of a buyer: a country, a pseudonym, an order's tags; never who it is.

A place is ISO 3166 codes only. A pseudonym is an HMAC of the customer's number under a key
that only this installation has, so that nobody can find the number by trying them all. Under
another key the same buyer is another reader: a reader's cap then starts again.
"""

import hmac
import re
from hashlib import sha256

MAX_TAGS = 250  # Shopify's own limit
_COUNTRY = re.compile(r"[A-Z]{2}")
_PART = re.compile(r"[A-Z0-9]{1,3}")


def place(country: str | None, part: str | None) -> str:
    """`US-AL` of a country's and its part's code; `US` without a usable part; else ""."""
    country, part = (country or "").strip().upper(), (part or "").strip().upper()
    if not _COUNTRY.fullmatch(country):
        return ""
    part = part.removeprefix(f"{country}-")  # WooCommerce writes some states so
    return f"{country}-{part}" if _PART.fullmatch(part) else country


def reader(key: bytes, source: str, customer: str) -> str:
    """A pseudonym of a source's customer: 32 hexadecimal digits; "" without key or customer."""
    if not key or not customer:
        return ""
    return hmac.digest(key, f"{source}\n{customer}".encode(), sha256).hex()[:32]


def tags(text: str) -> tuple[str, ...]:
    """Tags between commas, less those that look like a person's e-mail or telephone."""
    each = (tag.strip() for tag in text.replace("\x00", "").split(","))
    return tuple(
        tag
        for tag in each
        if tag and len(tag) <= 255 and "@" not in tag and sum(c.isdigit() for c in tag) < 7
    )[:MAX_TAGS]
