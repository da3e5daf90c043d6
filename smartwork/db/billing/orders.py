"""Orders of items and subscriptions, and which lines of documents charge them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date

import psycopg
from psycopg.rows import dict_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.occupancy import LineKey
from smartwork.domain.billing.orders import Item, Subscription
from smartwork.domain.billing.supplies import BilledSupply
from smartwork.errors import SmartworkError


class OrderBilledTwice(SmartworkError):  # noqa: N818 - names what was refused
    """An order, or a day of a subscription, would be billed on two lines."""


def items(connection: Connection) -> dict[int, list[Item]]:
    """The items of every company, by company_id."""
    by_company: dict[int, list[Item]] = defaultdict(list)
    for row in connection.cursor(row_factory=dict_row).execute(sql("items")).fetchall():
        by_company[row.pop("company_id")].append(Item(**row))
    return by_company


def subscriptions(connection: Connection) -> dict[int, list[Subscription]]:
    """The subscriptions of every company, by company_id."""
    by_company: dict[int, list[Subscription]] = defaultdict(list)
    for row in connection.cursor(row_factory=dict_row).execute(sql("subscriptions")).fetchall():
        by_company[row.pop("company_id")].append(Subscription(**row))
    return by_company


def replace_orders(connection: Connection, companies: Iterable[Company]) -> None:
    """Make the items and subscriptions of `companies` the only ones; in the caller's transaction."""
    connection.execute(sql("clear_items"))
    connection.execute(sql("clear_subscriptions"))
    with connection.cursor() as cursor:
        for company in companies:
            cursor.executemany(sql("put_item"), [{**asdict(item), "company": company.slug} for item in company.items])
            cursor.executemany(
                sql("put_subscription"), [{**asdict(each), "company": company.slug} for each in company.subscriptions]
            )


def billed_supplies(
    connection: Connection, companies: Sequence[int], since: date, until: date
) -> dict[int, list[BilledSupply]]:
    """By company_id: the lines that charge orders for days from `since` to `until`."""
    arguments = {"companies": list(companies), "since": since, "until": until}
    by_company: dict[int, list[BilledSupply]] = defaultdict(list)
    for row in connection.cursor(row_factory=dict_row).execute(sql("billed_supplies"), arguments).fetchall():
        by_company[row.pop("company_id")].append(BilledSupply(**row))
    return by_company


def billed_orders(connection: Connection, since: date) -> set[tuple[str, str, str]]:
    """The orders that documents charge for days from `since` on: company, kind and order id."""
    with wrap_database_errors():
        return set(rows(connection, "billed_orders", since=since))


def record_supplies(connection: Connection, numbers: Sequence[str], freed: Iterable[LineKey]) -> None:
    """Record which orders the documents `numbers` charge, after the lines `freed` charge theirs no longer.

    In the caller's transaction. Raises OrderBilledTwice.
    """
    gone = sorted(freed)
    arguments = {"numbers": [number for number, _ in gone], "lines": [line for _, line in gone]}
    connection.execute(sql("release_supplies"), arguments)
    try:
        connection.execute(sql("put_supplies"), {"numbers": list(numbers)})
    except (psycopg.errors.ExclusionViolation, psycopg.errors.UniqueViolation) as error:
        raise OrderBilledTwice(
            f"Nothing was issued: an order would be billed twice ({error.diag.message_detail or error}). "
            "Another run issued a document at the same time: bill the month again."
        ) from error
