"""Contracts and prices as a file: put in force as a whole, kept, put back, and taken up by the next documents."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import agreements, companies, contracts, documents
from smartwork.db.core.connection import Connection
from smartwork.documents.verify import verify
from smartwork.jobs.billing.agreements import ApplyResult, RemovalNotConfirmed, apply_file, restore, show
from tests.support.accounts import ISSUED, NOVEMBER, audited, bill, command, rows, settle

pytestmark = pytest.mark.services


def put(connection: Connection, folder: Path, text: str, *, remove: bool = False, dry_run: bool = False) -> ApplyResult:
    file = folder / "agreed.toml"
    file.write_text(text)
    return apply_file(connection, file, ISSUED, remove=remove, dry_run=dry_run)


def test_what_is_shown_and_applied_again_changes_nothing(connection: Connection, tmp_path: Path) -> None:
    before = agreements.in_force(connection)
    done = put(connection, tmp_path, show(connection))
    assert (done.problems, done.changes, done.version) == ((), (), None)
    assert agreements.in_force(connection) == before
    assert agreements.versions(connection) == []


def test_legal_form_register_and_contact_of_parties_are_kept_and_stand_on_documents(
    connection: Connection, tmp_path: Path
) -> None:
    legal = 'legal_form = "SRL"\ncourt = "Liège, division Namur"\nemail = "ap@network.example"\nwebsite = "network.example"\n'
    text = show(connection)
    for entry in ("[seller]\n", "[[company]]\n", "[centre_contract.payee]\n"):
        assert entry in text
        text = text.replace(entry, entry + legal)
    done = put(connection, tmp_path, text)
    assert done.problems == ()
    assert show(connection).count('court = "Liège, division Namur"') == text.count('court = "')
    issued = bill(connection, tmp_path).invoices[0]
    document = documents.numbered(connection, issued.number).invoice
    for party in (document.seller, document.buyer):
        given = (party.legal_form, party.court, party.email, party.website)
        assert given == ("SRL", "Liège, division Namur", "ap@network.example", "network.example")
    put(connection, tmp_path, text.replace(legal, ""))
    assert "court" not in show(connection)
    assert documents.numbered(connection, issued.number).invoice == document


def test_general_terms_of_the_seller_stand_on_documents_and_older_ones_keep_theirs(
    connection: Connection, tmp_path: Path
) -> None:
    terms = 'terms_version = "2026-01"\nterms_url = "https://network.example/terms-2026-01.pdf"\n'
    text = show(connection).replace("[seller]\n", f"[seller]\n{terms}")
    assert put(connection, tmp_path, text).problems == ()
    for line in terms.splitlines():
        assert line in show(connection)
    issued = [documents.numbered(connection, each.number).invoice for each in bill(connection, tmp_path).invoices]
    assert {(each.seller.terms_version, each.seller.terms_url) for each in issued} == {
        ("2026-01", "https://network.example/terms-2026-01.pdf")
    }
    done = put(connection, tmp_path, text.replace('"2026-01"', '"2027-01"'))
    assert [(entry.kind, entry.what) for entry in done.changes] == [("changed", "seller")]
    assert documents.numbered(connection, issued[0].number).invoice == issued[0]
    assert audited(connection).is_clean


def test_documents_of_a_company_that_wants_it_have_their_pages_in_the_xml(connection: Connection, tmp_path: Path) -> None:
    text = show(connection).replace('slug = "bolt"\n', 'slug = "bolt"\npdf_in_xml = true\n')
    done = put(connection, tmp_path, text)
    assert [(entry.kind, entry.what) for entry in done.changes] == [("changed", "company bolt")]
    assert "pdf_in_xml = true" in show(connection)
    issued = {each.company: each for each in bill(connection, tmp_path).invoices}
    assert {name: documents.numbered(connection, each.number).invoice.pdf_in_xml for name, each in issued.items()} == {
        name: True if name == "bolt" else None for name in issued
    }
    for name, each in issued.items():
        xml, drawn = (next(tmp_path.rglob(f"{each.number}-{name}.{kind}")) for kind in ("xml", "pdf"))
        assert (b"application/pdf" in xml.read_bytes()) == (name == "bolt")
        assert verify(xml).whole
        assert verify(drawn).whole
    put(connection, tmp_path, show(connection).replace("pdf_in_xml = true\n", ""))
    assert "pdf_in_xml" not in show(connection)
    assert audited(connection).is_clean


def test_changed_price_holds_from_then_on_and_corrects_what_was_billed(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    text = show(connection)
    assert text.count("per_hour = 24") == 1
    done = put(connection, tmp_path, text.replace("per_hour = 24", "per_hour = 20"))
    assert [(entry.kind, entry.what, entry.detail) for entry in done.changes] == [
        ("changed", "tariff for rooms in namur from 2026-01-01", "per_hour 24 → 20")
    ]
    assert (done.version, str(done.billed_to)) == (2, "2026-10-01")
    [note] = [document for document in bill(connection, tmp_path, months_later=1).invoices if document.company == "bolt"]
    assert note.net == Decimal("-7.00")  # 1.75 h, 4.00 less an hour
    assert [line.starts_on < NOVEMBER for line in documents.numbered(connection, note.number).invoice.lines] == [True, True]
    assert audited(connection).is_clean


def test_everything_is_kept_and_can_be_put_back(connection: Connection, tmp_path: Path) -> None:
    first = agreements.in_force(connection)
    text = show(connection)
    put(connection, tmp_path, text.replace("per_hour = 24", "per_hour = 20"))
    calm = text[text.index('[[company]]\nslug = "calm"') : text.index("[[centre_contract]]")]
    put(connection, tmp_path, show(connection).replace(calm, ""), remove=True)
    assert [customer.company.slug for customer in companies.customers(connection)] == ["acme", "bolt"]
    done = restore(connection, 1, ISSUED, dry_run=False)
    assert agreements.in_force(connection) == first
    assert [version.note for version in agreements.versions(connection)] == [
        "before the first file", "agreed.toml", "agreed.toml", "version 1 again",
    ]  # fmt: skip
    assert done.version == 4
    with pytest.raises(Exception, match="There is no version 9"):
        restore(connection, 9, ISSUED, dry_run=False)


def test_what_a_file_leaves_out_is_removed_only_where_it_is_meant(connection: Connection, tmp_path: Path) -> None:
    text = show(connection)
    without = text[: text.index("[[centre_contract]]")]
    with pytest.raises(RemovalNotConfirmed, match="contract with centre namur from 2026-01-01"):
        put(connection, tmp_path, without)
    assert show(connection) == text
    assert len(put(connection, tmp_path, without, remove=True, dry_run=True).changes) == 1
    assert show(connection) == text
    put(connection, tmp_path, without, remove=True)
    assert show(connection) == without.rstrip("\n") + "\n"
    assert put(connection, tmp_path, without).changes == ()


def test_one_wrong_entry_keeps_the_whole_file_out(connection: Connection, tmp_path: Path) -> None:
    text = show(connection)
    done = put(connection, tmp_path, text.replace("per_hour = 24", "per_hour = 20").replace('"0403170701"', '"0403170702"'))
    assert [problem.where for problem in done.problems] == ["company acme"]
    assert show(connection) == text


def test_hours_are_ordered_by_file_and_what_was_sold_stays(connection: Connection, tmp_path: Path) -> None:
    pool = '\n[[company.pool]]\nkind = "desk"\nper_hour = 6\nexpires_months = 12\n'
    order = '\n[[company.order]]\norder = "O-1"\nkind = "desk"\nbought_on = 2026-10-01\nhours = 10\n'
    text = show(connection)
    at = text.index('[[company]]\nslug = "bolt"')
    ordered = text[:at] + pool + order + text[at:]
    put(connection, tmp_path, ordered)
    assert rows(connection, b"SELECT hours, per_hour, expires_on::text FROM prepaid_lot") == [(10, 6, "2027-10-01")]
    put(connection, tmp_path, ordered.replace("hours = 10", "hours = 12"))
    assert rows(connection, b"SELECT hours FROM prepaid_lot") == [(12,)], "what nobody billed yet may be changed"
    bill(connection, tmp_path)
    done = put(connection, tmp_path, ordered)
    assert [problem.where for problem in done.problems] == ["order O-1 of acme"]
    assert put(connection, tmp_path, text[:at] + pool + text[at:]).changes == (), "what was sold stays, also unnamed"


def test_network_without_a_name_gets_one_from_its_first_file(connection: Connection, tmp_path: Path) -> None:
    text = show(connection)
    connection.execute(b"DELETE FROM seller")
    with pytest.raises(contracts.SellerMissing, match="smartwork agreements apply"):
        bill(connection, tmp_path)
    assert [change.what for change in put(connection, tmp_path, text).changes] == ["seller"]
    assert bill(connection, tmp_path).invoices


def test_two_companies_may_swap_their_numbers_in_one_file(connection: Connection, tmp_path: Path) -> None:
    text = show(connection)
    first, second = "0403170701", "0404616494"
    swapped = second.join(part.replace(second, first) for part in text.split(first))
    assert [change.what for change in put(connection, tmp_path, swapped).changes] == ["company acme", "company bolt"]
    assert show(connection) == swapped


def test_what_documents_rest_on_cannot_be_removed(connection: Connection, tmp_path: Path) -> None:
    text = show(connection)
    at = text.index('[[company]]\nslug = "bolt"')
    pool = '\n[[company.pool]]\nkind = "desk"\nper_hour = 6\nexpires_months = 12\n'
    order = '\n[[company.order]]\norder = "O-1"\nkind = "desk"\nbought_on = 2026-10-01\nhours = 10\n'
    put(connection, tmp_path, text[:at] + pool + order + text[at:])
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    full = show(connection)
    company = full[full.index('[[company]]\nslug = "acme"') : full.index('[[company]]\nslug = "bolt"')]
    done = put(connection, tmp_path, full.replace(company, ""), remove=True)
    assert [(problem.where, problem.reason.partition(" for which")[0]) for problem in done.problems] == [
        ("pool of acme for desk hours", done.problems[0].reason),
        ("contract of acme", "no contract would be valid for acme at a desk in namur on 2026-10-05,"),
    ]
    assert done.problems[0].reason.startswith("8.75 prepaid hours of acme")
    done = put(
        connection, tmp_path, full.replace("valid_from = 2026-01-01\nper_hour = 24", "valid_from = 2026-10-06\nper_hour = 24")
    )
    assert [(problem.where, "bolt at a room in namur on 2026-10-05" in problem.reason) for problem in done.problems] == [
        ("tariff for rooms", True)
    ]
    done = put(connection, tmp_path, full[: full.index("[[centre_contract]]")], remove=True)
    assert [(problem.where, "2026-10 is settled" in problem.reason) for problem in done.problems] == [
        ("contract with centre namur", True)
    ]
    late = order.replace("O-1", "O-2").replace("2026-10-01", "2025-10-20")
    at = full.index('[[company]]\nslug = "bolt"')
    [problem] = put(connection, tmp_path, full[:at] + late + full[at:]).problems
    assert (problem.where, "2026-10-20" in problem.reason) == ("order O-2 of acme", True)
    assert show(connection) == full


def test_agreements_on_the_command_line(connection: Connection, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "agreed.toml"
    assert command(database_url, "agreements", "show", "--output", str(file)).returncode == 0
    assert "Nothing changes" in command(database_url, "agreements", "apply", str(file)).stdout
    nowhere = command(database_url, "agreements", "show", "--output", str(tmp_path / "none" / "x.toml"))
    assert (nowhere.returncode, "Cannot write" in nowhere.stderr) == (1, True)
    file.write_text(file.read_text().replace("per_hour = 24", "per_hour = 20"))
    completed = command(database_url, "agreements", "apply", str(file), "--dry-run")
    assert "per_hour 24 → 20" in " ".join(completed.stdout.split())
    assert "Nothing was written" in completed.stdout
    assert json.loads(command(database_url, "agreements", "apply", str(file), "--json").stdout)["version"] == 2
    without = file.read_text()
    file.write_text(without[: without.index("[[centre_contract]]")])
    completed = command(database_url, "agreements", "apply", str(file), "--dry-run")
    assert (completed.returncode, "add --remove" in " ".join(completed.stdout.split())) == (0, True)
    file.write_text(without)
    assert "before the first file" in command(database_url, "agreements", "history").stdout
    assert "In force as version 3" in command(database_url, "agreements", "restore", "1").stdout
    file.write_text(file.read_text().replace('charge = "as_booked"', 'charge = "cheap"', 1))
    wrong = command(database_url, "agreements", "apply", str(file))
    assert (wrong.returncode, "company 1 (acme), contract 1, charge" in wrong.stderr) == (1, True)
    assert contracts.tariffs(connection)[1].per_hour == 24
