"""`smartwork invoice` refuses arguments that a document cannot show before it reads or writes anything."""

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.errors import InputError


@pytest.mark.parametrize("amount", ["1e20", "-1e20", "1e999999", "NaN", "1000000000000"])
def test_an_amount_out_of_range_is_refused(amount: str) -> None:
    with pytest.raises(InputError, match="--amount is"):
        CliRunner().invoke(app, ["invoice", "pay", "INV-2026-00001", "--amount", amount], catch_exceptions=False)


@pytest.mark.parametrize("command", [["bill"], ["settle"], ["reconcile"], ["invoice", "list"]])
@pytest.mark.parametrize("month", ["0001-01", "9999-12", "1999-12", "2026-13"])
def test_a_month_out_of_range_is_refused(command: list[str], month: str) -> None:
    with pytest.raises(InputError, match=f"--month is '{month}'"):
        CliRunner().invoke(app, [*command, "--month", month], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["credit", "INV-2026-00001", "--line", "1", "--reason", "locked\x07"], "--reason is .* U\\+0007"),
        (["credit", "INV-2026-00001", "--line", "1", "--reason", "  "], "--reason is .* blank"),
        (["dispute", "INV-2026-00001", "--line", "1", "--note", "one\ntwo"], "--note is .* U\\+000A"),
        (["uphold", "INV-2026-00001", "--line", "1", "--note", "torn \udc80"], "--note is .* U\\+DC80"),
        (["send", "INV-2026-00001", "--note", "\x85"], "--note is .* U\\+0085"),
        (["pay", "INV-2026-00001", "--note", "\u2028"], "--note is .* U\\+2028"),
        (["refund", "INV-2026-00001", "--note", " "], "--note is .* blank"),
    ],
)
def test_a_note_or_reason_that_no_document_can_show_is_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(app, ["invoice", *arguments], catch_exceptions=False)
