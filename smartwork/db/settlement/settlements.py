"""Settlements with centres in the database."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.invoice import LineReference, Unattributed
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.settlement.settlement import SettledMonth, SettlementTerms


@dataclass(frozen=True, slots=True)
class CentreToSettle:
    """A centre with its key and number of desks."""

    centre_id: int
    slug: str
    name: str
    is_demo: bool
    desks: int


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """A line of a company's document for a centre, amounts positive where they are charged and negative where given back.

    `day` is the first local day that it is about.
    """

    posting_id: int
    day: date
    kind: PlaceKind
    resource: str
    resource_name: str
    visits: int
    hours: Decimal
    net: Decimal
    credits: Decimal

    @property
    def month(self) -> date:
        """The month that it is about, whose contract says what of it the centre is owed."""
        return self.day.replace(day=1)


def centres_to_settle(connection: Connection) -> list[CentreToSettle]:
    """All centres, by slug."""
    with wrap_database_errors():
        return [CentreToSettle(*row) for row in rows(connection, "centres_to_settle")]


def unsettled(connection: Connection, month: date) -> dict[str, list[ChargedLine]]:
    """By centre: lines of company documents up to the month that no settlement has taken in."""
    found: dict[str, list[ChargedLine]] = {}
    for centre, *line in rows(connection, "unsettled_lines", month=month):
        found.setdefault(centre, []).append(ChargedLine(*line))
    return found


def settled(connection: Connection, centre_id: int, month: date) -> list[ChargedLine]:
    """The lines about a centre's month that settlements took in."""
    return [ChargedLine(*line) for _, *line in rows(connection, "settled_lines", centre_id=centre_id, month=month)]


def settled_months(connection: Connection, since: date, until: date) -> dict[str, dict[date, SettledMonth]]:
    """By centre and month, both months included: how it was settled last."""
    found: dict[str, dict[date, SettledMonth]] = {}
    for centre, month, *terms, desks in rows(connection, "settled_terms", since=since, until=until):
        found.setdefault(centre, {})[month] = SettledMonth(SettlementTerms(*terms), desks)
    return found


def put_settled_month(connection: Connection, centre_id: int, month: date, settled: SettledMonth) -> None:
    """Remember how a centre's month was settled; in the caller's transaction."""
    row = {"centre_id": centre_id, "month": month, "desks": settled.desks, **asdict(settled.terms)}
    connection.execute(sql("put_settled_terms"), row)


def unattributed(connection: Connection, month: date) -> dict[str, Unattributed]:
    """By centre: walk-ins of the month that nobody signed for."""
    return {
        slug: Unattributed(int(visits), hours) for slug, visits, hours in rows(connection, "unattributed_stays", month=month)
    }


def put_settled(connection: Connection, centre: str, settlement: int, postings: Iterable[int]) -> None:
    """Remember which documents' charges a settlement took in; in the caller's transaction."""
    connection.execute(sql("put_settled"), {"postings": sorted(set(postings)), "settlement": settlement, "centre": centre})


def first_settlement(connection: Connection, centre_id: int, month: date) -> LineReference | None:
    """The month's first self-billed document of a centre, or None."""
    found = rows(connection, "first_settlement", centre_id=centre_id, month=month)
    return LineReference(found[0][0], found[0][1], 1) if found else None


def latest_settlement(connection: Connection, centre_id: int, month: date) -> LineReference | None:
    """The last self-billed invoice of a centre up to the month, which what is given back refers to; or None."""
    found = rows(connection, "latest_settlement", centre_id=centre_id, month=month)
    return LineReference(found[0][0], found[0][1], 1) if found else None
