"""The agreements of the network with companies and centres as one value: their problems, and the changes between two."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Literal

from stdnum import iban

from smartwork.domain.billing.account_number import AccountNumber
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, PrepaidOrder, SelfBillingAgreement
from smartwork.domain.billing.customer_checks import party_faults, taxation_faults
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.prepaid_hours import OVERDRAFT_PREFIX
from smartwork.domain.billing.tariffs import Tariff

_MAX_DESK_RATE = 10_000
"""EUR a month for each desk."""


@dataclass(frozen=True, slots=True)
class Agreements:
    """All contracts, tariffs, parties and orders of prepaid hours, past and present."""

    seller: Party | None
    companies: tuple[Company, ...]
    tariffs: tuple[Tariff, ...]
    centre_contracts: tuple[CentreContract, ...]
    orders: tuple[PrepaidOrder, ...]
    account_numbers: tuple[AccountNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreementProblem:
    """A reason why agreements cannot be put in force; `where` names the entry."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgreementChange:
    """An entry that is added, removed or changed; `detail` lists its fields, or the fields that differ."""

    kind: Literal["added", "changed", "removed"]
    what: str
    detail: str


def problems(
    wanted: Agreements, before: Agreements, centres: Collection[str], billed: Collection[tuple[str, str]]
) -> list[AgreementProblem]:
    """The reasons why `wanted` cannot replace `before`: entries that are there twice or overlap in time, unknown centres,
    invalid enterprise numbers and IBANs, and orders that differ from what was sold.

    `centres` are the slugs of the existing centres, `billed` the orders that are on documents, by company and order id.
    """
    return [
        *_duplicates(wanted),
        *_overlaps(wanted),
        *(
            AgreementProblem(where, f"centre {slug!r} does not exist")
            for where, slug in _centres(wanted)
            if slug not in centres
        ),
        *_numbers(wanted),
        *_shares(wanted),
        *_self_billing(wanted),
        *_companies(wanted),
        *_orders(wanted, before, billed),
    ]


def changes(before: Agreements, after: Agreements) -> list[AgreementChange]:
    """The changes from `before` to `after`, entry by entry."""
    old, new = _entries(before), _entries(after)
    listed = [AgreementChange("removed", what, _described(old[what])) for what in old if what not in new]
    for what, entry in new.items():
        if what not in old:
            listed.append(AgreementChange("added", what, _described(entry)))
        elif entry != old[what]:
            listed.append(AgreementChange("changed", what, _difference(old[what], entry)))
    return listed


def with_sold(wanted: Agreements, before: Agreements, billed: Collection[tuple[str, str]]) -> Agreements:
    """`wanted` with the orders of its companies that are on documents added: what was sold cannot be removed."""
    named = {(order.company, order.external_id) for order in wanted.orders}
    companies = {company.slug for company in wanted.companies}
    sold = (
        order
        for order in before.orders
        if (key := (order.company, order.external_id)) in billed and key not in named and order.company in companies
    )
    return replace(wanted, orders=(*wanted.orders, *sold))


def order_name(order: PrepaidOrder) -> str:
    """The name of an order in messages."""
    return f"order {order.external_id} of {order.company}"


def pool_name(company: str, kind: str) -> str:
    """The name of a pool in messages."""
    return f"pool of {company} for {kind} hours"


def supply_name(kind: str, order: str, company: str) -> str:
    """The name of an item or a subscription in messages."""
    return f"{kind} {order} of {company}"


def _duplicates(wanted: Agreements) -> Iterator[AgreementProblem]:
    seen: set[str] = set()
    for what, _ in _listed(wanted):
        if what in seen:
            yield AgreementProblem(what, "the entry is there twice; remove one")
        seen.add(what)


