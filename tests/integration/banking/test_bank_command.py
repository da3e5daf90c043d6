"""`smartwork bank` on the command line, as the worker."""

import json
from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from smartwork.domain.billing.payment_reference import payment_reference
from tests.support.accounts import INVOICE, bill, command
from tests.support.bank_files import OWN, Listed, Paid, camt, coda
from tests.support.bank_imports import require_whole_books

pytestmark = pytest.mark.services

PAYMENTS = (Paid("50.82", payment_reference(2026, 2)), Paid("12.00", text="merci"), Paid("-3.50", text="fees", name="KBC"))


def test_statements_are_imported_and_decided_about(connection: Connection, database_url: str, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    file = tmp_path / "november.cod"
    file.write_bytes(coda(Listed(3, "100.00", PAYMENTS)))
    shown = command(database_url, "bank", "import", str(file))
    assert shown.returncode == 0
    assert "3 new entries; 2 entries to decide." in shown.stdout
    again = json.loads(command(database_url, "bank", "import", str(file), "--json").stdout)
    assert [(each["number"], each["iban"], each["new"], each["already_imported"]) for each in again["statements"]] == [
        ("2026/003", OWN, 0, True)
    ]
    waiting = json.loads(command(database_url, "bank", "list", "--open", "--json").stdout)
    assert [(each["amount"], each["left"], each["reason"]) for each in waiting] == [
        ("12.00", "12.00", "no_document"),
        ("-3.50", "-3.50", "no_payout"),
    ]
    unknown, fees = (str(each["entry"]) for each in waiting)
    ignored = command(database_url, "bank", "ignore", fees, "--reason", "fees of the bank")
    assert ignored.stdout.startswith(f"Entry {fees} of 2026-11-10: -3.50 € other books. Nothing is left to decide.")
    matched = command(database_url, "bank", "match", unknown, "--invoice", "INV-2026-00001", "--amount", "2.00")
    assert (matched.returncode, "10.00 € are left to decide" in matched.stdout) == (0, True)
    assert command(database_url, "bank", "undo", unknown).returncode == 0
    events = json.loads(command(database_url, "invoice", "show", "INV-2026-00001", "--json").stdout)["events"]
    assert [(each["event"], each["amount"]) for each in events] == [("issued", None), ("paid", "2.00"), ("refunded", "2.00")]
    assert events[1]["recorded_by"].startswith("statement 2026/003 by cli ")
    assert json.loads(command(database_url, "invoice", "show", INVOICE, "--json").stdout)["events"][-1]["event"] == "paid"
    require_whole_books(connection)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "none.xml"), "none.xml cannot be read: No such file or directory."),
        (("match", "1"), "Give --invoice, with --amount or without, or --payout."),
        (("match", "1", "--invoice", "INV-2026-00001", "--amount", "much"), "--amount is 'much'; expected a number"),
        (("match", "77", "--invoice", "INV-2026-00001"), "There is no entry 77. To list the entries: smartwork bank list"),
        (("ignore", "77", "--reason", " "), "--reason is ' '"),
    ],
)
def test_wrong_use_is_an_error_without_a_traceback(
    connection: Connection, database_url: str, arguments: tuple[str, ...], message: str
) -> None:
    assert connection
    ended = command(database_url, "bank", *arguments)
    assert (ended.returncode, message in ended.stderr.replace("\n", " ")) == (1, True)


def test_a_file_that_is_refused_names_its_line(connection: Connection, database_url: str, tmp_path: Path) -> None:
    assert connection
    file = tmp_path / "november.xml"
    file.write_bytes(camt(Listed(3, "100.00", PAYMENTS)).replace(b"CLBD", b"XXXX"))
    ended = command(database_url, "bank", "import", str(file))
    assert (ended.returncode, "line 4: Stmt has no balance CLBD" in ended.stderr.replace("\n", " ")) == (1, True)
