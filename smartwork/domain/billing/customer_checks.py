"""What is wrong with who a company is, and with how it is taxed: its numbers, and VAT that its country does not allow.

Sources: Directive 2006/112/EC, articles 44 (services to a company: taxed where it is), 47 (services about immovable property:
where the property is), 45 (services to private persons: where the supplier is), 196 (reverse charge); EN 16931, BR-AE, BR-O.
"""

from collections.abc import Iterator
from datetime import date

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.countries import EU
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.party_numbers import endpoint_fault, enterprise_number_fault, vat_number_fault


def party_faults(party: Party) -> Iterator[str]:
    """What is wrong with the numbers of a party; each text names the field."""
    if party.enterprise_number is not None and (fault := enterprise_number_fault(party.country, party.enterprise_number)):
        yield fault
    if party.foreign_vat_number is not None and (fault := vat_number_fault(party.country, party.foreign_vat_number)):
        yield fault
    if party.endpoint_id is not None and (fault := endpoint_fault(party.scheme or "", party.endpoint_id)):
        yield fault


def taxation_faults(company: Company) -> Iterator[tuple[date | None, str]]:
    """Where a company is taxed as it cannot be: the day from which it is, None for the beginning, and why not."""
    days = {period.valid_from for period in company.later_parties} | {period.valid_from for period in company.later_vat}
    if fault := _taxation_fault(company.party, company.vat):
        yield None, fault
    for day in sorted(days):
        if fault := _taxation_fault(company.party_on(day), company.vat_on(day)):
            yield day, fault


def _taxation_fault(party: Party, vat: Vat) -> str | None:
    if party.is_private and vat.category in ("AE", "O"):
        return f"vat {vat.category} is for companies; a private person is charged VAT: S with its rate"
    if vat.category == "AE":
        if party.country not in EU:
            return f"vat AE, the reverse charge, is for companies in the EU; for one in {party.country} it is O, or S"
        if party.vat_number is None:
            return "vat AE, the reverse charge, needs the vat_number of the company on its documents"
    if vat.category == "O" and party.country in EU:
        return f"vat O, outside the scope of VAT, is for companies outside the EU; in {party.country} it is AE, S or E"
    return None
