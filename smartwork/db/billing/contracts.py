"""Contracts, pools, tariffs, orders of prepaid hours and the seller."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from psycopg.rows import dict_row

from smartwork.db.billing.companies import vat_columns
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows_as, sql
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, Pool, PrepaidOrder, SelfBillingAgreement
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.prepaid_hours import lot_from_order
from smartwork.domain.billing.tariffs import Tariff
from smartwork.errors import InputError, SmartworkError


class SellerMissing(SmartworkError):  # noqa: N818 - names what is missing
    """No seller is entered, so no document can be issued."""


def tariffs(connection: Connection) -> list[Tariff]:
    """All tariffs, past and present."""
    with wrap_database_errors():
        return rows_as(Tariff, connection, "tariffs")


def seller(connection: Connection) -> Party:
    """The party that bills the companies and pays the centres; raises SellerMissing if none is entered."""
    with wrap_database_errors():
        parties = rows_as(Party, connection, "seller")
    if not parties:
        raise SellerMissing(
            "No seller is entered, so no document can be issued. Write name, enterprise number, address and IBAN of the "
            "network under [seller] in the file of agreements, apply it (smartwork agreements apply FILE), and try again."
        )
    return parties[0]


def centre_contracts(connection: Connection) -> list[CentreContract]:
    """All contracts with centres, by centre and time."""
    records = connection.cursor(row_factory=dict_row).execute(sql("centre_contracts")).fetchall()
    return [_centre_contract(row) for row in records]


def put_agreed(
    connection: Connection,
    seller: Party | None,
    companies: Iterable[Company],
    tariffs: Iterable[Tariff],
    centre_contracts: Iterable[CentreContract],
) -> None:
    """Insert contracts, pools and later periods of companies, tariffs, the seller and centre contracts.

    Companies and centres must exist.
    """
    with connection.transaction(), connection.cursor() as cursor:
        for company in companies:
            cursor.executemany(sql("put_contract"), [{**asdict(c), "company": company.slug} for c in company.contracts])
            cursor.executemany(
                sql("put_company_vat"),
                [{"company": company.slug, "valid_from": p.valid_from, **vat_columns(p.vat)} for p in company.later_vat],
            )
            cursor.executemany(
                sql("put_company_party"),
                [{"company": company.slug, "valid_from": p.valid_from, **asdict(p.party)} for p in company.later_parties],
            )
            cursor.executemany(sql("put_pool"), [{**asdict(p), "company": company.slug} for p in company.pools])
        cursor.executemany(sql("put_tariff"), [asdict(tariff) for tariff in tariffs])
        if seller is not None:
            cursor.execute(sql("put_seller"), asdict(seller))
        cursor.executemany(sql("put_centre_contract"), [_centre_contract_row(contract) for contract in centre_contracts])


def put_orders(connection: Connection, orders: Iterable[PrepaidOrder], companies: Iterable[Company]) -> None:
    """Insert orders of hours at the price of their company's pool; an order whose id exists is left unchanged.

    Raises InputError if the company has no pool of the order's kind.
    """
    pools = {(company.slug, pool.kind): pool for company in companies for pool in company.pools}
    with connection.cursor() as cursor:
        lots = [_lot_row(order, pools.get((order.company, order.kind))) for order in orders]
        cursor.executemany(sql("put_prepaid_order"), lots)


def _centre_contract(row: dict[str, Any]) -> CentreContract:
    payee = Party(
        name=row["payee"],
        enterprise_number=row["enterprise_number"],
        street=row["street"],
        postcode=row["postcode"],
        town=row["town"],
        iban=row["iban"],
        legal_form=row["legal_form"],
        court=row["court"],
        email=row["email"],
        website=row["website"],
    )
    return CentreContract(
        centre=row["centre"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        mode=row["mode"],
        rate=row["rate"],
        payee=payee,
        language=row["language"],
        vat=Vat(row["vat_category"], row["vat_rate"], row["vat_code"], row["vat_reason"]),
        self_billing=_self_billing(row),
    )


def _self_billing(row: dict[str, Any]) -> SelfBillingAgreement | None:
    if row["self_billing_version"] is None:
        return None
    return SelfBillingAgreement(
        row["self_billing_version"],
        row["self_billing_signed_on"],
        row["self_billing_signed_by"],
        row["self_billing_valid_until"],
        row["silent_after_days"],
    )


def _centre_contract_row(contract: CentreContract) -> dict[str, object]:
    payee = {**asdict(contract.payee), "payee": contract.payee.name}
    agreed = contract.self_billing
    self_billing = {
        "self_billing_version": agreed.version if agreed else None,
        "self_billing_signed_on": agreed.signed_on if agreed else None,
        "self_billing_signed_by": agreed.signed_by if agreed else None,
        "self_billing_valid_until": agreed.valid_until if agreed else None,
        "silent_after_days": agreed.silent_after_days if agreed else None,
    }
    own = {**payee, **asdict(contract), **vat_columns(contract.vat), **self_billing}
    return {**own, "payee": contract.payee.name, "vat": None, "self_billing": None}


def _lot_row(order: PrepaidOrder, pool: Pool | None) -> dict[str, object]:
    if pool is None:
        raise InputError(f"{order.company} has no pool of {order.kind} hours, so order {order.external_id} has no price.")
    return {**asdict(lot_from_order(order, pool)), "company": order.company}
