"""Who a company is and how it is taxed, as the file of agreements says it: in Belgium, abroad, or a private person."""

import pytest

from smartwork.domain.billing.agreements import Agreements, problems
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, WITHOUT_VAT, Party
from smartwork.errors import InputError
from smartwork.jobs.billing.agreements_file import read, write

FILE = """
[seller]
name = "Network"
enterprise_number = "0999900150"
street = "Rue 1"
postcode = "5000"
town = "Namur"
iban = "BE68539007547034"

[[company]]
slug = "acme"
name = "Acme"
street = "Street 1"
postcode = "1000"
town = "Town"
language = "en"
buyer_reference = "PO-1"
{fields}

[[company.contract]]
valid_from = 2026-01-01
charge = "as_booked"
grace_min = 10
step_min = 15
no_show_share = 0.5
give_back = false
payment_days = 30
"""
BELGIAN = 'enterprise_number = "0403170701"'
LUX = 'country = "LU"\nvat_number = "LU 26375245"'
LILLE = 'country = "FR"\nenterprise_number = "732 829 320 00074"'
AE = 'vat = { category = "AE" }'
OUTSIDE = 'vat = { category = "O" }'


def company(fields: str) -> Company:
    """The company that a file with these fields gives; a file that is written of it gives the same."""
    agreed = read(FILE.format(fields=fields), "it")
    assert read(write(agreed), "it") == agreed
    [found] = agreed.companies
    return found


def faults(fields: str) -> list[str]:
    agreed = read(FILE.format(fields=fields), "it")
    return [f"{problem.where}: {problem.reason}" for problem in problems(agreed, Agreements(None, (), (), (), ()), [], ())]


@pytest.mark.parametrize(
    ("fields", "endpoint", "vat_number"),
    [
        (BELGIAN, ("0208", "0403170701"), "BE0403170701"),
        ('enterprise_number = "0403.170.701"\nvat_number = "BE 0403.170.701"', ("0208", "0403170701"), "BE0403170701"),
        (f'{BELGIAN}\nendpoint = "0208:0403170701"', ("0208", "0403170701"), "BE0403170701"),
        (f'{BELGIAN}\nendpoint = "9925:BE0403170701"', ("9925", "BE0403170701"), "BE0403170701"),
        (f"{LUX}\n{AE}", None, "LU26375245"),
        (f'{LUX}\n{AE}\nendpoint = "9938:LU26375245"', ("9938", "LU26375245"), "LU26375245"),
        (
            f'{LILLE}\nvat_number = "FR40303265045"\n{AE}\nendpoint = "0009:73282932000074"',
            ("0009", "73282932000074"),
            "FR40303265045",
        ),
        (f'country = "GR"\nvat_number = "EL094259216"\n{AE}', None, "EL094259216"),
        (f'country = "US"\nenterprise_number = "0801234567"\n{OUTSIDE}', None, None),
        ("private = true", None, None),
        ('private = true\ncountry = "FR"', None, None),
        ('private = true\nvat = { category = "E", reason = "art. 44" }', None, None),
    ],
)
def test_who_a_company_is_can_be_said(fields: str, endpoint: tuple[str, str] | None, vat_number: str | None) -> None:
    assert faults(fields) == []
    party = company(fields).party
    assert (party.endpoint, party.vat_number, party.is_private) == (endpoint, vat_number, "private" in fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", r"company 1 \(acme\): enterprise_number is missing; only a private person has none: private = true"),
        ('enterprise_number = "LU26375245"', r"enterprise_number is 'LU26375245', not ten digits; abroad, give the country"),
        (
            f'{BELGIAN}\nvat_number = "BE0404616494"',
            r"vat_number is 'BE0404616494', but .* company is BE0403170701",
        ),
        (f'{BELGIAN}\ncountry = "BELGIUM"', r"company 1 \(acme\), country: 'BELGIUM' is no code of a country in ISO 3166-1"),
        (f'{BELGIAN}\ncountry = "XX"', r"company 1 \(acme\), country: 'XX' is no code"),
        (f'country = "LU"\n{AE}', r"vat_number or enterprise_number is missing"),
        (LUX, r"company 1 \(acme\): vat is missing: of a company abroad it must be said.*article 47.*articles 44 and 196"),
        (f'{BELGIAN}\nendpoint = "0403170701"', r"company 1 \(acme\), endpoint: '0403170701' has no scheme"),
        (f'{BELGIAN}\nendpoint = "9956:0403170701"', r"endpoint: endpoint has the scheme '9956', which Peppol does not know"),
        (f'{BELGIAN}\nendpoint = "0208:0403170702"', r"endpoint 0208:0403170702 is not a valid number of this scheme"),
        (f'{LUX}\n{AE}\nendpoint = "9938:LU26375244"', r"endpoint 9938:LU26375244 is not a valid number"),
        (f"private = true\n{BELGIAN}", r"enterprise_number is of a company; a private person \(private = true\) has none"),
        ('private = true\nendpoint = "0208:0403170701"', r"endpoint is of a company"),
        (
            f'{BELGIAN}\nvat = {{ category = "O", code = "VATEX-EU-G" }}',
            r"'VATEX-EU-G' is not .* for O; use VATEX-EU-O",
        ),
        (f'{BELGIAN}\n[[company.vat]]\ncategory = "S"\n[[company.vat]]\ncategory = "AE"', r"vat: valid_from is missing"),
        (f'{BELGIAN}\n[[company.vat]]\ncategory = "X"', r"company 1 \(acme\), vat 1, category: input should be"),
        (f'{BELGIAN}\n[[company.party]]\nname = "Acme"', r"company 1 \(acme\), party 1, valid_from: it is missing"),
    ],
)
def test_a_field_that_cannot_be_is_named(fields: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        company(fields)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ('enterprise_number = "0403170702"', "enterprise_number '0403170702' is not a valid Belgian one"),
        (f'country = "LU"\nvat_number = "LU26375246"\n{AE}', "vat_number 'LU26375246' is not a valid one of LU"),
        (f'country = "FR"\nvat_number = "LU26375245"\n{AE}', "vat_number 'LU26375245' is not a valid one of FR"),
        (
            f'country = "FR"\nenterprise_number = "73282932000075"\n{OUTSIDE}',
            "enterprise_number '73282932000075' is not valid in FR",
        ),
        (
            f'country = "CH"\nvat_number = "CHE107787577IVB"\n{OUTSIDE}',
            "vat_number 'CHE107787577IVB' is not a valid",
        ),
        (f"private = true\n{AE}", "vat AE is for companies; a private person is charged VAT"),
        (f'private = true\ncountry = "US"\n{OUTSIDE}', "vat O is for companies; a private person is charged VAT"),
        (f'country = "FR"\nenterprise_number = "73282932000074"\n{AE}', "vat AE, the reverse charge, needs the vat_number"),
        (f'country = "US"\nenterprise_number = "0801234567"\n{AE}', "vat AE, the reverse charge, is for companies in the EU"),
        (f"{BELGIAN}\n{OUTSIDE}", "vat O, outside the scope of VAT, is for companies outside the EU"),
    ],
)
def test_what_the_law_does_not_allow_is_named(fields: str, fault: str) -> None:
    found = faults(fields)
    assert found[0].startswith(f"company acme: {fault}")


