"""The journal as CSV for accounting programs and spreadsheets: a row for each amount, under names that never change."""

import csv
from collections.abc import Callable, Iterable
from io import StringIO

from smartwork.documents.csv_lines import without_formula
from smartwork.domain.accounting.client_listing import ClientListing
from smartwork.domain.accounting.journal_rows import JournalRow

COLUMNS: dict[str, Callable[[JournalRow], object]] = {
    "entry": lambda row: row.posting_id,
    "date": lambda row: row.posted_on,
    "journal": lambda row: row.journal,
    "document": lambda row: without_formula(row.document),
    "account": lambda row: without_formula(row.account),
    "account_name": lambda row: without_formula(row.account_name),
    "product": lambda row: without_formula(row.product),
    "vat_code": lambda row: row.vat_code,
    "debit": lambda row: f"{row.debit:.2f}",
    "credit": lambda row: f"{row.credit:.2f}",
    "counterpart": lambda row: without_formula(row.counterpart),
    "counterpart_vat": lambda row: without_formula(row.counterpart_vat),
    "currency": lambda row: row.currency,
}
"""Every column in order; rows of one `entry` balance."""


def journal_csv(rows: Iterable[JournalRow]) -> bytes:
    """The rows as CSV (RFC 4180) in UTF-8, with a byte order mark so that spreadsheets read accents."""
    return _csv(list(COLUMNS), ([value(row) for value in COLUMNS.values()] for row in rows))


def listing_csv(listing: ClientListing) -> bytes:
    """The listing of clients as CSV, in the same form."""
    rows = (
        [number, client.vat_number, without_formula(client.name), f"{client.turnover:.2f}", f"{client.vat:.2f}"]
        for number, client in enumerate(listing.clients, start=1)
    )
    return _csv(["sequence", "vat_number", "name", "turnover", "vat"], rows)


def _csv(heads: list[str], rows: Iterable[list[object]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")