def _overlaps(wanted: Agreements) -> Iterator[AgreementProblem]:
    """Entries with the same scope that are valid on the same day: neither takes precedence."""
    periods: list[tuple[tuple[str | None, ...], Any]] = [
        *((("contract", company.slug, c.centre, c.kind), c) for company in wanted.companies for c in company.contracts),
        *(
            (("subscription", company.slug, each.external_id), each)
            for company in wanted.companies
            for each in company.subscriptions
            if each.cancelled_on is None
        ),
        *((("tariff", tariff.centre, tariff.kind), tariff) for tariff in wanted.tariffs),
        *((("centre contract", contract.centre), contract) for contract in wanted.centre_contracts),
    ]
    names = {id(entry): what for what, entry in _listed(wanted)}
    by_scope: dict[tuple[str | None, ...], list[Any]] = {}
    for scope, entry in periods:
        by_scope.setdefault(scope, []).append(entry)
        if entry.valid_until is not None and entry.valid_until <= entry.valid_from:
            yield AgreementProblem(
                names[id(entry)], f"valid_until {entry.valid_until} is not after valid_from {entry.valid_from}"
            )
    for entries in by_scope.values():
        for earlier, later in combinations(sorted(entries, key=lambda entry: entry.valid_from), 2):
            if earlier.valid_from != later.valid_from and (
                earlier.valid_until is None or later.valid_from < earlier.valid_until
            ):
                yield AgreementProblem(
                    names[id(later)],
                    f"the one from {earlier.valid_from} is valid then too; give that one valid_until = {later.valid_from}",
                )


def _centres(wanted: Agreements) -> Iterator[tuple[str, str]]:
    for what, entry in _listed(wanted):
        slug = getattr(entry, "centre", None)
        if slug is not None:
            yield what, slug


def _numbers(wanted: Agreements) -> Iterator[AgreementProblem]:
    paid: list[tuple[str, Party]] = [("seller", wanted.seller)] if wanted.seller else []
    paid += [(_centre_contract(contract), contract.payee) for contract in wanted.centre_contracts]
    customers = [(company, where, party) for company in wanted.companies for where, party in _parties(company)]
    named = [*paid, *((where, party) for _, where, party in customers)]
    for where, party in named:
        yield from (AgreementProblem(where, fault) for fault in party_faults(party))
    by_number: dict[tuple[str, str], str] = {}
    for company, where, party in customers:
        if party.is_private:
            continue
        other = by_number.setdefault(party.identity, company.slug)
        if other != company.slug:
            number = party.identity[1]
            field = "enterprise_number" if party.enterprise_number else "vat_number"
            yield AgreementProblem(where, f"{field} {number} is also that of {other}; each company has its own")
    for where, payee in paid:
        if not iban.is_valid(payee.iban or "", check_country=False):
            yield AgreementProblem(where, f"iban {payee.iban!r} is not valid: its check digits do not match")


def _shares(wanted: Agreements) -> Iterator[AgreementProblem]:
    for contract in wanted.centre_contracts:
        if contract.mode == "share" and contract.rate > 1:
            yield AgreementProblem(
                _centre_contract(contract), f"rate {contract.rate} is not valid: a share is between 0 and 1 (65 % is 0.65)"
            )
        if contract.mode == "per_seat" and contract.rate > _MAX_DESK_RATE:
            yield AgreementProblem(
                _centre_contract(contract),
                f"rate {contract.rate} EUR a month for each desk is more than the limit of {_MAX_DESK_RATE}",
            )


def _self_billing(wanted: Agreements) -> Iterator[AgreementProblem]:
    for contract in wanted.centre_contracts:
        agreed = contract.self_billing
        if agreed and agreed.valid_until is not None and agreed.valid_until <= agreed.signed_on:
            yield AgreementProblem(
                _centre_contract(contract),
                f"self_billing: valid_until {agreed.valid_until} is not after signed_on {agreed.signed_on}",
            )


def _companies(wanted: Agreements) -> Iterator[AgreementProblem]:
    for company in wanted.companies:
        if not company.contracts:
            yield AgreementProblem(_company(company), "the company has no contract, so it could not be billed; add one")
        for day, fault in taxation_faults(company):
            yield AgreementProblem(_company(company), fault if day is None else f"from {day}: {fault}")


