"""Settlements with centres: charges to settle, charges that are settled, and the terms they were settled by."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.invoice import LineReference, RevenueKind
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
    """A line of a company's document for a centre. Amounts of credit notes are negative.

    `day` is the first local day that the line is about. `net` and `prepaid_value`, the value of prepaid hours that the line
    uses, are in EUR.
    """

    posting_id: int
    day: date
    kind: RevenueKind
    resource: str
    resource_name: str
    visits: int
    hours: Decimal
    net: Decimal
    prepaid_value: Decimal

    @property
    def month(self) -> date:
        """The month that the line is about. The centre's contract of that month settles it."""
        return self.day.replace(day=1)

    @property
    def charged(self) -> Decimal:
        """EUR net, with prepaid hours at their value."""
        return self.net + self.prepaid_value


def centres_to_settle(connection: Connection) -> list[CentreToSettle]:
    """All centres, by slug."""
    with wrap_database_errors():
        return [CentreToSettle(*row) for row in rows(connection, "centres_to_settle")]


def unsettled_lines(connection: Connection, month: date) -> dict[str, list[ChargedLine]]:
    """By centre: the lines of company documents up to the month that no settlement has taken in."""
    by_centre: dict[str, list[ChargedLine]] = {}
    for centre, *line in rows(connection, "unsettled_lines", month=month):
        by_centre.setdefault(centre, []).append(ChargedLine(*line))
    return by_centre


def settled_lines(connection: Connection, centre_id: int, month: date) -> list[ChargedLine]:
    """The lines about a centre's month that settlements took in."""
    return [ChargedLine(*line) for _, *line in rows(connection, "settled_lines", centre_id=centre_id, month=month)]


def settled_months(connection: Connection, since: date, until: date) -> dict[str, dict[date, SettledMonth]]:
    """How each month from `since` to `until`, both included, was settled last, by centre and month."""
    by_centre: dict[str, dict[date, SettledMonth]] = {}
    for centre, month, *terms, desks in rows(connection, "settled_terms", since=since, until=until):
        by_centre.setdefault(centre, {})[month] = SettledMonth(SettlementTerms(*terms), desks)
    return by_centre


def store_settled_month(
    connection: Connection, centre_id: int, month: date, settled: SettledMonth, settlement_id: int | None
) -> None:
    """Store how a settlement, the key of its posting, settled a centre's month; None if it posted nothing."""
    row = {"centre_id": centre_id, "month": month, "desks": settled.desks, **asdict(settled.terms)}
    row["settlement_id"] = settlement_id
    connection.execute(sql("put_settled_terms"), row)


def store_settlement_items(connection: Connection, centre: str, settlement_id: int, posting_ids: Iterable[int]) -> None:
    """Record which documents' charges for a centre a settlement took in, in the caller's transaction."""
    values = {"postings": sorted(set(posting_ids)), "settlement": settlement_id, "centre": centre}
    connection.execute(sql("put_settlement_items"), values)


def first_settlement(connection: Connection, centre_id: int, month: date) -> LineReference | None:
    """The first self-billed document of a centre's month, or None."""
    references = rows(connection, "first_settlement", centre_id=centre_id, month=month)
    return LineReference(references[0][0], references[0][1], 1) if references else None


def latest_settlement(connection: Connection, centre_id: int, month: date) -> LineReference | None:
    """The last self-billed invoice of a centre up to the month, to which credits refer; or None."""
    references = rows(connection, "latest_settlement", centre_id=centre_id, month=month)
    return LineReference(references[0][0], references[0][1], 1) if references else None
