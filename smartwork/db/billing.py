"""Billing's reads and writes: a month's verdicts with their proof, and invoices that are stored once and never again."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from smartwork.db.connection import Connection, explained
from smartwork.db.sql import sql
from smartwork.domain.business import Company, Contract, Tariff
from smartwork.domain.compose import series_of
from smartwork.domain.evidence import BatchRun, Proven, Span
from smartwork.domain.invoice import Invoice, canonical_text, digest
from smartwork.errors import SmartworkError


class InvoiceAltered(SmartworkError):  # noqa: N818 - says what happened
    """A stored invoice no longer has the digest it was issued with."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A company as billing knows it: its key, and whether it is made up."""

    company_id: int
    company: Company
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Walk-ins of a month that no check-in names a company for: how many, and their seconds of presence."""

    count: int
    occupied_s: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What an issue did: all invoices of the month as stored, by number, and the companies it had left untouched."""

    invoices: tuple[Invoice, ...]
    already_issued: frozenset[str]


def customers(connection: Connection) -> list[Customer]:
    """All companies that have a contract, by slug."""
    with explained():
        contracts: dict[Any, list[Contract]] = defaultdict(list)
        for company_id, *terms in _rows(connection, "billing_contracts"):
            contracts[company_id].append(Contract(*terms))
        return [
            Customer(company_id, Company(*[*fields, tuple(contracts[company_id])]), is_demo)
            for company_id, *fields, is_demo in _rows(connection, "billing_customers")
            if company_id in contracts
        ]


def tariffs(connection: Connection) -> list[Tariff]:
    """All tariffs, past and present."""
    with explained():
        return [
            Tariff(centre, kind, since, per_hour, until)
            for centre, kind, since, until, per_hour in _rows(connection, "billing_tariffs")
        ]


def proven(connection: Connection, month: date) -> list[Proven]:
    """What the month's verdicts say and rest on, cancelled and unsigned ones left out; by company, then verdict."""
    with explained(), connection.transaction():
        connection.execute(sql("billing_snapshot"))
        rows = _rows(connection, "billing_verdicts", month=month)
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
        return [Proven(*[*row[3:], tuple(spans[row[3]]), tuple(batches[row[3]])]) for row in rows]


def unsigned(connection: Connection, month: date) -> Unsigned:
    """The month's walk-ins without a company."""
    with explained():
        [(count, occupied_s)] = _rows(connection, "billing_unsigned", month=month)
        return Unsigned(int(count), int(occupied_s))


def issue(
    connection: Connection,
    month: date,
    issued_on: date,
    ready: Sequence[Customer],
    compose: Callable[[Customer, int], Invoice],
) -> Stored:
    """Issue an invoice for each of `ready` that has none for `month`, in one transaction, numbered without gaps.

    `compose` makes the invoice of a customer with the number it is given. A company invoiced before is left untouched.
    """
    with explained(), connection.transaction():
        series = {"series": series_of("invoice", issued_on)}
        connection.execute(sql("open_series"), series)
        [(last,)] = _rows(connection, "lock_series", **series)
        issued = {company_id for (company_id,) in _rows(connection, "invoiced_companies", month=month)}
        new = [customer for customer in ready if customer.company_id not in issued]
        invoices = [(customer, compose(customer, last + i)) for i, customer in enumerate(new, start=1)]
        with connection.cursor() as cursor:
            cursor.executemany(sql("store_invoice"), [_row(customer, invoice) for customer, invoice in invoices])
        connection.execute(sql("store_lines"), {"numbers": [invoice.number for _, invoice in invoices]})
        connection.execute(sql("advance_series"), {**series, "last": last + len(new)})
        stored = [_verified(document, seal) for document, seal in _rows(connection, "invoices_of_month", month=month)]
    fresh = {customer.company.slug for customer in new}
    return Stored(tuple(stored), frozenset(invoice.account for invoice in stored) - fresh)


def _row(customer: Customer, invoice: Invoice) -> dict[str, object]:
    canonical = invoice.canonical()
    return {
        "number": invoice.number,
        "company_id": customer.company_id,
        "month": invoice.month,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "currency": invoice.currency,
        "net": invoice.net,
        "vat": invoice.vat,
        "gross": invoice.gross,
        "payment_reference": invoice.payment.reference if invoice.payment else None,
        "document": Jsonb(canonical, dumps=str),
        "digest": digest(canonical),
    }


def _verified(document: Any, seal: bytes) -> Invoice:  # noqa: ANN401 - JSON values
    if digest(canonical_text(document)) != bytes(seal):
        raise InvoiceAltered(
            f"Invoice {document.get('number')} differs from what was issued: its digest does not match. "
            "Restore the row from a backup; nothing was rendered."
        )
    return Invoice.parse(document)


def _rows(connection: Connection, name: str, **values: object) -> list[tuple[Any, ...]]:
    """All rows of a named query; what the columns hold is the schema's promise."""
    return connection.execute(sql(name), values).fetchall()
