"""What a contract says, in the lines of a statement."""

from datetime import date

from almoner.giving.models import Charity, Sponsor
from almoner.statements.document import Clause, Party
from almoner.statements.models import Contract, Filing


def of(contract: Contract) -> tuple[Clause, ...]:
    """The contract's own terms, those that were filled in."""
    flat = f"{contract.flat_gift} {contract.flat_currency}" if contract.flat_gift else ""
    lines = (
        ("Signed on", _day(contract.signed_on)),
        ("Further parties", contract.further_parties),
        ("Goods or action", contract.goods),
        ("Territory", contract.territory),
        ("Given", Contract.Manner(contract.manner).label if contract.goods else ""),
        ("What one unit is", contract.unit_definition),
        ("Flat gift", flat),
        ("Estimated total", contract.estimated_total),
        ("Objectives and methods", contract.objectives),
        ("Consent to use the charity’s name", _day(contract.name_consent)),
        ("Consent to the advertisements", _day(contract.advertisement_consent)),
        ("Final accounting due", _day(contract.accounting_on)),
        ("Payment due", _day(contract.payment_on)),
        ("How it is paid", contract.payment_manner),
        ("Ending it early", contract.termination),
        ("Changing it", contract.variation),
        ("Fees and expenses", contract.fees),
        (
            "Filed with",
            "; ".join(_filing(each) for each in Filing.objects.filter(contract=contract)),
        ),
        ("Records kept", f"{contract.retain_years} years after the end"),
    )
    return tuple(Clause(label, text) for label, text in lines if text)


def sponsor(row: Sponsor, contract: Contract | None) -> Party:
    """Who pays, by the contract where it says."""
    return Party(
        "Pays",
        row.name,
        (contract.sponsor_legal_name if contract else "") or row.legal_name or row.name,
        contract.sponsor_registration if contract else "",
        contract.sponsor_address if contract else "",
        _signatories(contract.sponsor_signatory) if contract else (),
    )


def charity(row: Charity, contract: Contract | None) -> Party:
    """Who receives, by the contract where it says."""
    return Party(
        "Receives",
        row.name,
        (contract.charity_legal_name if contract else "") or row.legal_name or row.name,
        (contract.charity_registration if contract else "") or row.registration_number,
        contract.charity_address if contract else "",
        _signatories(contract.charity_signatory, contract.second_signatory) if contract else (),
    )


def _signatories(*names: str) -> tuple[str, ...]:
    return tuple(name for name in names if name)


def _filing(filing: Filing) -> str:
    parts = [filing.state, filing.form, _day(filing.filed_on), filing.reference]
    return ", ".join(part for part in parts if part)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
