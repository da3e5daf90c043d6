"""VAT, name and address by day, customers abroad and private ones: from the file of agreements to documents and audit."""

from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.documents.verify import verify
from smartwork.domain.billing.invoice import Invoice
from smartwork.jobs.billing.agreements import ApplyResult, apply_file, show
from smartwork.jobs.billing.bill_report import BilledDocument
from tests.support.accounts import ISSUED, NOVEMBER, audited, bill, rows, settle

pytestmark = pytest.mark.services

BOLT = 'name = "Bolt NV"\nenterprise_number = "0404616494"\nstreet = "Straat 2"\npostcode = "1000"\ntown = "Brussel"'
STANDARD = 'vat = {category = "S", rate = 21}\n'


def put(connection: Connection, folder: Path, text: str) -> ApplyResult:
    file = folder / "agreed.toml"
    file.write_text(text)
    done = apply_file(connection, file, ISSUED, remove=True, dry_run=False)
    assert done.problems == ()
    assert show(connection) == show(connection)
    return done


def taxed(text: str, vat: str) -> str:
    """The file with another `vat` of bolt."""
    at = text.index(STANDARD, text.index('slug = "bolt"'))
    return text[:at] + vat + text[at + len(STANDARD) :]


def of_bolt(connection: Connection, issued: tuple[BilledDocument, ...]) -> list[tuple[BilledDocument, Invoice]]:
    return [(each, documents.numbered(connection, each.number).invoice) for each in issued if each.company == "bolt"]


DATED = '[[company.vat]]\ncategory = "S"\nrate = 21\n\n[[company.vat]]\nvalid_from = 2026-11-01\ncategory = "AE"\n\n'


@pytest.mark.parametrize("vat", ['vat = { category = "AE" }\n', DATED])
def test_what_was_supplied_before_the_change_to_the_reverse_charge_stays_at_the_standard_rate(
    connection: Connection, tmp_path: Path, vat: str
) -> None:
    bill(connection, tmp_path)
    done = put(connection, tmp_path, taxed(show(connection), vat))
    assert [(change.kind, change.what) for change in done.changes] == [("added", "VAT of bolt from 2026-11-01")]
    assert put(connection, tmp_path, show(connection)).changes == ()
    connection.execute(b"UPDATE tariff SET per_hour = 20 WHERE kind = 'room'")
    [(report, note)] = of_bolt(connection, bill(connection, tmp_path, months_later=1).invoices)
    assert (report.net, report.vat, report.gross) == (Decimal("-7.00"), Decimal("-1.47"), Decimal("-8.47"))
    assert [(line.vat_category, line.vat_rate, line.starts_on < NOVEMBER) for line in note.lines] == [
        ("S", Decimal(21), True)
    ] * 2
    settle(connection, tmp_path)
    settle(connection, tmp_path, months_later=1)
    assert audited(connection).is_clean
    assert verify(report.files.pdf).holds


def test_a_company_abroad_a_private_person_and_one_outside_the_eu_are_billed(connection: Connection, tmp_path: Path) -> None:
    text = show(connection)
    private = BOLT.replace('enterprise_number = "0404616494"', "private = true")
    lux = (
        'name = "Lux SA"\nvat_number = "LU26375245"\nendpoint = "9938:LU26375245"\nstreet = "Rue 1"\npostcode = "1855"\n'
        'town = "Luxembourg"\ncountry = "LU"'
    )
    assert BOLT in text
    acme = text[text.index('name = "Acme SA"') : text.index("language", text.index('name = "Acme SA"'))].rstrip()
    changed = text.replace(BOLT, private).replace(acme, lux)
    changed = changed.replace(STANDARD, 'vat = { category = "AE" }\n', 1)
    put(connection, tmp_path, changed)
    report = bill(connection, tmp_path)
    issued = {each.company: (each, documents.numbered(connection, each.number).invoice) for each in report.invoices}
    files, acme_now = issued["acme"]
    assert (acme_now.buyer.vat_number, acme_now.vat_totals[0].category, acme_now.vat) == ("LU26375245", "AE", Decimal(0))
    assert files.files.is_electronic
    for path in (files.files.pdf, files.files.xml):
        assert verify(path).holds
    files, bolt = issued["bolt"]
    assert (bolt.buyer.is_private, bolt.vat_totals[0].category, bolt.vat) == (True, "S", Decimal("8.82"))
    assert not files.files.xml.exists()
    assert verify(files.files.pdf).whole
    settle(connection, tmp_path)
    assert audited(connection).is_clean


def test_a_month_with_lines_outside_the_scope_of_vat_has_two_documents(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    oslo = (
        '[[company.party]]\nvalid_from = 2026-10-05\nname = "Bolt AS"\nenterprise_number = "0801234567"\n'
        'street = "Street 1"\n'
        'postcode = "78701"\ntown = "Austin TX"\ncountry = "US"\n\n'
    )
    vat = '[[company.vat]]\ncategory = "S"\n\n[[company.vat]]\nvalid_from = 2026-10-05\ncategory = "O"\n\n'
    put(connection, tmp_path, taxed(show(connection), oslo + vat))
    issued = of_bolt(connection, bill(connection, tmp_path, months_later=1).invoices)
    # The stay of 5 October was billed at the standard rate, to the company as it was before.
    assert sorted((each.kind, f"{made.net} {made.vat}", made.buyer.country) for each, made in issued) == [
        ("credit_note", "42.00 8.82", "US"),
        ("invoice", "42.00 0.00", "US"),
    ]
    parts = rows(connection, b"SELECT part FROM invoice WHERE month = '2026-11-01' AND company_id = 2 ORDER BY 1")
    assert parts == [(1,), (2,)]
    again = bill(connection, tmp_path, months_later=1)
    assert [each.number for each, _ in of_bolt(connection, again.invoices)] == [each.number for each, _ in issued]
    settle(connection, tmp_path)
    settle(connection, tmp_path, months_later=1)
    assert audited(connection).is_clean
