"""The audit names what does not agree with the bank statements, whoever changed it."""

from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from smartwork.domain.billing.payment_reference import payment_reference
from tests.support.accounts import audited, bill
from tests.support.bank_files import OWN, Listed, Paid, camt
from tests.support.bank_imports import imported, require_whole_books

pytestmark = pytest.mark.services


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (b"UPDATE bank_statement SET closing = closing + 1", f"bank:{OWN}: the balance is 62.82, statement 2026/001 closes"),
        (b"UPDATE bank_entry SET amount = amount + 1 WHERE amount = 12", "does not post its 13.00 EUR"),
        (b"UPDATE bank_allocation SET amount = amount - 1", "does not post the 49.82 EUR for INV-2026-00002"),
        (b"DELETE FROM bank_allocation", "suspense: the balance is 12.00, 62.82 of the entries"),
        (b"UPDATE bank_allocation SET amount = 60", "is 50.82 EUR, and 60.00 of it are allocated"),
    ],
)
def test_the_audit_names_what_does_not_agree(connection: Connection, tmp_path: Path, change: bytes, message: str) -> None:
    bill(connection, tmp_path)
    payments = (Paid("50.82", payment_reference(2026, 2)), Paid("12.00", text="?"))
    imported(connection, tmp_path, camt(Listed(1, "0.00", payments)))
    require_whole_books(connection)
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(change)
    [check] = [each for each in audited(connection).checks if each.name == "bank"]
    assert message in " · ".join(check.mismatches)
