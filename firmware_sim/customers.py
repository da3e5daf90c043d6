"""Who works in the demo network: thirty companies that do not exist, and six hundred pseudonyms."""

from datetime import date
from decimal import Decimal
from random import Random

from smartwork.domain.business import ChargeMode, Company, Contract, Language, Member, Tariff

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
_BEASTS = ("loutre", "heron", "renard", "martre", "blaireau", "chouette", "salamandre", "truite", "grue", "lynx")
_CHARGES: tuple[ChargeMode, ...] = ("as_booked", "as_measured", "the_greater")


def enterprise_number(serial: int) -> str:
    """A Belgian enterprise number that passes the mod 97 check and belongs to nobody: 0000 and `serial` below 10,000.

    An enterprise number is the nine-digit number of before 2003 with a 0 in front, and those began with 2 to 7 or 9;
    numbers given since then continue that row, or begin with 1. So nobody was ever given one that begins with 0000.
    """
    return f"{serial:08d}{97 - serial % 97:02d}"


def companies(seed: int) -> tuple[Company, ...]:
    """The demo's customers with their contracts; every name says that it is invented."""
    return tuple(_company(index, Random(f"{seed}/company/{index}")) for index in range(COMPANIES))


def _company(index: int, random: Random) -> Company:
    word, trade = _FIRST_WORDS[index % 10], _TRADES[index // 10]
    postcode, town = _TOWNS[index % len(_TOWNS)]
    languages: dict[int, Language] = {7: "nl", 16: "nl", 22: "en", 28: "en"}
    contract = Contract(
        valid_from=FIRST_YEAR,
        valid_until=None,
        charge=_CHARGES[index % len(_CHARGES)],
        grace_min=15,
        step_min=15,
        no_show_share=Decimal(random.choice(("0", "0.5", "0.5", "0.75", "1"))),
        give_back=random.random() < 0.5,
        payment_days=30,
    )
    return Company(
        slug=f"demo-{index + 1:02d}-{word.lower()}",
        name=f"{word} {trade} (démo)",
        enterprise_number=enterprise_number(FIRST_COMPANY_NUMBER + index),
        street=f"{_STREETS[index % len(_STREETS)]} {random.randint(1, 150)}",
        postcode=postcode,
        town=town,
        language=languages.get(index, "fr"),
        buyer_reference=f"DEMO-{index + 1:03d}",
        contracts=(contract,),
    )


def members(seed: int, employers: tuple[Company, ...]) -> tuple[Member, ...]:
    """Six hundred pseudonyms; a few large accounts employ half of them, and every company somebody."""
    random = Random(f"{seed}/members")
    weights = [12 if i < LARGE_COMPANIES else 2 for i in range(len(employers))]
    hired = [*employers, *random.choices(employers, weights, k=MEMBERS - len(employers))]
    return tuple(Member(f"{_BEASTS[i % len(_BEASTS)]}-{i + 1:03d}", company.slug) for i, company in enumerate(hired))


def tariffs() -> tuple[Tariff, ...]:
    """Net prices an hour: the network's, and two centres with their own."""
    prices: tuple[tuple[str | None, str, str], ...] = (
        (None, "4.50", "22.00"),
        ("louvain-la-neuve", "5.20", "26.00"),
        ("arlon", "3.90", "18.00"),
    )
    return tuple(
        tariff
        for centre, desk, room in prices
        for tariff in (
            Tariff(centre, "desk", FIRST_YEAR, Decimal(desk)),
            Tariff(centre, "room", FIRST_YEAR, Decimal(room)),
        )
    )
