"""What the network agreed with companies and centres, as one value: what is wrong with it, and what a new one changes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Literal

from stdnum import iban
from stdnum.be import vat as enterprise

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, PrepaidOrder
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.tariffs import Tariff

_OF_BILLING = "overdraft "
"""How the orders begin that billing makes for hours beyond a pool's balance."""
_DEAREST_DESK = 10_000
"""EUR a month."""


@dataclass(frozen=True, slots=True)
class Agreements:
    """All that sets what companies are charged and centres are owed, past and present; `orders` are of hours bought ahead."""

    seller: Party | None
    companies: tuple[Company, ...]
    tariffs: tuple[Tariff, ...]
    centre_contracts: tuple[CentreContract, ...]
    orders: tuple[PrepaidOrder, ...]


@dataclass(frozen=True, slots=True)
class AgreementProblem:
    """Why agreements cannot be taken in; `where` names the entry."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgreementChange:
    """An entry that another value of the agreements adds, removes or words differently; `detail` says how."""

    kind: Literal["added", "changed", "removed"]
    what: str
    detail: str


def problems(
    wanted: Agreements, before: Agreements, centres: Collection[str], billed: Collection[tuple[str, str]]
) -> list[AgreementProblem]:
    """All that forbids putting `wanted` in the place of `before`: two entries for one time, unknown centres, numbers that
    fail their own check, and orders that are worded otherwise than they were sold.

    `centres` are the slugs of those that there are, `billed` the orders on documents, by company and id.
    """
    return [
        *_doubles(wanted),
        *_overlaps(wanted),
        *(AgreementProblem(where, f"there is no centre {slug!r}") for where, slug in _centres(wanted) if slug not in centres),
        *_numbers(wanted),
        *_shares(wanted),
        *_companies(wanted),
        *_orders(wanted, before, billed),
    ]


def changes(before: Agreements, after: Agreements) -> list[AgreementChange]:
    """What `after` says otherwise than `before`, entry by entry."""
    old, new = _entries(before), _entries(after)
    found = [AgreementChange("removed", what, _told(old[what])) for what in old if what not in new]
    for what, entry in new.items():
        if what not in old:
            found.append(AgreementChange("added", what, _told(entry)))
        elif entry != old[what]:
            found.append(AgreementChange("changed", what, _difference(old[what], entry)))
    return found


def with_sold(wanted: Agreements, before: Agreements, billed: Collection[tuple[str, str]]) -> Agreements:
    """`wanted` with the orders of its companies that are on documents and that it leaves out: what was sold stays sold."""
    named = {(order.company, order.external_id) for order in wanted.orders}
    companies = {company.slug for company in wanted.companies}
    sold = (
        order
        for order in before.orders
        if (key := (order.company, order.external_id)) in billed and key not in named and order.company in companies
    )
    return replace(wanted, orders=(*wanted.orders, *sold))


def order_name(order: PrepaidOrder) -> str:
    """An order of hours as people name it."""
    return f"order {order.external_id} of {order.company}"


def pool_name(company: str, kind: str) -> str:
    """A pool of hours as people name it."""
    return f"pool of {company} for {kind} hours"


def _doubles(wanted: Agreements) -> Iterator[AgreementProblem]:
    seen: set[str] = set()
    for what, _ in _listed(wanted):
        if what in seen:
            yield AgreementProblem(what, "it is there twice")
        seen.add(what)


def _overlaps(wanted: Agreements) -> Iterator[AgreementProblem]:
    """Two entries of equal rank on one day: no rule says which of them holds."""
    periods: list[tuple[tuple[str | None, ...], Any]] = [
        *((("contract", c.slug, one.centre, one.kind), one) for c in wanted.companies for one in c.contracts),
        *((("tariff", one.centre, one.kind), one) for one in wanted.tariffs),
        *((("centre contract", one.centre), one) for one in wanted.centre_contracts),
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
        for one, other in combinations(sorted(entries, key=lambda entry: entry.valid_from), 2):
            if one.valid_from != other.valid_from and (one.valid_until is None or other.valid_from < one.valid_until):
                yield AgreementProblem(
                    names[id(other)],
                    f"the one from {one.valid_from} holds on that day too; give that valid_until = {other.valid_from}",
                )


def _centres(wanted: Agreements) -> Iterator[tuple[str, str]]:
    for what, entry in _listed(wanted):
        slug = getattr(entry, "centre", None)
        if slug is not None:
            yield what, slug


def _numbers(wanted: Agreements) -> Iterator[AgreementProblem]:
    paid: list[tuple[str, Party]] = [("seller", wanted.seller)] if wanted.seller else []
    paid += [(_centre_contract(one), one.payee) for one in wanted.centre_contracts]
    named: list[tuple[str, Party | Company]] = [*paid, *((_company(one), one) for one in wanted.companies)]
    for where, party in named:
        if not enterprise.is_valid(party.enterprise_number):
            yield AgreementProblem(
                where, f"enterprise_number {party.enterprise_number!r} is no Belgian one: ten digits, mod 97"
            )
    by_number: dict[str, str] = {}
    for company in wanted.companies:
        other = by_number.setdefault(company.enterprise_number, company.slug)
        if other != company.slug:
            yield AgreementProblem(_company(company), f"enterprise_number {company.enterprise_number} is that of {other} too")
    for where, payee in paid:
        if not iban.is_valid(payee.iban or "", check_country=False):
            yield AgreementProblem(where, f"iban {payee.iban!r} is none: its check digits do not fit")


def _shares(wanted: Agreements) -> Iterator[AgreementProblem]:
    for one in wanted.centre_contracts:
        if one.mode == "share" and one.rate > 1:
            yield AgreementProblem(_centre_contract(one), f"a share is between 0 and 1, not {one.rate}: 65 % is 0.65")
        if one.mode == "per_seat" and one.rate > _DEAREST_DESK:
            yield AgreementProblem(
                _centre_contract(one), f"{one.rate} EUR a month for each desk is more than {_DEAREST_DESK}"
            )


def _companies(wanted: Agreements) -> Iterator[AgreementProblem]:
    for company in wanted.companies:
        if not company.contracts:
            yield AgreementProblem(_company(company), "it has no contract, so nothing of it could be billed")


def _orders(wanted: Agreements, before: Agreements, billed: Collection[tuple[str, str]]) -> Iterator[AgreementProblem]:
    pools = {(company.slug, pool.kind) for company in wanted.companies for pool in company.pools}
    sold = {(order.company, order.external_id): order for order in before.orders}
    for order in wanted.orders:
        key = order.company, order.external_id
        if order.external_id.startswith(_OF_BILLING):
            yield AgreementProblem(
                order_name(order), f"{_OF_BILLING.strip()!r} names what billing sells by itself; name it otherwise"
            )
        elif key in billed:
            if sold.get(key) not in (None, order):
                yield AgreementProblem(
                    order_name(order), "its hours are on an invoice already; leave the order as it is, and order anew"
                )
        elif (order.company, order.kind) not in pools:
            yield AgreementProblem(
                order_name(order), f"{order.company} has no pool of {order.kind} hours, which has the price"
            )


def _entries(agreed: Agreements) -> dict[str, dict[str, str]]:
    return {what: _flat(entry) for what, entry in _listed(agreed)}


def _listed(agreed: Agreements) -> Iterator[tuple[str, Any]]:
    """Every entry under the name that people know it by."""
    if agreed.seller is not None:
        yield "seller", agreed.seller
    for company in agreed.companies:
        yield _company(company), company
        for contract in company.contracts:
            yield f"contract of {company.slug}{_scope(contract.kind, contract.centre)} from {contract.valid_from}", contract
        for pool in company.pools:
            yield pool_name(company.slug, pool.kind), pool
    for order in agreed.orders:
        yield order_name(order), order
    for tariff in agreed.tariffs:
        yield f"tariff{_scope(tariff.kind, tariff.centre)} from {tariff.valid_from}", tariff
    for one in agreed.centre_contracts:
        yield _centre_contract(one), one


def _company(company: Company) -> str:
    return f"company {company.slug}"


def _centre_contract(one: CentreContract) -> str:
    return f"contract with centre {one.centre} from {one.valid_from}"


def _scope(kind: str | None, centre: str | None) -> str:
    return (f" for {kind}s" if kind else "") + (f" in {centre}" if centre else "")


def _flat(entry: Any, under: str = "") -> dict[str, str]:  # noqa: ANN401 - any of the dataclasses of an agreement
    """The fields of an entry as text; lists of other entries are entries of their own."""
    found: dict[str, str] = {}
    for field in fields(entry):
        value = getattr(entry, field.name)
        if isinstance(value, Party | Vat):
            found |= _flat(value, f"{under}{field.name}.")
        elif not isinstance(value, tuple):
            found[f"{under}{field.name}"] = _text(value)
    return found


def _text(value: date | Decimal | str | int | bool | None) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _told(entry: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.items() if value != "–")


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {old[name]} → {value}" for name, value in new.items() if old[name] != value)
