"""Units and amounts: exact, or refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.units import (
    CURRENCIES,
    MAX_MINOR,
    MAX_SCALE,
    Amount,
    Unit,
    UnitError,
    currency,
    decimal,
    minor_units,
)

MEAL = Unit("meal", "count", 0)


@given(st.integers(0, MAX_MINOR), st.integers(0, MAX_SCALE))
def test_what_is_printed_reads_back_as_the_same_amount(minor: int, scale: int) -> None:
    assert minor_units(decimal(minor, scale), scale) == minor


@given(st.from_regex(r"[0-9]{1,9}(\.[0-9]{1,6})?", fullmatch=True), st.integers(0, MAX_SCALE))
def test_what_is_read_is_exactly_what_was_written_or_refused(text: str, scale: int) -> None:
    whole, _, fraction = text.partition(".")
    exact = int(whole + fraction.ljust(6, "0"))
    fits = exact % 10 ** (6 - scale) == 0
    if fits:
        assert minor_units(text, scale) * 10 ** (6 - scale) == exact
    else:
        with pytest.raises(UnitError, match=f"more than {scale} decimal places"):
            minor_units(text, scale)


@given(st.text(max_size=30), st.integers(0, MAX_SCALE))
def test_any_text_is_an_amount_or_refused_by_name(text: str, scale: int) -> None:
    try:
        minor = minor_units(text, scale)
    except UnitError:
        return
    assert 0 <= minor <= MAX_MINOR
    assert set(text) <= set("0123456789.")


@pytest.mark.parametrize(
    ("text", "scale", "minor"),
    [
        ("19.98", 2, 1998),
        ("0", 2, 0),
        ("0.05", 2, 5),
        ("5", 3, 5000),
        ("1000.00", 0, 1000),
        ("1.2340000", 3, 1234),
        ("007", 0, 7),
        ("9223372036854775", 0, MAX_MINOR),
    ],
)
def test_amounts_as_people_write_them(text: str, scale: int, minor: int) -> None:
    assert minor_units(text, scale) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1\n",
        "-1",
        "+1",
        "1e3",
        "1E3",
        "0x10",
        ".5",
        "5.",
        "1,000",
        "1_000",
        "1.2.3",
        "NaN",
        "inf",
        "١٢",
        "１２",
        "1½",
        "²",
        "1" * 20,
        "0." + "0" * 20,
        "9" * 5000,
    ],
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="is not an amount: write digits such as 12 or"):
        minor_units(text, 2)


def test_the_message_about_a_long_text_is_short() -> None:
    with pytest.raises(UnitError) as raised:
        minor_units("x" * 100_000, 2)

    assert len(str(raised.value)) < 120


@pytest.mark.parametrize(("text", "scale"), [("9223372036854776", 0), ("9" * 19, 6)])
def test_an_amount_too_large_to_add_up_is_refused(text: str, scale: int) -> None:
    with pytest.raises(UnitError, match="larger than any amount kept here"):
        minor_units(text, scale)


@pytest.mark.parametrize(
    ("minor", "scale", "text"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (-1234, 3, "-1.234"),
        (7, 0, "7"),
    ],
)
def test_all_places_are_printed(minor: int, scale: int, text: str) -> None:
    assert decimal(minor, scale) == text


@pytest.mark.parametrize(
    ("exponent", "codes"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (2, "USD EUR GBP CHF CZK HUF INR CNY MGA MRU BGN ANG XCG SLE VED ZWG CHE USN MXV"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_a_currency_has_the_exponent_of_iso_4217(exponent: int, codes: str) -> None:
    assert {currency(code).scale for code in codes.split()} == {exponent}
    only = {code for code, scale in CURRENCIES.items() if scale == exponent}
    assert exponent == 2 or only == set(codes.split())


def test_every_currency_is_a_unit_of_money_by_three_capitals() -> None:
    assert {currency(code).kind for code in CURRENCIES} == {"money"}
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)
    assert set(CURRENCIES.values()) == {0, 2, 3, 4}


@pytest.mark.parametrize("code", ["usd", "US", "XXX", "XAU", "BTC", "", "USD "])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(UnitError, match="is not an ISO 4217 currency code"):
        currency(code)


@pytest.mark.parametrize(
    ("code", "kind", "scale", "said"),
    [
        ("", "count", 0, "use a lower-case word"),
        ("Meal", "count", 0, "use a lower-case word"),
        ("2meals", "count", 0, "use a lower-case word"),
        ("meal\n", "count", 0, "use a lower-case word"),
        ("m" * 33, "count", 0, "use a lower-case word"),
        ("meal", "count", -1, "is not within"),
        ("meal", "count", 7, "is not within"),
        ("USD", "money", 3, "no ISO 4217 currency"),
        ("meal", "money", 0, "no ISO 4217 currency"),
        ("USD", "count", 2, "no ISO 4217 currency"),
        ("XXX", "money", 2, "no ISO 4217 currency"),
    ],
)
def test_a_unit_that_cannot_be_cannot_be_made(code: str, kind: str, scale: int, said: str) -> None:
    with pytest.raises(UnitError, match=said):
        Unit(code, kind, scale)  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [-1, MAX_MINOR + 1])
def test_an_amount_is_never_below_zero_nor_past_what_is_kept(minor: int) -> None:
    with pytest.raises(UnitError, match="is not within"):
        Amount(MEAL, minor)


def test_an_amount_is_read_with_its_unit() -> None:
    assert str(Amount(currency("KWD"), 1500)) == "1.500 KWD"
    assert str(Amount(MEAL, 12)) == "12 meal"


def test_a_thousand_of_the_largest_amounts_fit_a_64_bit_column() -> None:
    assert 1000 * MAX_MINOR < 2**63
