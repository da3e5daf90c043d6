"""The file of agreements: what is written is read as the same, and what is wrong in it is named."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.demo_network import demo_network
from smartwork.domain.accounting.account_numbers import PARTS
from smartwork.domain.billing.account_number import AccountNumber
from smartwork.domain.billing.agreements import Agreements, problems
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import Contract, Pool, PrepaidOrder
from smartwork.domain.billing.orders import Item, Subscription
from smartwork.domain.billing.parties import REVERSE_CHARGE, Party, PartyPeriod, Vat, VatPeriod
from smartwork.domain.billing.tariffs import Tariff
from smartwork.errors import InputError
from smartwork.jobs.billing.agreements_file import read, write
from tests.support.project import ROOT
from tests.support.stays import SELLER

EXAMPLE = ROOT / "docs" / "examples" / "agreements.toml"
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30).filter(
    str.strip
)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
ends = st.none() | st.dates(date(2030, 1, 2), date(2040, 1, 1))
kinds = st.sampled_from(["desk", "room"])
amounts = st.decimals(min_value=0, max_value=10_000, places=2)
vats = st.sampled_from(
    [
        Vat("S", Decimal(21)),
        Vat("S", Decimal("12.5")),
        REVERSE_CHARGE,
        Vat("E", Decimal(0), None, "Exempt"),
        Vat("E", Decimal(0), "VATEX-EU-132-1G", "Exempt, welfare"),
    ]
)
terms_of_cancellation: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.fixed_dictionaries(
    {"cancellation_hours": st.integers(1, 2160), "cancellation_fee": amounts},
    optional={"cancellation_share": st.decimals(min_value=0, max_value=1, places=3)},
)
plain_contracts = st.builds(
    Contract,
    days,
    ends,
    st.sampled_from(["as_booked", "as_measured", "the_greater", "cheapest"]),
    st.integers(0, 60),
    st.integers(1, 60),
    st.decimals(min_value=0, max_value=1, places=3),
    st.booleans(),
    st.integers(0, 90),
    minimum_min=st.integers(0, 60),
    no_show_fee=st.none() | amounts,
    centre=st.none() | st.just("namur"),
    kind=st.none() | kinds,
)
contracts = st.builds(lambda contract, terms: replace(contract, **terms), plain_contracts, terms_of_cancellation)
pools = st.builds(Pool, kinds, amounts, amounts, st.none() | st.integers(1, 24))
parties = st.builds(
    Party,
    words,
    st.just("0403170701"),
    words,
    words,
    words,
    legal_form=st.none() | words,
    court=st.none() | words,
    email=st.none() | st.just("ap@acme.example"),
    website=st.none() | words,
)


def periods(kind: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Values of a company, each from a day on."""
    listed = st.lists(st.builds(kind, days, values), max_size=2, unique_by=lambda period: period.valid_from)
    return listed.map(lambda each: tuple(sorted(each, key=lambda period: period.valid_from)))


prices_above_zero = st.decimals(min_value="0.01", max_value=1000, places=2)
items = st.builds(
    Item, words, st.just("print"), words, days, prices_above_zero, prices_above_zero, st.sampled_from(["piece", "hour"]),
    st.none() | st.just("namur"), st.none() | days,
)  # fmt: skip
subscriptions = st.builds(
    Subscription, words, st.just("locker"), words, days, st.integers(1, 100), prices_above_zero, ends,
    st.sampled_from(["month", "seat"]), st.none() | st.just("namur"), st.none() | days,
)  # fmt: skip
companies = st.builds(
    Company,
    st.sampled_from(["acme", "bolt"]),
    parties,
    st.sampled_from(["fr", "nl", "en"]),
    words,
    st.lists(contracts, max_size=3).map(tuple),
    vats,
    st.lists(pools, max_size=2).map(tuple),
    periods(PartyPeriod, parties),
    periods(VatPeriod, vats),
    st.lists(items, max_size=2).map(tuple),
    st.lists(subscriptions, max_size=2).map(tuple),
    st.booleans(),
)
tariffs = st.builds(
    Tariff,
    st.none() | st.just("namur"),
    kinds,
    days,
    amounts,
    ends,
    st.none() | amounts,
    st.just(Decimal(5)),
    st.none() | amounts,
)


@given(st.lists(companies, max_size=2, unique_by=lambda one: one.slug), st.lists(tariffs, max_size=3), words)
def test_what_is_written_is_read_as_the_same(made: list[Company], prices: list[Tariff], order: str) -> None:
    orders = tuple(PrepaidOrder(order, one.slug, "desk", date(2026, 10, 5), Decimal("12.5")) for one in made)
    numbers = (AccountNumber("desk", "704000", "Desks"), AccountNumber("desk", "704010", "Desks at 21 %", "S21"))
    agreed = Agreements(SELLER, tuple(made), tuple(prices), (), orders, numbers)
    assert read(write(agreed), "it") == agreed


def test_the_whole_demo_network_is_written_and_read_as_the_same() -> None:
    network = demo_network(1)
    agreed = Agreements(network.seller, network.companies, network.tariffs, network.centre_contracts, ())
    assert read(write(agreed), "it") == agreed


