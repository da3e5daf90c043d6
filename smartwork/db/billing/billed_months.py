"""What months were billed by, as digests, and which months are billed or closed."""

from datetime import date

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.changed_months import DIGEST_VERSION, Digests, MonthDigests, MonthKey


def is_billed(connection: Connection, month: date) -> bool:
    """Whether the month was billed, even if no document came of it."""
    with wrap_database_errors():
        [(billed,)] = rows(connection, "month_is_billed", month=month)
        return bool(billed)


def verdict_digests(connection: Connection, since: date, month: date) -> dict[MonthKey, str]:
    """The digest of each company's verdicts of the months from `since` to `month`; months without verdicts are left out."""
    with wrap_database_errors():
        digests = rows(connection, "verdict_digests", since=since, month=month)
        return {(company_id, first): text for company_id, first, text in digests}


def billed_digests(connection: Connection, since: date, month: date) -> dict[MonthKey, MonthDigests | None]:
    """What the months from `since` to `month` were billed by; months that were never billed are left out.

    A month without verdicts is None. A row of digest version 1 may lack digests, which are then empty.
    """
    return {
        (company_id, first): None if verdicts is None else MonthDigests(verdicts, contracts or "", tariffs or "", version)
        for company_id, first, verdicts, contracts, tariffs, version in rows(
            connection, "billed_digests", since=since, month=month
        )
    }


def put_digests(connection: Connection, billed: Digests) -> None:
    """Store what months were billed by; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_billed_digests"),
            [
                {
                    "company_id": company_id, "month": month, "verdicts": digests and digests.verdicts,
                    "contracts": digests and digests.contracts, "tariffs": digests and digests.tariffs,
                    "version": digests.version if digests else DIGEST_VERSION,
                }
                for (company_id, month), digests in billed.items()
            ],
        )  # fmt: skip


def closed(connection: Connection, month: date) -> set[int]:
    """The company_ids for which the month is closed: a change in it becomes a correction on a later document."""
    return {int(company_id) for (company_id,) in rows(connection, "closed_companies", month=month)}
