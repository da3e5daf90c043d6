"""The export for accounting: the journal of a period, and the yearly listing of clients."""

from datetime import date

from smartwork.db.accounting import journal
from smartwork.db.billing import account_numbers, companies, contracts, documents
from smartwork.db.core.connection import Connection
from smartwork.domain.accounting.account_numbers import ChartOfAccounts
from smartwork.domain.accounting.client_listing import ClientListing, client_listing
from smartwork.domain.accounting.journal_rows import Counterpart, JournalRow, journal_rows


def exported_journal(connection: Connection, since: date, until: date) -> list[JournalRow]:
    """The rows of the postings of the days of [since, until), oldest first; changes nothing. Raises InvoiceAltered."""
    with connection.transaction():
        chart = ChartOfAccounts(tuple(account_numbers.account_numbers(connection)))
        return journal_rows(journal.postings_between(connection, since, until), chart, _counterparts(connection))


def yearly_listing(connection: Connection, year: int) -> ClientListing:
    """The listing of the documents that were issued in `year`. Raises InvoiceAltered."""
    return client_listing(documents.issued_to_companies(connection, date(year, 1, 1), date(year + 1, 1, 1)), year)


def _counterparts(connection: Connection) -> dict[str, Counterpart]:
    """The parties by the slugs of their companies and centres. Slugs of the two may be the same: companies go first."""
    centres = {each.centre: each.payee for each in contracts.centre_contracts(connection)}
    customers = {each.company.slug: each.company.party for each in companies.companies(connection)}
    return {slug: Counterpart(party.name, party.vat_number or "") for slug, party in (*centres.items(), *customers.items())}
