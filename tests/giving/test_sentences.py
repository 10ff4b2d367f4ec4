"""The promise in words: the table of sentences, and what every sentence has."""

from datetime import timedelta
from fractions import Fraction

import msgspec
import pytest

from almoner.giving.sentences import matching, promise
from almoner.giving.unused import UNUSED
from almoner.giving.wording import exact_money, plural
from tests.giving.said import NAMES, TITLES, Said, promises, version


def read(said: Said) -> str:
    kind = "money" if said.version.unit.isupper() else "count"
    matched = TITLES.get(said.version.matches, "")
    return promise(
        said.version, kind, "Harbor Table", said.sponsor, charities=NAMES, matched=matched
    )


@pytest.mark.parametrize("said", promises(), ids=lambda said: said.terms)
def test_terms_read_as_a_promise(said):
    assert read(said) == said.sentence


def test_the_table_says_every_term_of_every_trigger():
    terms = promises()
    assert len(terms) >= 60
    assert {each.version.trigger for each in terms} == set(UNUSED)
    said = {
        field
        for each in terms
        for field, value in msgspec.structs.asdict(each.version).items()
        if value not in (None, "", 0, ())
    }
    assert said >= set(msgspec.structs.asdict(terms[0].version)) - {"effective_from"}


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ("match, 1 meal; matches may-bowls; cap 10,000", "Bolt doubles it, up to 10,000 meals."),
        ("match, 2 meal; matches may-bowls", "Bolt triples it."),
        ("match, 1/3 meal; matches may-bowls", "Bolt adds a third of its amount."),
    ],
)
def test_a_match_is_told_beneath_what_it_matches(terms, says):
    match, _ = version(terms)
    assert matching(match, "count", "Bolt", match) == says
    longer = msgspec.structs.replace(match, ends_at=match.ends_at + timedelta(days=1))
    assert "from 1 May 2026 to 31 May 2026" in matching(match, "count", "Bolt", longer)


@pytest.mark.parametrize(
    ("word", "many"), [("meal", "meals"), ("box", "boxes"), ("puppy", "puppies"), ("toy", "toys")]
)
def test_units_have_a_plural(word, many):
    assert (plural(word, 1), plural(word, 2)) == (word, many)


def test_a_price_finer_than_a_cent_is_written_out():
    found = [exact_money(Fraction(each), "USD") for each in ("0.25", "0.125", "1/3", "4")]
    assert found == ["$0.25", "$0.125", "1/3 USD", "$4"]
