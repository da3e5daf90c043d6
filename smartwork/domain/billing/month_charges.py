"""The charges of a company's visits, by the contract and tariff that are valid on each day."""

from collections.abc import Sequence

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.passes import by_day, rate_day
from smartwork.domain.billing.rating import Group, local_date, rate, terms_of
from smartwork.domain.billing.tariffs import ContractMissing, Tariff, contract_at, tariff_at
from smartwork.domain.bookings.visit import Visit


def month_charges(company: Company, visits: Sequence[Visit], tariffs: Sequence[Tariff]) -> list[Group]:
    """The charges of `visits`. Contract, tariff and VAT are those of the local day on which a visit starts.

    Raises RateMissing or ContractMissing if one of them is not valid on a day.
    """
    groups: list[Group] = []
    for of_day in by_day(visits):
        first, day = of_day[0], local_date(of_day[0])
        vat = company.vat_on(day)
        contract = contract_at(company.contracts, first.centre, first.kind, day)
        if contract is None:
            raise ContractMissing(
                f"No contract of {company.slug} for a {first.kind} in centre {first.centre} is valid on {day.isoformat()}, "
                f"the day of {first.booking or first.check_in}: add one (smartwork agreements), and bill again.",
                first.centre,
            )
        terms = terms_of(contract, tariff_at(tariffs, first.centre, first.kind, day))
        if contract.charge == "cheapest":
            groups += rate_day(of_day, terms, vat)
        else:
            groups += [group for visit in of_day if (group := rate(visit, terms, vat))]
    return groups
