"""`smartwork accounting`: what the network's bookkeeping takes over: the journal, and the yearly listing of clients."""

import json
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson, Month, parse_month
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.clock import now
from smartwork.domain.time import months_later
from smartwork.errors import InputError

if TYPE_CHECKING:
    from smartwork.domain.accounting.client_listing import ClientListing

accounting_app = typer.Typer(help="Export the journal, and the yearly listing of clients.", no_args_is_help=True)

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
Year = Annotated[int | None, typer.Option(help="Year, for example 2026.", min=_FIRST_YEAR, max=_LAST_YEAR)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write. Default: standard output.")]


class JournalFormat(StrEnum):
    """The formats of the journal."""

    CSV = "csv"


class ListingFormat(StrEnum):
    """The formats of the listing of clients: a table, CSV, and the XML of Intervat."""

    TABLE = "table"
    CSV = "csv"
    XML = "xml"


@accounting_app.command("export")
def export_command(
    *,
    year: Year = None,
    month: Month = None,
    format_: Annotated[JournalFormat, typer.Option("--format", help="Format of the file.")] = JournalFormat.CSV,
    output: Output = None,
) -> None:
    """Export the journal of a month or a year for accounting, with account numbers, products and VAT codes.

    Example: smartwork accounting export --month 2026-10 -o journal.csv. The account numbers are those of the entries
    `account` of the agreements, or Belgian defaults. Days are those of the postings: of a document, its date of issue.
    """
    from smartwork.documents.journal_csv import journal_csv
    from smartwork.jobs.accounting.export import exported_journal

    since, until = _period(year, month)
    with progress_bar() as progress, open_database(progress) as connection:
        rows = exported_journal(connection, since, until)
    _write({JournalFormat.CSV: journal_csv}[format_](rows), output)
    if output is not None:
        debit = sum(row.debit for row in rows)
        out.print(f"{len(rows)} rows, {debit:.2f} EUR in debit and in credit: {output}", highlight=False, soft_wrap=True)


@accounting_app.command("clients")
def clients_command(
    *,
    year: Year = None,
    format_: Annotated[ListingFormat, typer.Option("--format", help="Format of the listing.")] = ListingFormat.TABLE,
    phone: Annotated[str, typer.Option(help="Telephone number of the declarant, which the XML requires.")] = "",
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """List the Belgian customers registered for VAT with more than 250 EUR of turnover in a year, by documents issued in it.

    Example: smartwork accounting clients --year 2026 --format xml --phone 081223344 -o clients-2026.xml. The default is the
    last full year.
    """
    from smartwork.db.billing.contracts import seller
    from smartwork.documents.intervat import client_listing_xml
    from smartwork.documents.journal_csv import listing_csv
    from smartwork.jobs.accounting.export import yearly_listing

    if format_ is ListingFormat.XML and not phone:
        raise InputError("The XML of Intervat requires the telephone number of the declarant: add --phone.")
    with progress_bar() as progress, open_database(progress) as connection:
        listing = yearly_listing(connection, year or now().year - 1)
        declarant = seller(connection)
    if as_json:
        clients = [
            {"vat_number": c.vat_number, "name": c.name, "turnover": str(c.turnover), "vat": str(c.vat)}
            for c in listing.clients
        ]
        totals = {"turnover": str(listing.turnover), "vat": str(listing.vat)}
        print(json.dumps({"year": listing.year, **totals, "clients": clients}, indent=2))
    elif format_ is ListingFormat.TABLE and output is None:
        out.print(_table(listing))
    elif format_ is ListingFormat.XML:
        if declarant.email is None:
            raise InputError("The XML of Intervat requires the e-mail address of the declarant: add email under [seller].")
        _write(client_listing_xml(listing, declarant, phone), output)
    else:
        _write(listing_csv(listing), output)


def _table(listing: "ClientListing") -> FittedTable:
    amounts = [Column(title, figures=True) for title in ("Turnover, EUR", "VAT, EUR")]
    columns = [Column("VAT number", whole=True), Column("Name"), *amounts]
    rows = [(c.vat_number, c.name, f"{c.turnover:.2f}", f"{c.vat:.2f}") for c in listing.clients]
    total = ("Total", "", f"{listing.turnover:.2f}", f"{listing.vat:.2f}")
    return FittedTable(f"Listing of clients {listing.year}", columns, [rows, [total]] if rows else [])


def _period(year: int | None, month: str | None) -> tuple[date, date]:
    """The days from the first to before the second, of the month, the year, or the last full month."""
    if year is not None and month is not None:
        raise InputError("--year and --month exclude each other: leave one out.")
    if year is not None:
        return date(year, 1, 1), date(year + 1, 1, 1)
    first = parse_month(month)
    return first, months_later(first, 1)


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InputError(f"Cannot write {output}: {error.strerror}. Choose another file.") from error
