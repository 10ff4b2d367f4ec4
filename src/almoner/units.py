"""Units and exact amounts.

A unit has a code, a kind and a scale: the number of decimal places of its minor unit. An
amount is a whole, non-negative number of minor units; floats never appear. Currencies are
those of ISO 4217 (List One, 2026) with their true exponents: JPY 0, USD 2, KWD 3, CLF 4;
two withdrawn codes that old orders still carry (ANG, BGN) stay readable. Decimal strings
are read exactly or refused: nothing is rounded here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["count", "distance", "money"]

# A balance adds up many amounts and must stay inside a signed 64-bit column, so one amount
# is kept a thousand times under that: 9.2e15 cents is ninety trillion dollars.
MAX_MINOR = 9_223_372_036_854_775
MAX_SCALE = 6

_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN
BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP
LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR
ZMW ZWG
"""
CURRENCIES: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}

_DECIMAL = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,19}))?", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}|[A-Z]{3}")


class UnitError(ValueError):
    """A unit or an amount that cannot be used; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What an amount is of: `meal`, `mile`, `USD`. `scale` is decimal places."""

    code: str
    kind: Kind
    scale: int

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise UnitError(f"unit {self.code!r}: use a lower-case word such as meal, or USD")
        if not 0 <= self.scale <= MAX_SCALE:
            raise UnitError(f"unit {self.code}: scale {self.scale} is not within 0…{MAX_SCALE}")
        money = self.kind == "money"
        if money != self.code.isupper() or (money and CURRENCIES.get(self.code) != self.scale):
            raise UnitError(f"unit {self.code} with scale {self.scale} is no ISO 4217 currency")


@dataclass(frozen=True, slots=True)
class Amount:
    """`minor` whole minor units of `unit`; never negative, at most `MAX_MINOR`."""

    unit: Unit
    minor: int

    def __post_init__(self) -> None:
        if not 0 <= self.minor <= MAX_MINOR:
            raise UnitError(f"{self.minor} {self.unit.code} is not within 0…{MAX_MINOR}")

    def __str__(self) -> str:
        return f"{decimal(self.minor, self.unit.scale)} {self.unit.code}"


def currency(code: str) -> Unit:
    """The unit of an ISO 4217 code; `UnitError` where there is no such currency."""
    scale = CURRENCIES.get(code)
    if scale is None:
        raise UnitError(f"{code!r} is not an ISO 4217 currency code; write USD, EUR, JPY …")
    return Unit(code, "money", scale)


@lru_cache(maxsize=4096)  # a shop's prices repeat; refusals are not kept
def minor_units(text: str, scale: int) -> int:
    """Read a decimal string exactly: `("19.98", 2)` is 1998.

    Zeros beyond the scale are allowed (`"1000.00"` yen), other digits there are refused.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise UnitError(f"{text[:40]!r} is not an amount: write digits such as 12 or 19.98")
    whole, fraction = match.group(1), match.group(2) or ""
    if fraction[scale:].strip("0"):
        raise UnitError(f"{text!r} has more than {scale} decimal places")
    minor = int(whole + fraction[:scale].ljust(scale, "0"))
    if minor > MAX_MINOR:
        raise UnitError(f"{text!r} is larger than any amount kept here")
    return minor


def decimal(minor: int, scale: int) -> str:
    """Write minor units as a decimal string, all places shown: `(1998, 2)` is `"19.98"`."""
    if scale == 0:
        return str(minor)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"
