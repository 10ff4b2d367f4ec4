"""How a figure is written: `23,761`, `$2,358`, `$2,358.40`. Nothing is rounded away."""

from almoner.units import decimal

# Signs that readers know; every other currency shows its code. "$" alone is US dollars.
_SIGNS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "CAD": "CA$",
    "AUD": "A$",
    "NZD": "NZ$",
    "INR": "₹",
    "KRW": "₩",
    "ILS": "₪",
}
MINUS = "\N{MINUS SIGN}"


def text(minor: int, kind: str, unit: str, scale: int) -> str:
    """A figure for readers. Decimal places appear only where they say something."""
    sign = MINUS if minor < 0 else ""
    whole, _, fraction = decimal(abs(minor), scale).partition(".")
    if kind != "money":
        fraction = fraction.rstrip("0")
    elif not fraction.strip("0"):
        fraction = ""
    number = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    if kind != "money":
        return sign + number
    known = _SIGNS.get(unit)
    return f"{sign}{known}{number}" if known else f"{sign}{unit}\N{NO-BREAK SPACE}{number}"