def test_the_example_of_the_documentation_can_be_taken_in() -> None:
    agreed = read(EXAMPLE.read_text(), EXAMPLE.name)
    assert problems(agreed, Agreements(None, (), (), (), ()), ["arlon"], ()) == []
    assert read(write(agreed), "it") == agreed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Acme SA"', r'name = "Acme\u0007"', r"company 1 \(acme\), name: it contains the control character U\+0007"),
        ('town = "Brussel"', r'town = "a\nb"', r"company 2 \(globex\), town: it contains the control character U\+000A"),
        ('name = "Ville d\'Arlon"', 'name = "  "', r"centre_contract 1 \(arlon\), payee, name: it is blank"),
        ("per_hour = 22", "per_hour = 10000.01", r"tariff 2, per_hour: input should be less than or equal to 10000"),
        ("day = 29", "day = 10001", r"tariff 1, day: input should be less than or equal to 10000"),
        ("half_day_hours = 5", "half_day_hours = 25", r"tariff 1, half_day_hours: .* less than or equal to 24"),
        ("rate = 0.65", "rate = 1000001", r"centre_contract 1 \(arlon\), rate: .* less than or equal to 1000000"),
        ("hours = 100", "hours = 100001", r"order 1 \(2026-117\), hours: .* less than or equal to 100000"),
        ("expires_months = 12", "expires_months = 121", r"pool 1, expires_months: .* less than or equal to 120"),
        ("bought_on = 2026-10-05", "bought_on = 9999-10-05", r"order 1 \(2026-117\), bought_on: .* 2100-01-01"),
        ('{ category = "AE" }', '{ category = "S", rate = 0 }', r"company 2 \(globex\), vat: S needs a rate above 0"),
        ('{ category = "AE" }', '{ category = "S", reason = "x" }', r"vat: S has a rate, so it takes no code or reason"),
        ('{ category = "AE" }', '{ category = "AE", rate = 21 }', r"vat: AE takes no rate"),
        ('{ category = "AE" }', '{ category = "E", rate = 6 }', r"vat: E takes no rate"),
        ('{ category = "AE" }', '{ category = "E", code = "VATEX-EU-AE" }', r"'VATEX-EU-AE' is not a VATEX code for E"),
        ('{ category = "AE" }', '{ category = "AE", code = "VATEX-EU-132" }', r"for AE; use VATEX-EU-AE"),
        ('{ category = "AE" }', '{ category = "E", code = "art. 44" }', r"'art. 44' is not a VATEX code"),
        ('email = "compta@network.example"', 'email = "compta"', r"seller, email"),
        ("https://www.network.example", "http://www.network.example", r"seller, terms_url: .* it begins with https://"),
        ("https://www.network.example", "javascript:alert(1)//https://n.example", r"seller, terms_url: .* is no address"),
        ("terms-2026-01.pdf", "terms 2026.pdf", r"seller, terms_url: .* is no address of a page"),
        ("https://www.network.example", "https://www.netwörk.example", r"seller, terms_url: .* is no address of a page"),
        ('terms_version = "2026-01"', f'terms_version = "{"x" * 41}"', r"seller, terms_version: .* at most 40 characters"),
        ('name = "Ville d\'Arlon"', 'name = "V"\nterms_version = "1"', r"payee, terms_version"),
        ('legal_form = "SRL"', 'legal_form = " "', r"seller, legal_form: it is blank"),
        ('{ category = "AE" }', '{ category = "E", reason = " " }', r"vat, reason: it is blank"),
        ("[seller]", "[seller", r"not valid TOML: .*\(at line \d"),
        ('charge = "cheapest"', 'charge = "cheap"', r"company 2 \(globex\), contract 1, charge: input should be 'as_booked'"),
        ("give_back = true", "giveback = true", r"company 1 \(acme\), contract 2, give_back: it is missing"),
        (
            "give_back = true",
            "give_back = true\nnotice = 3",
            r"company 1 \(acme\), contract 2, notice: there is no such field",
        ),
        ("hours = 100", "hours = 0", r"company 1 \(acme\), order 1 \(2026-117\), hours: input should be greater than 0"),
        ("per_hour = 22", 'per_hour = "cheap"', r"tariff 2, per_hour: input should be a valid decimal"),
        ('slug = "acme"', 'slug = "Acme SA"', r"company 1 \(Acme SA\), slug: string should match pattern"),
        ("valid_from = 2026-07-01", 'valid_from = "soon"', r"tariff 3 \(arlon\), valid_from: input should be a valid date"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(old: str, new: str, message: str) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    with pytest.raises(InputError, match=message):
        read(text.replace(old, new, 1), "it.toml")


def test_an_iban_is_kept_as_banks_exchange_it_however_people_write_it() -> None:
    text = EXAMPLE.read_text()
    assert read(text.replace("BE68539007547034", "be68 5390 0754 7034"), "it") == read(text, "it")


@pytest.mark.parametrize(
    ("terms", "missing"),
    [
        ("cancellation_hours = 24", "cancellation_share or cancellation_fee"),
        ("cancellation_share = 0.5", "need cancellation_hours"),
        ("cancellation_fee = 5", "need cancellation_hours"),
        ("cancellation_hours = 0\ncancellation_fee = 5", "cancellation_hours"),
        ("cancellation_hours = 24\ncancellation_share = 1.5", "cancellation_share"),
    ],
)
def test_terms_of_cancellation_need_a_notice_and_a_price(terms: str, missing: str) -> None:
    text = EXAMPLE.read_text().replace("no_show_share = 0.5\n", f"no_show_share = 0.5\n{terms}\n", 1)
    with pytest.raises(InputError, match=missing):
        read(text, "agreements.toml")


def test_each_part_of_the_books_can_be_given_a_number_and_is_no_product() -> None:
    text = write(Agreements(SELLER, (), (), (), ()))
    for part in PARTS:
        number = f'[[account]]\nused_for = "{part}"\nnumber = "123456"\nname = "Ours"\n'
        assert read(text + number, "it").account_numbers == (AccountNumber(part, "123456", "Ours"),)
    example = (ROOT / "docs" / "examples" / "agreements.toml").read_text().replace('product = "print"', 'product = "bank"')
    with pytest.raises(InputError, match=r"item 1 \(2026-231\), product: 'bank' is a part of the books"):
        read(example, "it")
