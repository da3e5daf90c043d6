"""Tables on the terminal: no cell is folded and no figure shortened at any width; columns that are left out are named."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from smartwork.cli.bill import bill_json, bill_table, drafts_json, drafts_table
from smartwork.cli.figures import figure
from smartwork.cli.ledger import ledger_tables
from smartwork.cli.tables import Column, FittedTable, counted
from smartwork.db.billing.visits_to_bill import UnattributedStays
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.month_plan import OpenStay, WaitingBill
from smartwork.domain.ledger.ledger_day import LedgerDay
from smartwork.jobs.billing.bill_month import MonthDraft
from smartwork.jobs.billing.bill_report import BillReport
from tests.support.documents import credit_note, invoice

CENTRE = "louvain-la-neuve"
COLUMNS = [Column("Centre"), Column("Topic", rank=2), Column("Due", rank=1), Column("Open, €", figures=True)]
ROWS: list[tuple[str | Text, ...]] = [
    (CENTRE, "zigbee2mqtt/desk 1", "2026-12-26", "14 376.35"),
    ("mons", "[/] tele", Text("never"), "0.00"),
]


def drawn(shown: RenderableType, width: int) -> list[str]:
    """The lines on a terminal so many characters wide."""
    console = Console(width=width, file=StringIO(), legacy_windows=False)
    with console.capture() as captured:
        console.print(shown)
    return captured.get().splitlines()


def table(width: int) -> list[str]:
    return drawn(FittedTable("Open", COLUMNS, [ROWS]), width)


@pytest.mark.parametrize("width", [200, 80, 60, 50, 40, 31])
def test_a_row_is_one_line_and_its_figures_are_complete(width: int) -> None:
    rows = [line for line in table(width) if "14 376.35" in line or "0.00" in line]
    assert len(rows) == 2
    assert all(len(line.rstrip()) <= width for line in table(width))
    assert not any("zigbee2mqtt" in line and "desk 1" not in line for line in table(width))


@pytest.mark.parametrize(("width", "left_out"), [(80, ""), (60, "Topic"), (40, "Topic, Due")])
def test_columns_are_left_out_by_rank_and_named(width: int, left_out: str) -> None:
    text = "\n".join(table(width))
    assert ("No room for" in text) == bool(left_out)
    assert left_out in text
    assert CENTRE in text
    assert ("2026-12-26" in text) == ("Due" not in left_out)


def test_in_a_very_narrow_terminal_names_are_shortened_and_figures_are_not() -> None:
    text = "\n".join(table(24))
    assert "14 376.35" in text
    assert "louvain-l…" in text


def test_a_whole_column_is_never_shortened_and_an_empty_column_is_left_out() -> None:
    columns = [Column("Number", whole=True), Column("Name"), Column("Verdict", rank=1), Column("Net, €", figures=True)]
    text = "\n".join(drawn(FittedTable("Open", columns, [[("INV-2026-00001", "a long name of somebody", "", "1.00")]]), 40))
    assert "INV-2026-00001" in text
    assert "Verdict" not in text
    assert "…" in text


def test_a_noun_is_singular_only_after_one() -> None:
    assert [counted(n, "line") for n in (0, 1, 2)] == ["0 lines", "1 line", "2 lines"]


OCTOBER = date(2026, 10, 1)


def drafts(*found: Invoice, until: datetime | None = None) -> MonthDraft:
    return MonthDraft(found, waiting=(), open_stays=(), until=until)


def test_drafts_of_a_running_month_are_marked_as_such_with_the_instant_at_which_they_end() -> None:
    now = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
    running = "\n".join(drawn(drafts_table(OCTOBER, drafts(invoice("en"), until=now)), 100))
    assert "October 2026 is still running. Figures end at 2026-10-20 09:30 UTC" in running
    assert drafts_json(OCTOBER, drafts(until=now))["running_until"] == "2026-10-20T09:30:00+00:00"
    over = "\n".join(drawn(drafts_table(OCTOBER, drafts(invoice("en"))), 100))
    assert ("running" in over, "Nothing is issued." in over) == (False, True)
    assert drafts_json(OCTOBER, drafts())["running_until"] is None


def test_a_bill_names_who_waits_which_stays_are_open_and_what_was_issued_too_late() -> None:
    reason = "line 1 of INV-2026-00001 charges this time for booking B-1."
    report = BillReport(
        month=OCTOBER,
        invoices=(),
        without_lines=(),
        unattributed=UnattributedStays(0, 0),
        companies_per_s=1.0,
        waiting=(WaitingBill("acme", "namur", "No contract."),),
        open_stays=(OpenStay("bolt", "namur", "d-1", "K-1", OCTOBER, reason),),
        issued_late=("INV-2026-00007",),
    )
    text = " ".join(" ".join(drawn(bill_table(report), 100)).split())
    assert "acme waits, because of namur: No contract." in text
    assert f"K-1 of bolt at d-1 in namur, 2026-10, is open: {reason}" in text
    assert "Issued after 2026-11-15" in text
    listed = bill_json(OCTOBER, report)
    assert listed["waiting"] == [{"company": "acme", "centre": "namur", "reason": "No contract."}]
    assert listed["open_stays"] == [
        {"company": "bolt", "centre": "namur", "resource": "d-1", "record": "K-1", "month": "2026-10", "reason": reason}
    ]
    assert "INV-2026-00007" in str(listed["warnings"])


def test_a_draft_credit_note_is_negative_on_the_terminal_and_in_json() -> None:
    found = [invoice("en"), credit_note("en")]
    asked, given = ("\n".join(drawn(drafts_table(OCTOBER, drafts(one)), 80)) for one in found)
    assert (figure(found[0].gross) in asked, figure(-found[1].gross) in given) == (True, True)
    listed = drafts_json(OCTOBER, drafts(*found))["drafts"]
    assert isinstance(listed, list)
    assert [one["gross"] for one in listed] == [str(found[0].gross), str(-found[1].gross)]


def test_data_is_never_interpreted_as_markup() -> None:
    assert any("[/] tele" in line for line in table(80))


def test_a_table_without_rows_prints_its_text() -> None:
    assert drawn(FittedTable("Open", COLUMNS, [[]], empty="There is none."), 80) == ["Open", "", "  There is none.", ""]


def test_a_ledger_of_millions_fits_into_80_characters_with_the_figures_that_must_add_up() -> None:
    day = LedgerDay(date(2026, 10, 1), 9_316_755, 9_316_753, 1, 0, 1, duplicates=4)
    text = drawn(ledger_tables({CENTRE: [day]}, [], []), 80)
    [row] = [line.replace("\u202f", "").split() for line in text if "2026-10-01" in line]
    assert row == [CENTRE, "2026-10-01", "9316755", "9316753", "1", "0", "1"]
    assert any("Duplicates" in line for line in drawn(ledger_tables({CENTRE: [day]}, [], []), 100))
