"""What billing reads: customers, prices, a month's verdicts with their proof, and what of it documents have taken in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.db.ledger.ledger import ledger_between
from smartwork.domain.billing.changed_months import DIGEST_VERSION, Digests, MonthDigests, MonthKey
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import Contract, Pool
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Proven
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import local_days
from smartwork.errors import SmartworkError


class SellerMissing(SmartworkError):  # noqa: N818 - says what is missing
    """Nobody is named as the issuer of invoices."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A company as billing knows it: its key, and whether it is made up."""

    company_id: int
    company: Company
    is_demo: bool


@dataclass(frozen=True, slots=True)
class UnattributedStays:
    """Walk-ins of a month that no check-in names a company for: how many, and their seconds of presence."""

    count: int
    occupied_s: int


def customers(connection: Connection) -> list[Customer]:
    """All companies that have a contract, by slug."""
    return [one for one in companies(connection) if one.company.contracts]


def companies(connection: Connection) -> list[Customer]:
    """All companies, by slug."""
    with wrap_database_errors():
        contracts: dict[Any, list[Contract]] = defaultdict(list)
        for company_id, *terms in _rows(connection, "billing_contracts"):
            contracts[company_id].append(Contract(*terms))
        pools: dict[Any, list[Pool]] = defaultdict(list)
        for company_id, *pool in _rows(connection, "billing_pools"):
            pools[company_id].append(Pool(*pool))
        return [
            Customer(
                company_id,
                Company(*[*fields, tuple(contracts[company_id]), Vat(*vat), tuple(pools[company_id])]),
                is_demo,
            )
            for company_id, is_demo, *vat, fields in ((*row[:6], row[6:]) for row in _rows(connection, "billing_customers"))
        ]


def tariffs(connection: Connection) -> list[Tariff]:
    """All tariffs, past and present."""
    with wrap_database_errors():
        return [Tariff(*row) for row in _rows(connection, "billing_tariffs")]


def seller(connection: Connection) -> Party:
    """Who bills the companies and pays the centres; raises SellerMissing where nobody was named yet."""
    with wrap_database_errors():
        found = _rows(connection, "billing_seller")
    if not found:
        raise SellerMissing(
            "Nobody is named who issues the invoices: write name, enterprise number, address and IBAN of the network under "
            "[seller] of a file, `smartwork agreements apply` it, and bill again."
        )
    return Party(*found[0])


def proven(connection: Connection, month: date, companies: Sequence[int] | None = None) -> list[Proven]:
    """What the month's verdicts say and rest on, cancelled and unsigned ones left out; by company, then verdict.

    `companies` are the keys of those that are wanted; None: of all.
    """
    with wrap_database_errors(), connection.transaction():
        connection.execute(sql("billing_snapshot"))
        rows = _rows(connection, "billing_verdicts", month=month, companies=None if companies is None else list(companies))
        periods = {
            "resources": [row[0] for row in rows],
            "starts": [row[1] for row in rows],
            "untils": [row[2] for row in rows],
            "verdicts": [row[3] for row in rows],
        }
        spans: dict[Any, list[Span]] = defaultdict(list)
        for verdict_id, *span in _rows(connection, "billing_spans", **periods):
            spans[verdict_id].append(Span(*span))
        batches: dict[Any, list[BatchRun]] = defaultdict(list)
        for verdict_id, *run in _rows(connection, "billing_batches", **periods):
            batches[verdict_id].append(BatchRun(*run))
        touched = [local_days(row[1], row[2], row[8]) for row in rows]
        ledger = _ledger(connection, touched)
        return [
            Proven(*[
                *row[3:-1], tuple(spans[row[3]]), tuple(batches[row[3]]), row[-1],
                tuple(ledger[row[6], day] for day in days if (row[6], day) in ledger),
            ])
            for row, days in zip(rows, touched, strict=True)
        ]  # fmt: skip


def _ledger(connection: Connection, touched: Sequence[Sequence[date]]) -> dict[tuple[str, date], LedgerDay]:
    """The ledger by centre and day, over all days from the first to the last that are touched."""
    if not touched:
        return {}
    return ledger_between(connection, min(days[0] for days in touched), max(days[-1] for days in touched))


def is_billed(connection: Connection, month: date) -> bool:
    """Whether a run billed the month, for whatever there was."""
    with wrap_database_errors():
        [(billed,)] = _rows(connection, "month_is_billed", month=month)
        return bool(billed)


def unattributed(connection: Connection, month: date) -> UnattributedStays:
    """The month's walk-ins without a company."""
    with wrap_database_errors():
        [(count, occupied_s)] = _rows(connection, "billing_unsigned", month=month)
        return UnattributedStays(int(count), int(occupied_s))


def verdict_digests(connection: Connection, since: date, month: date) -> dict[MonthKey, str]:
    """The digest of each company's verdicts of the months from `since` to `month`; months without verdicts are left out."""
    with wrap_database_errors():
        found = _rows(connection, "verdict_digests", since=since, month=month)
        return {(company_id, first): text for company_id, first, text in found}


def billed_digests(connection: Connection, since: date, month: date) -> dict[MonthKey, MonthDigests | None]:
    """What the months from `since` to `month` were billed by; months that were never billed are left out.

    A month without verdicts is None. A row of digest version 1 may lack digests, which are then empty.
    """
    return {
        (company_id, first): None if verdicts is None else MonthDigests(verdicts, contracts or "", tariffs or "", version)
        for company_id, first, verdicts, contracts, tariffs, version in _rows(
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
    """Companies for which the month is closed: what changes in it becomes a correction."""
    return {int(company_id) for (company_id,) in _rows(connection, "closed_companies", month=month)}


def put_drafts(connection: Connection, month: date, drafts: Iterable[tuple[int, Invoice]]) -> None:
    """Put drafts (company_id and document) in the place of the month's; in the caller's transaction."""
    connection.execute(sql("clear_drafts"), {"month": month, "companies": None})
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_draft"),
            [
                {"company_id": company_id, "month": month, "document": Jsonb(draft.canonical(), dumps=str)}
                for company_id, draft in drafts
            ],
        )


def drop_drafts(connection: Connection, month: date, companies: Sequence[int]) -> None:
    """Forget the drafts of companies whose document is issued; in the caller's transaction."""
    connection.execute(sql("clear_drafts"), {"month": month, "companies": list(companies)})


def _rows(connection: Connection, name: str, /, **values: object) -> list[tuple[Any, ...]]:
    """All rows of a named query; what the columns hold is the schema's promise."""
    return connection.execute(sql(name), values).fetchall()
