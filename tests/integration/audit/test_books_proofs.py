"""Proofs that the books contain a head or a document that was kept elsewhere."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from smartwork.db.core.book_entries import differences, record_found
from smartwork.db.core.connection import Connection, connect
from smartwork.domain.billing.book_head import BookHead
from smartwork.jobs.audit.books import Proof, head_now, prove
from smartwork.jobs.billing.lifecycle import send
from tests.support.accounts import INVOICE, ISSUED, bill, command, credited, fill, settle, silent

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def issued(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Path]]:
    """October billed, credited in part and settled, and the folder of the documents; tests roll back what they change."""
    folder = tmp_path_factory.mktemp("documents")
    with closing(connect(module_database_url)) as connection:
        fill(connection)
        bill(connection, folder)
        credited(connection, folder)
        settle(connection, folder)
        connection.execute(b"SET session_replication_role = replica")
        yield connection, folder / "2026-10"


def proved(connection: Connection, *known: BookHead, document: Path | None = None) -> Proof:
    """What the books prove."""
    return prove(connection, known, document, silent)


def file(folder: Path, number: str, kind: str = "pdf") -> Path:
    """The file of a document, not that of the statement that goes with it."""
    return min(folder.glob(f"{number}*.{kind}"), key=lambda path: len(path.name))


def test_books_contain_every_head_that_they_had(issued: tuple[Connection, Path]) -> None:
    connection, _ = issued
    now, _ = head_now(connection)
    entries = connection.execute(b"SELECT number, head FROM book_entry").fetchall()
    heads = [BookHead(number, bytes(head).hex()) for number, head in entries]
    assert proved(connection, *heads) == Proof(now, tuple(heads), ())
    assert heads[-1] == now


@pytest.mark.parametrize("kind", ["pdf", "xml"])
@pytest.mark.parametrize("number", ["INV-2026-00001", INVOICE, "CN-2026-00001", "SB-namur-2026-00001"])
def test_a_document_in_hand_proves_the_books_up_to_it(issued: tuple[Connection, Path], number: str, kind: str) -> None:
    connection, folder = issued
    proof = proved(connection, document=file(folder, number, kind))
    assert (proof.faults, proof.number, len(proof.proven), proof.states_no_head) == ((), number, 1, False)
    assert proof.entry is not None
    assert proof.entry > proof.proven[0].entry


def test_a_document_is_not_in_the_books_of_a_backup_that_was_restored_and_went_on(
    issued: tuple[Connection, Path],
) -> None:
    connection, folder = issued
    with connection.transaction(force_rollback=True):
        [(before,)] = connection.execute(b"SELECT min(number) FROM book_entry WHERE kind = 'invoice_event'").fetchall()
        connection.execute(b"DELETE FROM book_entry WHERE number > %s", (before,))
        connection.execute(b"SET LOCAL session_replication_role = origin")
        send(connection, "INV-2026-00001", ISSUED + timedelta(days=1), "again, otherwise")
        credit_note = proved(connection, document=file(folder, "CN-2026-00001"))
        assert credit_note.faults[0].startswith("entry ")
        assert "another head" in credit_note.faults[0] or "is missing" in credit_note.faults[0]


def test_books_that_were_written_anew_agree_with_themselves_and_not_with_a_document_in_hand(
    issued: tuple[Connection, Path],
) -> None:
    connection, folder = issued
    with connection.transaction(force_rollback=True):
        connection.execute(b"UPDATE tariff SET per_hour = per_hour + 1")
        connection.execute(b"TRUNCATE book_entry")
        record_found(connection, [])
        assert (differences(connection), proved(connection).faults) == ([], ())
        assert not proved(connection, document=file(folder, INVOICE)).holds


def test_a_document_that_was_removed_or_changed_is_named(issued: tuple[Connection, Path]) -> None:
    connection, folder = issued
    document = file(folder, INVOICE, "xml")
    with connection.transaction(force_rollback=True):
        connection.execute(b"UPDATE invoice SET document = jsonb_set(document, '{gross}', '\"1.00\"')")
        assert f"{INVOICE} has the SHA-256 " in proved(connection, document=document).faults[0]
    with connection.transaction(force_rollback=True):
        connection.execute(b"DELETE FROM invoice")
        assert f"{INVOICE} is not in the books" in proved(connection, document=document).faults[0]


def test_a_changed_entry_before_a_document_is_found_and_later_ones_are_no_fault(issued: tuple[Connection, Path]) -> None:
    connection, folder = issued
    with connection.transaction(force_rollback=True):
        connection.execute(b"UPDATE book_entry SET content = sha256(content) WHERE number = 1")
        assert "entry 1 (" in proved(connection, document=file(folder, INVOICE)).faults[0]
    with connection.transaction(force_rollback=True):
        connection.execute(b"SET LOCAL session_replication_role = origin")
        send(connection, "INV-2026-00001", ISSUED, "")
        connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        assert proved(connection, document=file(folder, INVOICE)).holds


def test_commands_print_a_head_and_prove_it(issued: tuple[Connection, Path], module_database_url: str) -> None:
    _, folder = issued
    printed = command(module_database_url, "books", "head")
    assert printed.returncode == 0, printed.stderr
    head = re.search(r"--head (\d+:[0-9a-f]{64})", printed.stdout.replace("\n", " "))
    assert head
    as_json = json.loads(command(module_database_url, "books", "head", "--json").stdout)
    assert f"{as_json['entry']}:{as_json['head']}" == head[1]
    both = command(module_database_url, "books", "prove", "--head", head[1], "--document", str(file(folder, INVOICE)))
    assert (both.returncode, both.stdout.split()[0]) == (0, "Proven.")
    assert command(module_database_url, "audit", "--head", head[1]).returncode == 0
    wrong = f"{as_json['entry']}:{'0' * 64}"
    for arguments in (["books", "prove", "--head", wrong], ["audit", "--head", wrong]):
        refused = command(module_database_url, *arguments)
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
        assert "another head than the one kept elsewhere" in " ".join(refused.stdout.split())
    assert json.loads(command(module_database_url, "books", "prove", "--head", wrong, "--json").stdout)["proven"] is False


@pytest.mark.parametrize("arguments", [[], ["--head", "12"], ["--document", "/nowhere.pdf"]])
def test_a_proof_of_nothing_is_refused_with_what_to_do(module_database_url: str, arguments: list[str]) -> None:
    refused = command(module_database_url, "books", "prove", *arguments)
    assert (refused.returncode, refused.stdout, "Error: " in refused.stderr) == (1, "", True)


def test_a_document_from_before_the_chain_proves_nothing_before_it(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"TRUNCATE book_entry")
    connection.execute(b"SET session_replication_role = origin")
    bill(connection, tmp_path)  # as the first run after a migration of empty books: nothing comes before it
    done = command(database_url, "books", "prove", "--document", str(file(tmp_path / "2026-10", INVOICE, "xml")))
    assert (done.returncode, done.stdout.split()[:3]) == (3, ["Proven", "in", "part."])