def test_vat_and_party_hold_from_their_days_on() -> None:
    found = company(f"""{BELGIAN}
[[company.vat]]
category = "S"
[[company.vat]]
valid_from = 2026-12-01
category = "O"
[[company.vat]]
valid_from = 2026-11-01
category = "AE"
[[company.party]]
valid_from = 2026-11-01
name = "Acme Luxembourg"
vat_number = "LU26375245"
street = "Avenue 1"
postcode = "1855"
town = "Luxembourg"
country = "LU"
""")
    assert [(str(period.valid_from), period.vat) for period in found.later_vat] == [
        ("2026-11-01", REVERSE_CHARGE),
        ("2026-12-01", WITHOUT_VAT["O"]),
    ]
    assert found.vat == STANDARD_VAT
    [moved] = found.later_parties
    assert moved.party == Party(
        "Acme Luxembourg", None, "Avenue 1", "1855", "Luxembourg", "LU", None, foreign_vat_number="LU26375245"
    )


def test_a_vat_that_does_not_fit_the_party_of_its_day_is_named_with_the_day() -> None:
    moved = """[[company.party]]
valid_from = 2026-11-01
name = "Acme US"
enterprise_number = "0801234567"
street = "Street 1"
postcode = "78701"
town = "Austin TX"
country = "US"
"""
    [fault] = faults(f"{BELGIAN}\n{AE}\n{moved}")
    assert fault.startswith("company acme: from 2026-11-01: vat AE, the reverse charge, is for companies in the EU")


def test_two_companies_of_one_vat_number_are_refused() -> None:
    text = FILE.format(fields=f"{LUX}\n{AE}")
    both = text + text[text.index("[[company]]") :].replace('"acme"', '"bolt"')
    listed = problems(read(both, "it"), Agreements(None, (), (), (), ()), [], ())
    assert [(problem.where, problem.reason) for problem in listed] == [
        ("company bolt", "vat_number LU26375245 is also that of acme; each company has its own")
    ]
