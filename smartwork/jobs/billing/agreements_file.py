"""Reading and writing the TOML file of agreements; a file that is written reads as the same agreements."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import AoT, Table

from smartwork.domain.billing.agreements import Agreements
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, Contract, PrepaidOrder
from smartwork.domain.billing.orders import Item, Subscription
from smartwork.domain.billing.parties import Party, Vat
from smartwork.errors import InputError
from smartwork.jobs.billing.agreements_schema import AgreementsEntry
from smartwork.jobs.billing.party_entries import VAT_FORMS, LegalEntry

_CONTRACT_KEYS = {"early_leave_refund": "give_back"}
"""Keys of the file that differ from the field's name."""

_MAX_MISTAKES = 20
"""How many mistakes an error lists."""

_OWN_ERROR = "Value error, "
"""How pydantic begins the texts of errors that the schema raises itself."""

_HEADER = """The agreements of the network: the seller, companies, centres, contracts and prices (EUR, without VAT).
Days are local days. A validity includes valid_from and excludes valid_until. docs/billing.md explains each rule.
Put a changed file in force with: smartwork agreements apply FILE"""


def read(text: str, name: str) -> Agreements:
    """The agreements in `text`, the content of the file `name`.

    Raises InputError, which names the line, or entry and field, and what was expected.
    """
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is not valid TOML: {error}.") from None
    try:
        return AgreementsEntry.model_validate(content).agreements()
    except ValidationError as error:
        mistakes = [
            f"{_place(content, mistake['loc'])}: {_lower(mistake['msg'])}" for mistake in error.errors(include_url=False)
        ]
        more = [f"and {len(mistakes) - _MAX_MISTAKES} more"] if len(mistakes) > _MAX_MISTAKES else []
        raise InputError("\n  ".join([f"{name} cannot be read:", *mistakes[:_MAX_MISTAKES], *more])) from None


def write(agreed: Agreements) -> str:
    """The agreements as the text of a file."""
    document = tomlkit.document()
    for line in _HEADER.splitlines():
        document.add(tomlkit.comment(line))
    if agreed.seller is not None:
        document.add("seller", _table(_party(agreed.seller)))
    _add(document, "tariff", (_table(_plain(asdict(tariff))) for tariff in agreed.tariffs))
    _add(document, "company", (_company_table(company, agreed.orders) for company in agreed.companies))
    _add(document, "centre_contract", (_centre_table(contract) for contract in agreed.centre_contracts))
    _add(document, "account", (_table({k: v for k, v in asdict(each).items() if v}) for each in agreed.account_numbers))
    return tomlkit.dumps(document)


def _place(content: object, where: Sequence[int | str]) -> str:
    """The entry and field in the file, for example `company 2 (acme), contract 1, charge`."""
    parts: list[str] = []
    for key in where:
        if isinstance(key, int):
            content = content[key] if isinstance(content, list) and key < len(content) else None
            named = content if isinstance(content, dict) else {}
            known = next((named[name] for name in ("slug", "order", "centre", "used_for") if named.get(name)), None)
            parts[-1] += f" {key + 1}" + (f" ({known})" if known else "")
        elif key not in VAT_FORMS:
            content = content.get(key) if isinstance(content, dict) else None
            parts.append(key)
    return ", ".join(parts)


def _lower(message: str) -> str:
    known = {"Field required": "it is missing", "Extra inputs are not permitted": "there is no such field"}
    if (own := message.removeprefix(_OWN_ERROR)) != message:
        return own
    return known.get(message, message[:1].lower() + message[1:])


def _add(document: tomlkit.TOMLDocument | Table, name: str, tables: Iterable[Table]) -> None:
    entries = list(tables)
    if entries:
        document.add(name, AoT(entries))


def _table(values: dict[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, _number(value) if isinstance(value, Decimal) else value)
    return table


def _number(value: Decimal) -> Any:  # noqa: ANN401 - an item of the library
    """A number as people write it, such as 7.50 or 5; never a binary fraction."""
    text = f"{value.normalize():f}"
    return tomlkit.value(f"{value:.2f}" if len(text.partition(".")[2]) == 1 else text)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are set."""
    return {key: value for key, value in values.items() if value is not None}


def _party(party: Party) -> dict[str, Any]:
    return {key: value for key, value in _plain(asdict(party)).items() if key not in ("country", "scheme")}


def _customer(party: Party) -> dict[str, Any]:
    """The fields of a file for who a company is."""
    stated = {
        "name": party.name,
        "private": True if party.is_private else None,
        "enterprise_number": party.enterprise_number,
        "vat_number": party.foreign_vat_number,
        "endpoint": f"{party.scheme}:{party.endpoint_id}" if party.endpoint_id else None,
        "street": party.street,
        "postcode": party.postcode,
        "town": party.town,
        "country": party.country if party.country != "BE" else None,
        **{field: getattr(party, field) for field in LegalEntry.model_fields},
    }
    return _plain(stated)


def _vat(vat: Vat) -> Any:  # noqa: ANN401 - an item of the library
    inline = tomlkit.inline_table()
    for key, value in _stated(vat).items():
        inline.add(key, _number(value) if isinstance(value, Decimal) else value)
    return inline


def _stated(vat: Vat) -> dict[str, Any]:
    """The fields of a VAT treatment that a file states."""
    return {key: value for key, value in _plain(asdict(vat)).items() if key != "rate" or vat.category == "S"}


def _company_table(company: Company, orders: Iterable[PrepaidOrder]) -> Table:
    address = {"language": company.language, "buyer_reference": company.buyer_reference}
    option = {"pdf_in_xml": True} if company.pdf_in_xml else {}
    table = _table({"slug": company.slug, **_customer(company.party), **address, **option})
    if not company.later_vat:
        table.add("vat", _vat(company.vat))
    _add(table, "party", (_table({"valid_from": p.valid_from, **_customer(p.party)}) for p in company.later_parties))
    if company.later_vat:
        later = [_table({"valid_from": p.valid_from, **_stated(p.vat)}) for p in company.later_vat]
        _add(table, "vat", [_table(_stated(company.vat)), *later])
    _add(table, "contract", (_table(_contract(entry)) for entry in company.contracts))
    _add(table, "pool", (_table(_plain(asdict(entry))) for entry in company.pools))
    own = (order for order in orders if order.company == company.slug)
    _add(
        table,
        "order",
        (_table({"order": o.external_id, "kind": o.kind, "bought_on": o.bought_on, "hours": o.hours}) for o in own),
    )
    _add(table, "item", (_table(_supply(entry)) for entry in company.items))
    _add(table, "subscription", (_table(_supply(entry)) for entry in company.subscriptions))
    return table


def _supply(entry: Item | Subscription) -> dict[str, Any]:
    """The fields of an item or subscription under the file's keys."""
    return {"order" if key == "external_id" else key: value for key, value in _plain(asdict(entry)).items()}


def _contract(contract: Contract) -> dict[str, Any]:
    """The fields under the file's keys, in the file's order."""
    return {_CONTRACT_KEYS.get(name, name): value for name, value in _plain(asdict(contract)).items()}


def _centre_table(contract: CentreContract) -> Table:
    plain = {key: value for key, value in _plain(asdict(contract)).items() if key not in ("vat", "payee", "self_billing")}
    table = _table(plain)
    table.add("vat", _vat(contract.vat))
    table.add("payee", _table(_party(contract.payee)))
    if contract.self_billing is not None:
        table.add("self_billing", _table(_plain(asdict(contract.self_billing))))
    return table
