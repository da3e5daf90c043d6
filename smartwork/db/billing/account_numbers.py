"""The account numbers of the export for accounting."""

from collections.abc import Iterable
from dataclasses import asdict

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows_as, sql
from smartwork.domain.billing.account_number import AccountNumber


def account_numbers(connection: Connection) -> list[AccountNumber]:
    """All account numbers of the agreements, by what they are used for."""
    with wrap_database_errors():
        return rows_as(AccountNumber, connection, "account_numbers")


def replace_account_numbers(connection: Connection, numbers: Iterable[AccountNumber]) -> None:
    """Make these the only account numbers; in the caller's transaction."""
    connection.execute(sql("clear_account_numbers"))
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_account_number"), [asdict(number) for number in numbers])
