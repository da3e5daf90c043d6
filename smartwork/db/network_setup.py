"""Sets up a whole network in the database: operators, centres, devices, companies and what was agreed with them."""

from smartwork.db.billing.companies import put_companies, put_members
from smartwork.db.billing.contracts import put_agreed, put_orders
from smartwork.db.core.book_entries import recording
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows
from smartwork.db.network.centres import put_centre, put_operators
from smartwork.db.network.devices import put_devices
from smartwork.db.network.places import put_resources, put_zones
from smartwork.domain.network_setup import Network


def install(connection: Connection, network: Network) -> None:
    """Insert the network in one transaction; what exists already is left unchanged."""
    with recording(connection):
        put_operators(connection, network.operators)
        for centre in network.centres:
            put_centre(connection, centre, is_demo=network.is_demo)
            put_zones(connection, centre.slug, centre.zones)
            put_resources(connection, centre.slug, centre.resources)
            put_devices(connection, centre.slug, centre.devices)
        put_companies(connection, network.companies, is_demo=network.is_demo)
        put_members(connection, network.members)
        put_agreed(connection, network.seller, network.companies, network.tariffs, network.centre_contracts)
        put_orders(connection, network.purchases, network.companies)


def records_of_others(connection: Connection, network: Network) -> list[str]:
    """What the database holds and `network` did not make, each as kind and name: "centre lille", "document INV-2026-00001".

    A centre or company is the network's if it has the slug of one and is marked as made up; so is a document of it.
    """
    found = rows(
        connection,
        "records_of_others",
        operators=[operator.name for operator in network.operators],
        centres=[centre.slug for centre in network.centres],
        companies=[company.slug for company in network.companies],
        seller=network.seller.enterprise_number,
    )
    return [f"{kind} {name}" for kind, name in found]
