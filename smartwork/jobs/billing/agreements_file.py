"""The file of agreements: TOML that a person edits, read strictly, and written so that reading it again gives the same."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from stdnum import iban
from tomlkit.items import AoT, Table

from smartwork.contracts.topics import SLUG
from smartwork.domain.billing.agreements import Agreements
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, ChargeMode, Contract, Pool, PrepaidOrder, SettlementMode
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, Language, Party, Vat, VatCategory
from smartwork.domain.billing.permitted_text import fault
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.billing.vat_exemptions import CODES
from smartwork.domain.network.places import PlaceKind
from smartwork.errors import InputError


def _written(text: str) -> str:
    if why := fault(text):
        raise ValueError(why)
    return text


Slug = Annotated[str, Field(pattern=rf"^{SLUG}$")]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=3)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Price = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=4)]
Rate = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=4)]
Amount = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=2)]
Hours = Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=2)]
HoursOfDay = Annotated[Decimal, Field(gt=0, le=24, decimal_places=2)]
Minutes = Annotated[int, Field(ge=0, le=1440)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_written)]
_CONTRACT_KEYS = {"early_leave_refund": "give_back"}
"""Keys of the file that differ from the field's name."""
_SHOWN = 20
_OURS = "Value error, "
_HEAD = """What the network agreed: who bills, with which companies and centres, and at which prices (EUR, without VAT).
Days are local; a validity includes its first day and not its last. docs/billing.md explains each rule.
Put a changed file in force with: smartwork agreements apply FILE"""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Party(_Entry):
    name: Text
    enterprise_number: Annotated[str, Field(pattern=r"^\d{10}$")]
    street: Text
    postcode: Text
    town: Text
    iban: Annotated[Text, AfterValidator(iban.compact)]

    def party(self) -> Party:
        return Party(**self.model_dump())


class _Vat(_Entry):
    """S: `rate` in percent. AE, the reverse charge, says why by itself; E has a reason."""

    category: VatCategory
    rate: Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)] | None = None
    code: str | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.category == "S":
            if self.rate == 0:
                raise ValueError("S has a rate above 0; where no VAT is due it is AE (reverse charge) or E (exempt)")
            if self.code or self.reason:
                raise ValueError("S has a rate, and no code or reason")
        elif self.rate:
            raise ValueError(f"{self.category} has no rate: no VAT is due")
        elif self.code is not None and self.code not in CODES[self.category]:
            known = ", ".join(sorted(CODES[self.category])) if self.category == "AE" else "such as VATEX-EU-132-1G"
            raise ValueError(f"{self.code!r} is no code of the VATEX list for {self.category}; it has {known}")
        return self

    def vat(self) -> Vat:
        if self.category == "S":
            return Vat("S", STANDARD_VAT.rate if self.rate is None else self.rate)
        known = REVERSE_CHARGE if self.category == "AE" else Vat("E", Decimal(0), None, "Exempt")
        return Vat(self.category, Decimal(0), self.code or known.code, self.reason or known.reason)


class _Contract(_Entry):
    valid_from: Day
    valid_until: Day | None = None
    kind: PlaceKind | None = None
    centre: Slug | None = None
    charge: ChargeMode
    grace_min: Minutes
    step_min: Annotated[int, Field(ge=1, le=1440)]
    minimum_min: Minutes = 0
    no_show_share: Share
    no_show_fee: Amount | None = None
    early_leave_refund: bool = Field(alias="give_back")
    payment_days: Annotated[int, Field(ge=0, le=365)]


class _Pool(_Entry):
    kind: PlaceKind
    per_hour: Price
    overdraft_hours: Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)] = Decimal(0)
    expires_months: Annotated[int, Field(ge=1, le=120)] | None = None


class _Order(_Entry):
    order: Text
    kind: PlaceKind
    bought_on: Day
    hours: Hours


class _Company(_Entry):
    slug: Slug
    name: Text
    enterprise_number: Annotated[str, Field(pattern=r"^\d{10}$")]
    street: Text
    postcode: Text
    town: Text
    language: Language
    buyer_reference: Text
    vat: _Vat = _Vat(category="S")
    contract: list[_Contract] = []
    pool: list[_Pool] = []
    order: list[_Order] = []


class _Tariff(_Entry):
    kind: PlaceKind
    centre: Slug | None = None
    valid_from: Day
    valid_until: Day | None = None
    per_hour: Price
    half_day: Amount | None = None
    half_day_hours: HoursOfDay = Decimal(5)
    day: Amount | None = None


class _CentreContract(_Entry):
    centre: Slug
    valid_from: Day
    valid_until: Day | None = None
    mode: SettlementMode
    rate: Rate
    language: Language
    vat: _Vat = _Vat(category="S")
    payee: _Party


class _File(_Entry):
    seller: _Party
    tariff: list[_Tariff] = []
    company: list[_Company] = []
    centre_contract: list[_CentreContract] = []


