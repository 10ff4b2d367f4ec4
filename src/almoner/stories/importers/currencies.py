"""Reads the currency written before or after a figure: `$`, `C$`, `USD`, `€`, `kr`.

Promise: a mark that several currencies share (`$`, `¥`, `kr`, `Rs`) is settled by the
page's language where that settles it; `$`, `¥` and `£` without such a hint mean USD, JPY
and GBP, as on most pages; `kr` and `Rs` without a hint stay unsettled. Codes are ISO 4217.
Codes that are also words of a label in capitals (ALL, TOP, TRY …) are not read as money.
"""

import re

UNSETTLED = "?"

_SYMBOLS = {
    "US$": "USD", "C$": "CAD", "CA$": "CAD", "CAD$": "CAD", "A$": "AUD", "AU$": "AUD",
    "AUD$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "NT$": "TWD",
    "R$": "BRL", "MX$": "MXN", "Mex$": "MXN", "CN¥": "CNY", "JP¥": "JPY",
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH",
    "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "₵": "GHS", "₡": "CRC",
    "₸": "KZT", "₾": "GEL", "₲": "PYG", "元": "CNY", "円": "JPY", "원": "KRW",
    "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "lei": "RON", "RM": "MYR", "Rp": "IDR",
    "SFr.": "CHF", "SFr": "CHF", "Fr.": "CHF", "د.إ": "AED", "ر.س": "SAR", "د.ك": "KWD",
}  # fmt: skip
_BEFORE_ONLY = {"RM", "Rp", "SFr.", "SFr", "Fr."}
_CODES = """
USD EUR GBP CAD AUD NZD JPY CHF SEK NOK DKK ISK PLN CZK HUF RON BGN INR CNY HKD SGD KRW BRL
MXN ZAR ILS AED SAR QAR KWD BHD OMR JOD TND EGP MAD KES UGX TZS NGN GHS PHP THB IDR MYR VND
TWD RUB UAH CLP COP ARS PKR LKR BDT NPR CRC UYU KZT RSD IQD LYD
""".split()
_SHARED = ["$", "¥", "￥", "kr.", "kr", "Kr.", "Kr", "Rs.", "Rs", "R"]
_DOLLARS = {
    "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "TW": "TWD", "MX": "MXN",
    "CL": "CLP", "CO": "COP", "AR": "ARS",
}  # fmt: skip
_KRONOR = {
    "sv": "SEK", "nb": "NOK", "nn": "NOK", "no": "NOK", "da": "DKK", "is": "ISK", "fo": "DKK",
}  # fmt: skip
_RUPEES = {"IN": "INR", "PK": "PKR", "LK": "LKR", "NP": "NPR", "MU": "MUR"}


def _either(marks: list[str]) -> str:
    return "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))


BEFORE = rf"(?<![^\W\d_])(?:(?:{'|'.join(_CODES)})\s?\$|{_either([*_SYMBOLS, *_SHARED, *_CODES])})"
AFTER = rf"(?:{_either([m for m in [*_SYMBOLS, *_SHARED[:-1], *_CODES] if m not in _BEFORE_ONLY])})"
_CODE_THEN_DOLLAR = re.compile(rf"({'|'.join(_CODES)})\s?\$")


def settle(mark: str, language: str) -> str:
    """The ISO code of `mark` on a page in `language` (BCP 47), or `UNSETTLED`."""
    tongue, _, region = language.replace("_", "-").partition("-")
    tongue, region = tongue.lower(), region[-2:].upper()
    if mark in _SYMBOLS:
        return _SYMBOLS[mark]
    if mark in _CODES:
        return mark
    if coded := _CODE_THEN_DOLLAR.fullmatch(mark):
        return coded.group(1)
    if mark == "$":
        return _DOLLARS.get(region, "USD")
    if mark in ("¥", "￥"):
        return "CNY" if tongue == "zh" else "JPY"
    if mark == "R":
        return "ZAR"
    if mark.lower().startswith("kr"):
        return _KRONOR.get(tongue, UNSETTLED)
    return _RUPEES.get(region, UNSETTLED)
