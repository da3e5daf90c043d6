"""Contracts, pools, tariffs, the seller and orders of hours: inserted; what exists is left unchanged."""

from collections.abc import Iterable
from dataclasses import asdict

from smartwork.db.billing.companies import vat_columns
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, Pool, PrepaidOrder
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.prepaid_hours import lot_from_order
from smartwork.domain.billing.tariffs import Tariff
from smartwork.errors import InputError


def put_agreed(
    connection: Connection,
    seller: Party | None,
    companies: Iterable[Company],
    tariffs: Iterable[Tariff],
    centre_contracts: Iterable[CentreContract],
) -> None:
    """Insert contracts and pools of companies, tariffs, the seller and centre contracts; companies and centres must exist."""
    with connection.transaction(), connection.cursor() as cursor:
        for company in companies:
            cursor.executemany(sql("put_contract"), [{**asdict(c), "company": company.slug} for c in company.contracts])
            cursor.executemany(sql("put_pool"), [{**asdict(p), "company": company.slug} for p in company.pools])
        cursor.executemany(sql("put_tariff"), [asdict(tariff) for tariff in tariffs])
        if seller is not None:
            cursor.execute(sql("put_seller"), asdict(seller))
        cursor.executemany(sql("put_centre_contract"), [_centre_contract_row(contract) for contract in centre_contracts])


def put_orders(connection: Connection, orders: Iterable[PrepaidOrder], companies: Iterable[Company]) -> None:
    """Insert orders of hours at the price of their company's pool; an order that exists, by its id, is left unchanged.

    Raises InputError where the company has no pool of the order's kind.
    """
    pools = {(company.slug, pool.kind): pool for company in companies for pool in company.pools}
    with connection.cursor() as cursor:
        rows = [_lot_row(order, pools.get((order.company, order.kind))) for order in orders]
        cursor.executemany(sql("put_purchase"), rows)


def _centre_contract_row(contract: CentreContract) -> dict[str, object]:
    payee = {**asdict(contract.payee), "payee": contract.payee.name}
    return {**payee, **asdict(contract), **vat_columns(contract.vat), "payee": contract.payee.name, "vat": None}


def _lot_row(order: PrepaidOrder, pool: Pool | None) -> dict[str, object]:
    if pool is None:
        raise InputError(f"{order.company} has no pool of {order.kind} hours for the order {order.external_id}.")
    return {**asdict(lot_from_order(order, pool)), "company": order.company}
