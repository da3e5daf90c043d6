"""Customers of the demo network: thirty made-up companies with their contracts, and 600 pseudonymous members."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

from smartwork.domain.billing.companies import Company, Member
from smartwork.domain.billing.contracts import (
    CentreContract,
    ChargeMode,
    Contract,
    Pool,
    PrepaidOrder,
    SelfBillingAgreement,
    SettlementMode,
)
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, Language, Party, Vat
from smartwork.domain.billing.tariffs import Tariff

FIRST_YEAR = date(2024, 1, 1)
COMPANIES = 30
MEMBERS = 600
LARGE_COMPANIES = 5
FIRST_OPERATOR_NUMBER = 100
FIRST_COMPANY_NUMBER = 200

_TOWNS = (
    ("7000", "Mons"),
    ("5000", "Namur"),
    ("4000", "Liège"),
    ("6000", "Charleroi"),
    ("7500", "Tournai"),
    ("6700", "Arlon"),
    ("1348", "Louvain-la-Neuve"),
    ("4800", "Verviers"),
)
_FIRST_WORDS = ("Brume", "Pixel", "Terril", "Fagne", "Nuage", "Ardoise", "Houille", "Sirop", "Boulet", "Perron")
_TRADES = ("Conseil Fictif", "Logiciels Imaginaires", "Études Inventées")
_STREETS = ("Rue de l'Exemple", "Avenue du Modèle", "Place de la Démonstration")
_ANIMALS = ("loutre", "heron", "renard", "martre", "blaireau", "chouette", "salamandre", "truite", "grue", "lynx")
_CHARGES: tuple[ChargeMode, ...] = ("as_booked", "as_measured", "the_greater", "cheapest")
_LANGUAGES: dict[int, Language] = {7: "nl", 16: "nl", 22: "en", 28: "en"}
_REVERSE_CHARGE_COMPANY = 11
_EXEMPT_COMPANY = 17
_EXEMPT = Vat("E", Decimal(0), None, "Exempt: international body, article 42 of the Belgian VAT Code (invented)")
_NO_SHOW_FEE_COMPANY = 13
_SMALL_BUSINESS = Vat("E", Decimal(0), None, "Small enterprise, VAT exempt: article 56bis of the Belgian VAT Code (invented)")
_POOLS = {
    0: Pool("desk", Decimal("3.90"), Decimal(40), 12),
    2: Pool("desk", Decimal("3.95"), Decimal(0), 6),
    9: Pool("desk", Decimal("4.10"), Decimal(10), None),
}
_SETTLEMENTS: tuple[tuple[SettlementMode, str], ...] = (
    ("share", "0.6500"),
    ("share", "0.7000"),
    ("fixed", "9500.00"),
    ("per_seat", "410.00"),
    ("share", "0.6000"),
    ("share", "0.6500"),
    ("per_seat", "380.00"),
    ("fixed", "3200.00"),
)
_TOWN_OF = {"mons": 0, "namur": 1, "liege": 2, "charleroi": 3, "tournai": 4, "arlon": 5, "louvain-la-neuve": 6, "verviers": 7}
SELLER = Party(
    name="Réseau Smart Work Centers (démo)",
    enterprise_number="0999900150",
    street="Place de la Démonstration 1",
    postcode="5000",
    town="Namur",
    iban="BE92999900000123",
    legal_form="SRL",
    court="Liège, division Namur",
    email="facturation@smartwork.example",
    website="www.smartwork.example",
    terms_version="2026-01",
    terms_url="https://www.smartwork.example/conditions-2026-01.pdf",
)
"""Made up: its enterprise number and IBAN have valid check digits and belong to nobody."""


def enterprise_number(serial: int) -> str:
    """A Belgian enterprise number that passes the mod 97 check and belongs to nobody: 0000 and `serial` below 10,000.

    Enterprise numbers are the nine-digit numbers from before 2003, which began with 2 to 7 or 9, with a 0 in front. Later
    numbers continue that series or begin with 1. No number that begins with 0000 was ever assigned.
    """
    return f"{serial:08d}{97 - serial % 97:02d}"


def companies(seed: int) -> tuple[Company, ...]:
    """The demo's customers with their contracts; every name is recognisably made up."""
    return tuple(_company(index, Random(f"{seed}/company/{index}")) for index in range(COMPANIES))