def _orders(wanted: Agreements, before: Agreements, billed: Collection[tuple[str, str]]) -> Iterator[AgreementProblem]:
    pools = {(company.slug, pool.kind) for company in wanted.companies for pool in company.pools}
    sold = {(order.company, order.external_id): order for order in before.orders}
    for order in wanted.orders:
        key = order.company, order.external_id
        if order.external_id.startswith(OVERDRAFT_PREFIX):
            yield AgreementProblem(
                order_name(order),
                f"{OVERDRAFT_PREFIX.strip()!r} is the prefix of overdrafts that billing sells; choose another order id",
            )
        elif key in billed:
            if sold.get(key) not in (None, order):
                yield AgreementProblem(
                    order_name(order), "the order is on an invoice already; leave it unchanged, and add a new order"
                )
        elif (order.company, order.kind) not in pools:
            yield AgreementProblem(
                order_name(order), f"{order.company} has no pool of {order.kind} hours, which sets the price; add the pool"
            )


def _entries(agreed: Agreements) -> dict[str, dict[str, str]]:
    return {what: _flat(entry) for what, entry in _listed(agreed)}


def _listed(agreed: Agreements) -> Iterator[tuple[str, Any]]:
    """Every entry with its name in messages."""
    if agreed.seller is not None:
        yield "seller", agreed.seller
    for company in agreed.companies:
        yield from _of_company(company)
    for order in agreed.orders:
        yield order_name(order), order
    for tariff in agreed.tariffs:
        yield f"tariff{_scope(tariff.kind, tariff.centre)} from {tariff.valid_from}", tariff
    for centre_contract in agreed.centre_contracts:
        yield _centre_contract(centre_contract), centre_contract
    for account in agreed.account_numbers:
        yield f"account for {account.used_for}" + (f" at {account.vat_code}" if account.vat_code else ""), account


def _of_company(company: Company) -> Iterator[tuple[str, Any]]:
    """The company and its entries, but for its orders of prepaid hours."""
    yield _company(company), company
    for period in company.later_parties:
        yield _from_day("party", company, period.valid_from), period
    for vat in company.later_vat:
        yield _from_day("VAT", company, vat.valid_from), vat
    for contract in company.contracts:
        yield f"contract of {company.slug}{_scope(contract.kind, contract.centre)} from {contract.valid_from}", contract
    for pool in company.pools:
        yield pool_name(company.slug, pool.kind), pool
    for item in company.items:
        yield supply_name("item", item.external_id, company.slug), item
    for subscription in company.subscriptions:
        name = supply_name("subscription", subscription.external_id, company.slug)
        yield f"{name} from {subscription.valid_from}", subscription


def _company(company: Company) -> str:
    return f"company {company.slug}"


def _from_day(what: str, company: Company, day: date) -> str:
    return f"{what} of {company.slug} from {day}"


def _parties(company: Company) -> Iterator[tuple[str, Party]]:
    """Who a company is, one after the other, each with its name in messages."""
    yield _company(company), company.party
    for period in company.later_parties:
        yield _from_day("party", company, period.valid_from), period.party


def _centre_contract(contract: CentreContract) -> str:
    return f"contract with centre {contract.centre} from {contract.valid_from}"


def _scope(kind: str | None, centre: str | None) -> str:
    return (f" for {kind}s" if kind else "") + (f" in {centre}" if centre else "")


def _flat(entry: Any, under: str = "") -> dict[str, str]:  # noqa: ANN401 - any of the dataclasses of an agreement
    """The fields of an entry as text. Contracts, pools and later periods of a company are entries of their own."""
    texts: dict[str, str] = {}
    for field in fields(entry):
        value = getattr(entry, field.name)
        if isinstance(value, Party | Vat | SelfBillingAgreement):
            is_own = field.name in ("party", "vat") and not isinstance(entry, Company | CentreContract)
            texts |= _flat(value, "" if is_own or field.name == "party" else f"{under}{field.name}.")
        elif not isinstance(value, tuple):
            texts[f"{under}{field.name}"] = _text(value)
    return texts


def _text(value: date | Decimal | str | int | bool | None) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _described(entry: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.items() if value != "–")


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {old[name]} → {value}" for name, value in new.items() if old[name] != value)
