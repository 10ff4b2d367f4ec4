"""Amounts and times as Stripe counts them."""

from datetime import UTC, datetime

from almoner.connectors.money import invalid
from almoner.intake.wire import read_currency
from almoner.units import MAX_MINOR, Unit

# docs.stripe.com/currencies: what is counted in whole units, and what in thousandths. ISK and
# UGX have no minor unit in ISO 4217 and are written with two zeros; MGA has one and is not.
_WHOLE = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THOUSANDTHS = frozenset("BHD JOD KWD OMR TND".split())


def currency(code: str, field: str) -> Unit:
    """The currency that Stripe writes in small letters."""
    return read_currency(code.upper(), field)


def minor(amount: int, unit: Unit, field: str) -> int:
    """An amount as Stripe counts it in the currency's own minor units, exactly."""
    scale = 0 if unit.code in _WHOLE else 3 if unit.code in _THOUSANDTHS else 2
    if amount < 0:
        raise invalid(field, f"{amount} is below zero")
    whole, rest = divmod(amount * 10**unit.scale, 10**scale)
    if rest:
        raise invalid(field, f"{amount} is finer than {unit.code} has places")
    if whole > MAX_MINOR:
        raise invalid(field, f"{amount} is larger than any amount kept here")
    return whole


def time(seconds: int, field: str) -> datetime:
    """An instant told in seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise invalid(field, f"{seconds} is not a time") from None