def _company(index: int, random: Random) -> Company:
    word, trade = _FIRST_WORDS[index % 10], _TRADES[index // 10]
    postcode, town = _TOWNS[index % len(_TOWNS)]
    general = Contract(
        valid_from=FIRST_YEAR,
        valid_until=None,
        charge=_CHARGES[index % len(_CHARGES)],
        grace_min=15,
        step_min=15,
        no_show_share=Decimal(random.choice(("0", "0.5", "0.5", "0.75", "1"))),
        early_leave_refund=random.random() < 0.5,
        payment_days=30,
        minimum_min=30 if index % 5 == 1 else 0,
        no_show_fee=Decimal(12) if index == _NO_SHOW_FEE_COMPANY else None,
    )
    rooms = replace(general, charge="as_booked", no_show_share=Decimal(1), no_show_fee=None, kind="room")
    vat = {_REVERSE_CHARGE_COMPANY: REVERSE_CHARGE, _EXEMPT_COMPANY: _EXEMPT}.get(index, STANDARD_VAT)
    return Company(
        slug=f"demo-{index + 1:02d}-{word.lower()}",
        party=Party(
            name=f"{word} {trade} (démo)",
            enterprise_number=enterprise_number(FIRST_COMPANY_NUMBER + index),
            street=f"{_STREETS[index % len(_STREETS)]} {random.randint(1, 150)}",
            postcode=postcode,
            town=town,
        ),
        language=_LANGUAGES.get(index, "fr"),
        buyer_reference=f"DEMO-{index + 1:03d}",
        contracts=(rooms, general) if general.charge == "cheapest" else (general,),
        vat=vat,
        pools=(_POOLS[index],) if index in _POOLS else (),
    )


def purchases(employers: tuple[Company, ...], month: date) -> tuple[PrepaidOrder, ...]:
    """Orders of prepaid hours by the companies with a pool: large lots on the first of the month, small ones later."""
    first = month.replace(day=1)
    orders = ((0, 1, "600"), (0, 19, "150"), (2, 1, "640"), (9, 6, "40"))
    return tuple(
        PrepaidOrder(f"DEMO-ORDER-{first:%Y%m}-{i + 1}", employers[c].slug, "desk", first.replace(day=day), Decimal(hours))
        for i, (c, day, hours) in enumerate(orders)
    )


def centre_contracts(operators: tuple[tuple[str, str], ...]) -> tuple[CentreContract, ...]:
    """Contracts with centres, given as (slug, operator): a share of revenue, a fixed rent or a price per desk."""
    return tuple(
        CentreContract(
            centre=slug,
            valid_from=FIRST_YEAR,
            valid_until=None,
            mode=_SETTLEMENTS[index % len(_SETTLEMENTS)][0],
            rate=Decimal(_SETTLEMENTS[index % len(_SETTLEMENTS)][1]),
            payee=_payee(index, slug, operator),
            language="nl" if slug == "arlon" else "fr",
            vat=_SMALL_BUSINESS if slug == "verviers" else STANDARD_VAT,
            self_billing=SelfBillingAgreement("demo 1", FIRST_YEAR, f"{operator} (made up)", None, 15),
        )
        for index, (slug, operator) in enumerate(operators)
    )


def _payee(index: int, slug: str, operator: str) -> Party:
    postcode, town = _TOWNS[_TOWN_OF.get(slug, 0)]
    number = enterprise_number(FIRST_OPERATOR_NUMBER + index)
    return Party(operator, number, f"{_STREETS[index % len(_STREETS)]} {index + 1}", postcode, town, iban=iban(index))


def iban(serial: int) -> str:
    """A Belgian IBAN with valid check digits in the bank code 999, which no bank has."""
    base = 9_999_000_000 + 500 + serial
    account = f"{base}{base % 97 or 97:02d}"
    return f"BE{98 - int(account + '111400') % 97:02d}{account}"


def members(seed: int, employers: tuple[Company, ...]) -> tuple[Member, ...]:
    """The members by pseudonym: every company employs at least one, and a few large companies employ half of them."""
    random = Random(f"{seed}/members")
    weights = [12 if i < LARGE_COMPANIES else 2 for i in range(len(employers))]
    hired = [*employers, *random.choices(employers, weights, k=MEMBERS - len(employers))]
    return tuple(Member(f"{_ANIMALS[i % len(_ANIMALS)]}-{i + 1:03d}", company.slug) for i, company in enumerate(hired))


def tariffs() -> tuple[Tariff, ...]:
    """Net prices of hours and passes: of the network, and of two centres with their own."""
    prices: tuple[tuple[str | None, str, str, str, str], ...] = (
        (None, "4.50", "18.00", "29.00", "22.00"),
        ("louvain-la-neuve", "5.20", "21.00", "33.00", "26.00"),
        ("arlon", "3.90", "15.50", "25.00", "18.00"),
    )
    return tuple(
        tariff
        for centre, hour, half_day, day, room in prices
        for tariff in (
            Tariff(centre, "desk", FIRST_YEAR, Decimal(hour), half_day=Decimal(half_day), day=Decimal(day)),
            Tariff(centre, "room", FIRST_YEAR, Decimal(room)),
        )
    )
