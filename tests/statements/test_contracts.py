"""A contract says what it lacks, and who asks for it; never that anything complies."""

from datetime import date

from almoner.statements import completeness
from almoner.statements.models import Contract


def test_every_field_that_is_asked_for_is_a_field_of_the_contract() -> None:
    fields = {each.name for each in Contract._meta.get_fields()}
    asked = {name for each in completeness.facts().jurisdiction for name in each.asks}
    assert asked <= fields
    assert {name for name, _, _ in completeness.FIELDS} <= fields
    assert asked - {"retain_years"} <= {name for name, _, _ in completeness.FIELDS}


def test_every_fact_has_its_source_and_the_table_its_day() -> None:
    facts = completeness.facts()
    assert facts.as_of >= date(2026, 1, 1)
    assert all(each.source and each.says and each.whom for each in facts.jurisdiction)
    assert "not legal advice" in completeness.NOTICE
    said = " ".join(each.says for each in facts.jurisdiction).lower()
    assert "complian" not in said


def test_what_is_missing_is_named_with_who_asks(contract: Contract) -> None:
    found = completeness.examine(contract)
    missing = {each.field: each for each in found.missing}
    assert "goods" not in missing
    assert [each.place for each in missing["termination"].asked_by] == ["United Kingdom"]
    assert "Connecticut" in [each.place for each in missing["accounting_on"].asked_by]
    assert found.there + len(found.missing) == found.of


def test_filings_count_once_there_is_one(contract: Contract) -> None:
    assert "filings" not in {each.field for each in completeness.examine(contract).missing}
    contract.filings.all().delete()
    contract = Contract.objects.get(pk=contract.pk)
    assert "filings" in {each.field for each in completeness.examine(contract).missing}


def test_records_kept_too_short_are_told(contract: Contract) -> None:
    assert not completeness.examine(contract).too_short
    contract.retain_years = 2
    places = [each.place for each in completeness.examine(contract).too_short]
    assert places == ["Arkansas", "Connecticut"]


def test_records_are_kept_for_whole_years_after_the_end(contract: Contract) -> None:
    assert contract.retain_until(date(2026, 5, 31)) == date(2033, 5, 31)
    assert contract.retain_until(date(2024, 2, 29)) == date(2031, 3, 1)