def read(text: str, name: str) -> Agreements:
    """The agreements that a file's `text` holds; raises InputError naming line or entry and field, and what was expected."""
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is no TOML: {error}.") from None
    try:
        return _agreements(_File.model_validate(found))
    except ValidationError as error:
        faults = [f"{_place(found, fault['loc'])}: {_lower(fault['msg'])}" for fault in error.errors(include_url=False)]
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise InputError("\n  ".join([f"{name} cannot be read:", *faults[:_SHOWN], *more])) from None


def write(agreed: Agreements) -> str:
    """The agreements as a file that `read` reads as the same."""
    document = tomlkit.document()
    for line in _HEAD.splitlines():
        document.add(tomlkit.comment(line))
    if agreed.seller is not None:
        document.add("seller", _table(_party(agreed.seller)))
    _add(document, "tariff", (_table(_plain(asdict(one))) for one in agreed.tariffs))
    _add(document, "company", (_company_table(one, agreed.orders) for one in agreed.companies))
    _add(document, "centre_contract", (_centre_table(one) for one in agreed.centre_contracts))
    return tomlkit.dumps(document)


def _agreements(file: _File) -> Agreements:
    return Agreements(
        file.seller.party(),
        tuple(_company(one) for one in file.company),
        tuple(Tariff(**one.model_dump()) for one in file.tariff),
        tuple(
            CentreContract(
                one.centre,
                one.valid_from,
                one.valid_until,
                one.mode,
                one.rate,
                one.payee.party(),
                one.language,
                one.vat.vat(),
            )
            for one in file.centre_contract
        ),
        tuple(
            PrepaidOrder(order.order, company.slug, order.kind, order.bought_on, order.hours)
            for company in file.company
            for order in company.order
        ),
    )


def _company(one: _Company) -> Company:
    plain = one.model_dump(exclude={"vat", "contract", "pool", "order"})
    return Company(
        **plain,
        contracts=tuple(Contract(**each.model_dump()) for each in one.contract),
        vat=one.vat.vat(),
        pools=tuple(Pool(**each.model_dump()) for each in one.pool),
    )


def _place(found: object, where: Sequence[int | str]) -> str:
    """Where in the file: `company 2 (acme), contract 1, charge`."""
    parts: list[str] = []
    for key in where:
        if isinstance(key, int):
            found = found[key] if isinstance(found, list) and key < len(found) else None
            known = (found.get("slug") or found.get("order") or found.get("centre")) if isinstance(found, dict) else None
            parts[-1] += f" {key + 1}" + (f" ({known})" if known else "")
        else:
            found = found.get(key) if isinstance(found, dict) else None
            parts.append(key)
    return ", ".join(parts)


def _lower(message: str) -> str:
    known = {"Field required": "it is missing", "Extra inputs are not permitted": "there is no such field"}
    if (own := message.removeprefix(_OURS)) != message:
        return own
    return known.get(message, message[:1].lower() + message[1:])


def _add(document: tomlkit.TOMLDocument | Table, name: str, tables: Iterable[Table]) -> None:
    found = list(tables)
    if found:
        document.add(name, AoT(found))


def _table(values: dict[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, _number(value) if isinstance(value, Decimal) else value)
    return table


def _number(value: Decimal) -> Any:  # noqa: ANN401 - an item of the library
    """As people write it, 7.50 or 5, and never a binary fraction."""
    text = f"{value.normalize():f}"
    return tomlkit.value(f"{value:.2f}" if len(text.partition(".")[2]) == 1 else text)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is not agreed."""
    return {key: value for key, value in values.items() if value is not None}


def _party(party: Party) -> dict[str, Any]:
    return {key: value for key, value in _plain(asdict(party)).items() if key not in ("country", "scheme")}


def _vat(vat: Vat) -> Any:  # noqa: ANN401 - an item of the library
    inline = tomlkit.inline_table()
    kept = _plain(asdict(vat))
    if vat.category != "S":
        del kept["rate"]
    for key, value in kept.items():
        inline.add(key, _number(value) if isinstance(value, Decimal) else value)
    return inline


def _company_table(one: Company, orders: Iterable[PrepaidOrder]) -> Table:
    plain = {key: value for key, value in asdict(one).items() if key not in ("vat", "contracts", "pools")}
    table = _table(plain)
    table.add("vat", _vat(one.vat))
    _add(table, "contract", (_table(_contract(each)) for each in one.contracts))
    _add(table, "pool", (_table(_plain(asdict(each))) for each in one.pools))
    own = (order for order in orders if order.company == one.slug)
    _add(
        table,
        "order",
        (_table({"order": o.external_id, "kind": o.kind, "bought_on": o.bought_on, "hours": o.hours}) for o in own),
    )
    return table


def _contract(contract: Contract) -> dict[str, Any]:
    """The fields under the file's keys, in the file's order."""
    return {_CONTRACT_KEYS.get(name, name): value for name, value in _plain(asdict(contract)).items()}


def _centre_table(one: CentreContract) -> Table:
    plain = {key: value for key, value in _plain(asdict(one)).items() if key not in ("vat", "payee")}
    table = _table(plain)
    table.add("vat", _vat(one.vat))
    table.add("payee", _table(_party(one.payee)))
    return table
