"""The registry in the database: installing a network, its bookings and check-ins, and what an edge must know of it."""

from collections.abc import Iterable
from dataclasses import asdict

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import CentreContract, Pool, Purchase
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.billing.prepaid_hours import lot_of
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Rect, Resource, Zone
from smartwork.domain.network_setup import Network
from smartwork.errors import InputError


def centre_slugs(connection: Connection) -> list[str]:
    """The slugs of all centres, in order."""
    return [str(slug) for (slug,) in connection.execute(sql("centre_slugs"))]


def install(connection: Connection, network: Network) -> None:
    """Put the network into the database in one transaction; what is there already stays as it is."""
    with connection.transaction():
        with connection.cursor() as cursor:
            cursor.executemany(sql("put_operator"), [asdict(o) for o in network.operators])
            for centre in network.centres:
                _put_centre(connection, centre, is_demo=network.is_demo)
            rows = [company_row(company, is_demo=network.is_demo) for company in network.companies]
            cursor.executemany(sql("put_company"), rows)
            cursor.executemany(sql("put_member"), [asdict(m) for m in network.members])
        put_agreed(connection, network.seller, network.companies, network.tariffs, network.centre_contracts)
        put_orders(connection, network.purchases, network.companies)


def put_agreed(
    connection: Connection,
    seller: Party | None,
    companies: Iterable[Company],
    tariffs: Iterable[Tariff],
    centre_contracts: Iterable[CentreContract],
) -> None:
    """Add what was agreed with companies, which are there, and with centres; what is there already stays as it is."""
    with connection.transaction(), connection.cursor() as cursor:
        for company in companies:
            cursor.executemany(sql("put_contract"), [{**asdict(c), "company": company.slug} for c in company.contracts])
            cursor.executemany(sql("put_pool"), [{**asdict(p), "company": company.slug} for p in company.pools])
        cursor.executemany(sql("put_tariff"), [asdict(t) for t in tariffs])
        if seller is not None:
            cursor.execute(sql("put_seller"), asdict(seller))
        cursor.executemany(sql("put_centre_contract"), [_centre_contract(c) for c in centre_contracts])


def put_orders(connection: Connection, orders: Iterable[Purchase], companies: Iterable[Company]) -> None:
    """Add orders of hours at the price of their company's pool; those that are there already, by id, stay as they are."""
    pools = {(company.slug, pool.kind): pool for company in companies for pool in company.pools}
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_purchase"), [_order(order, pools.get((order.company, order.kind))) for order in orders])


def company_row(company: Company, *, is_demo: bool) -> dict[str, object]:
    """A company as the database keeps it, without what was agreed with it."""
    plain = {key: value for key, value in asdict(company).items() if key not in ("vat", "contracts", "pools")}
    return {**plain, **_vat(company.vat), "is_demo": is_demo}


def _centre_contract(contract: CentreContract) -> dict[str, object]:
    payee = {**asdict(contract.payee), "payee": contract.payee.name}
    return {**payee, **asdict(contract), **_vat(contract.vat), "payee": contract.payee.name, "vat": None}


def _vat(vat: Vat) -> dict[str, object]:
    return {f"vat_{key}": value for key, value in asdict(vat).items()}


def _order(order: Purchase, pool: Pool | None) -> dict[str, object]:
    """The lot that an order makes; raises InputError where its company has no pool of that kind."""
    if pool is None:
        raise InputError(f"{order.company} has no pool of {order.kind} hours for the order {order.external_id}.")
    return {**asdict(lot_of(order, pool)), "company": order.company}


def _put_centre(connection: Connection, centre: Centre, *, is_demo: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql("put_centre"),
            {
                "slug": centre.slug,
                "name": centre.name,
                "operator": centre.operator,
                "region": centre.region,
                "town": centre.town,
                "latitude": centre.latitude,
                "longitude": centre.longitude,
                "timezone": centre.hours.timezone,
                "opens": centre.hours.opens,
                "closes": centre.hours.closes,
                "open_days": sorted(centre.hours.open_days),
                "plan_width_m": centre.plan_width_m,
                "plan_height_m": centre.plan_height_m,
                "is_demo": is_demo,
            },
        )
        cursor.executemany(
            sql("put_closure"),
            [{"centre": centre.slug, "day": day, "reason": why} for day, why in centre.closure_reasons.items()],
        )
        add_places(connection, centre.slug, centre.zones, centre.resources, centre.devices)


def add_places(
    connection: Connection,
    centre: str,
    zones: Iterable[Zone],
    resources: Iterable[Resource],
    devices: Iterable[Device],
) -> None:
    """Add zones, resources and devices to a centre; those it has already, by slug, stay as they are."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_zone"), [_row(zone, zone.place, centre) for zone in zones])
        cursor.executemany(sql("put_resource"), [_row(resource, resource.place, centre) for resource in resources])
        cursor.executemany(sql("put_device"), [{**asdict(device), "centre": centre} for device in devices])


def _row(item: Zone | Resource, place: Rect, centre: str) -> dict[str, object]:
    return {**asdict(item), **asdict(place), "place": None, "centre": centre}


def put_bookings(connection: Connection, bookings: Iterable[Booking]) -> None:
    """Add bookings or change them by external id, in one transaction; those on an invoice stay as they were billed.

    Raises psycopg.errors.ExclusionViolation where two bookings of a resource overlap.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql("stage_bookings"))
        cursor.execute(sql("clear_staged_bookings"))
        with cursor.copy(sql("copy_staged_bookings")) as copy:
            for b in bookings:
                copy.write_row((b.external_id, b.centre, b.resource, b.member, b.starts_at, b.ends_at, b.status))
        cursor.execute(sql("take_staged_bookings"))


def put_check_ins(connection: Connection, check_ins: Iterable[CheckIn]) -> None:
    """Add check-ins by external id, in one transaction; those that are there already stay as they are."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql("stage_check_ins"))
        cursor.execute(sql("clear_staged_check_ins"))
        with cursor.copy(sql("copy_staged_check_ins")) as copy:
            for c in check_ins:
                copy.write_row((c.external_id, c.centre, c.resource, c.member, c.at, c.method))
        cursor.execute(sql("take_staged_check_ins"))
