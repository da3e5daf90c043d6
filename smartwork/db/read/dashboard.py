"""All queries of the dashboard. All rows of a page come from one snapshot of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, TypeVar

import psycopg
from psycopg.rows import class_row

from smartwork.contracts.metrics import Metric
from smartwork.db.billing import documents
from smartwork.db.billing.documents import DocumentSummary
from smartwork.db.bookings import availability
from smartwork.db.bookings.availability import CentreOpening, PlaceState
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import require_current_schema
from smartwork.db.core.queries import sql
from smartwork.db.ledger.ledger import LedgerFault, NumberRun, faults, gaps, ledger
from smartwork.db.lighting.what_if import ZoneMonth, zone_months
from smartwork.db.settlement import statements
from smartwork.domain.billing.billed_visit import BilledVisit, parse_visit
from smartwork.domain.billing.invoice import LineKind
from smartwork.domain.billing.payments import Position
from smartwork.domain.ledger.ledger_day import LedgerDay
from smartwork.domain.presence.sensor_limits import STUCK_AFTER
from smartwork.domain.settlement.statements import UnattributedStay
from smartwork.domain.time import Interval
from smartwork.errors import ServiceUnavailable

Row = TypeVar("Row")


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`, or None if `whole` is not positive."""
    return part / whole if whole > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Seconds of desks in opening hours, by state."""

    open_s: float
    occupied_s: float
    vacant_s: float
    unknown_s: float

    @property
    def utilisation(self) -> float | None:
        """Occupied / (occupied + vacant); unmeasured time is left out. None if nothing was measured."""
        return ratio(self.occupied_s, self.occupied_s + self.vacant_s)

    @property
    def unknown_share(self) -> float | None:
        """Unknown time over opening time."""
        return ratio(self.unknown_s, self.open_s)


@dataclass(frozen=True, slots=True)
class CentreRow:
    """A centre with its operator and the size of its plan in metres."""

    centre_id: int
    slug: str
    name: str
    town: str
    timezone: str
    is_demo: bool
    operator_kind: Literal["public", "private"]
    operator: str
    desks: int
    plan_width_m: float
    plan_height_m: float
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreMonthUse(Use):
    """A centre's month: use of its desks, no-shows, and light. None if a figure was not measured."""

    centre_id: int
    name: str
    operator_kind: Literal["public", "private"]
    desks: int
    peak: int | None
    peak_at: datetime | None
    no_shows: int
    bookings: int
    used_wh: float | None
    baseline_wh: float | None
    metered_s: int | None
    elapsed_s: int | None
    area_m2: float

    @property
    def metered_share(self) -> float | None:
        """Metered time over elapsed time of all zones; None if no zone has a meter, or it was not recorded."""
        return None if self.metered_s is None else ratio(self.metered_s, self.elapsed_s or 0)

    @property
    def no_show_share(self) -> float | None:
        """No-shows over bookings that were not cancelled."""
        return ratio(self.no_shows, self.bookings)

    @property
    def kwh_per_m2(self) -> float | None:
        """Lighting energy over the area of the centre's zones, kWh/m²."""
        return None if self.used_wh is None or self.metered_s == 0 else ratio(self.used_wh / 1000, self.area_m2)

    @property
    def saving(self) -> float | None:
        """Share of the baseline that was not used."""
        return None if self.used_wh is None or not self.baseline_wh else 1 - self.used_wh / self.baseline_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreDay(Use):
    """A day of a centre: use of its desks."""

    centre: str
    day: date


@dataclass(frozen=True, slots=True)
class Place:
    """A place with the newest reading of one of its sensors, or None; lengths in metres.

    `stuck` says of one of several sensors that it has reported presence only, for longer than a person stays.
    """

    resource_id: int
    centre_id: int
    zone_id: int
    slug: str
    name: str
    kind: Literal["desk", "room", "recording"]
    seats: int
    x_m: float
    y_m: float
    width_m: float
    height_m: float
    last_reading_at: datetime | None
    present: bool | None
    interval_s: int | None
    stuck: bool | None = False


@dataclass(frozen=True, slots=True)
class ZoneLight:
    """A zone with the newest light reading of one of its devices; level 0 to 1."""

    zone_id: int
    name: str
    area_m2: float
    light_power_w: float
    x_m: float
    y_m: float
    width_m: float
    height_m: float
    device_id: int | None
    interval_s: int | None
    on_at: datetime | None
    light_on: bool | None
    level_at: datetime | None
    light_level: float | None


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """Whether an edge is connected, since which instant, and when its last message arrived."""

    edge: str
    state: Literal["online", "offline"]
    since: datetime
    last_message_at: datetime


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """A zone's lighting in the metered time of one local day, in Wh; `baseline_wh` is rated power × opening hours.

    `metered_s` of the `elapsed_s` seconds of the day were metered; None on days from before that was recorded.
    """

    centre_id: int
    centre: str
    zone_id: int
    zone: str
    area_m2: float
    day: date
    used_wh: float
    empty_wh: float
    unknown_wh: float
    baseline_wh: float
    metered_s: int | None
    elapsed_s: int | None

    @property
    def occupied_wh(self) -> float:
        """Used while the zone was occupied."""
        return self.used_wh - self.empty_wh - self.unknown_wh


@dataclass(frozen=True, slots=True)
class InvoiceSummary:
    """An issued invoice or credit note of a company."""

    invoice_id: int
    number: str
    kind: Literal["invoice", "credit_note"]
    company: str
    month: date
    issued_on: date
    due_on: date
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    payment_reference: str | None
    is_demo: bool


@dataclass(frozen=True, slots=True)
class InvoiceEntry:
    """A line of a document for a list; None if the line has no such value. `place` is of its first visit. Prices are net."""

    line: int
    kind: LineKind
    day: date | None
    centre: str | None
    place: str | None
    hours: Decimal
    quantity: Decimal | None
    unit: str
    price: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class LineVisit:
    """A visit of a line of a document; `of_line` names the line whose visits this line shares.

    `billed` is None if a field of the stored evidence is missing or wrong.
    """

    line: int
    of_line: int | None
    billed: BilledVisit | None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A rejected message or reading, with the reason."""

    arrived_at: datetime
    centre: str | None
    topic: str
    reason: str
    n: int | None


@dataclass(frozen=True, slots=True)
class _MonthRow:
    month: date


@dataclass(frozen=True, slots=True)
class _LineVisitRow:
    line: int
    of_line: int | None
    snapshot: object


class Reader:
    """The queries of the pages. All results of one reader come from the same snapshot."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _rows(self, kind: type[Row], name: str, **values: object) -> list[Row]:
        with self.connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(sql(name), values).fetchall()

    def months(self) -> list[date]:
        """First days of the months with data, newest first."""
        return [row.month for row in self._rows(_MonthRow, "dashboard_months")]

    def centres(self) -> list[CentreRow]:
        """All centres by name."""
        return self._rows(CentreRow, "dashboard_centres")

    def centre_months(self, month: date) -> list[CentreMonthUse]:
        """All centres by name, those without figures included."""
        return self._rows(CentreMonthUse, "dashboard_centre_month", month=month)

    def centre_days(self, month: date) -> list[CentreDay]:
        """One row for each centre and each day that has figures."""
        return self._rows(CentreDay, "dashboard_centre_days", month=month)

    def places(self, centre_id: int | None = None) -> list[Place]:
        """Places of a centre, or of all: one row for each sensor, the newest reading first."""
        return self._rows(
            Place, "dashboard_places", centre_id=centre_id, presence=int(Metric.PRESENCE), stuck_after=STUCK_AFTER
        )

    def opening(self, centre: str) -> CentreOpening | None:
        """The opening hours and closures of a centre."""
        return availability.centre_opening(self.connection, centre)

    def booked_places(self, centre: str, now: datetime) -> dict[int, PlaceState]:
        """The desks and rooms of a centre by number: their bookings of the next days, and their last presence."""
        period = Interval(now, now + availability.AHEAD)
        return {place.resource_id: place for place in availability.places(self.connection, centre, period, now)}

    def zones(self, centre_id: int) -> list[ZoneLight]:
        """Zones of a centre: one row for each device, the newest reading first."""
        codes = {"light_on": int(Metric.LIGHT_ON), "light_level": int(Metric.LIGHT_LEVEL)}
        return self._rows(ZoneLight, "dashboard_zones", centre_id=centre_id, **codes)

    def edges(self, centre_id: int) -> list[EdgeRow]:
        """The edges of a centre that have connected at least once."""
        return self._rows(EdgeRow, "dashboard_edges", centre_id=centre_id)

    def energy(self, month: date) -> list[EnergyRow]:
        """One row for each zone and day."""
        return self._rows(EnergyRow, "dashboard_energy", month=month)

    def invoices(self) -> list[InvoiceSummary]:
        """All invoices and credit notes of companies, newest month first."""
        return self._rows(InvoiceSummary, "dashboard_invoices")

    def invoice_entries(self, invoice_id: int) -> list[InvoiceEntry]:
        """All lines of one document in their order."""
        return self._rows(InvoiceEntry, "dashboard_invoice_entries", invoice_id=invoice_id)

    def document_summaries(self, month: date) -> list[DocumentSummary]:
        """The month's documents of every kind, in the order in which they were issued."""
        return documents.summaries(self.connection, month)

    def positions(self, month: date | None = None) -> dict[str, Position]:
        """The positions of documents to companies, by number: those of a month, or all."""
        return documents.positions(self.connection, month=month)

    def unattributed_stays(self, month: date) -> dict[str, list[UnattributedStay]]:
        """The unattributed walk-ins of the month, by centre."""
        return statements.unattributed_stays(self.connection, month)

    def invoice_visits(self, invoice_id: int) -> list[LineVisit]:
        """The visits of the lines of one document, by line and in their order."""
        rows = self._rows(_LineVisitRow, "dashboard_invoice_visits", invoice_id=invoice_id)
        return [LineVisit(row.line, row.of_line, billed_or_none(row.snapshot)) for row in rows]

    def lit_zones(self, centre: str, month: date, now: datetime) -> list[ZoneMonth]:
        """The zones of a centre that have light settings, with the measured spans of the month before `now`."""
        return zone_months(self.connection, centre, month, now)

    def ledger_faults(self) -> list[LedgerFault]:
        """The centres whose ledger is faulty, with the reason."""
        return faults(self.connection)

    def ledger(self) -> dict[str, list[LedgerDay]]:
        """The ledger of all days, by centre (slug), each in order of the day."""
        return ledger(self.connection)

    def gaps(self) -> list[NumberRun]:
        """The runs of numbers that are not stored although later ones are; centres by slug."""
        return gaps(self.connection)

    def rejected(self, most: int = 100) -> list[RejectedRow]:
        """The newest rejected messages and readings, at most `most`."""
        return self._rows(RejectedRow, "dashboard_rejected", most=most)


def billed_or_none(snapshot: object) -> BilledVisit | None:
    """The billed visit in the JSON values of a snapshot, or None if a field is missing or wrong."""
    try:
        return parse_visit(snapshot)
    except ValueError:
        return None


@contextmanager
def reading(database_url: str) -> Iterator[Reader]:
    """A reader over one read-only snapshot.

    Raises ServiceUnavailable if the database is away, SchemaMismatch if it has another schema than this version.
    """
    connection = connect(database_url)
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        require_current_schema(connection)
        yield Reader(connection)
    except psycopg.OperationalError as error:
        raise ServiceUnavailable(
            "The connection to the database was lost while this page was read. Check that the database runs."
        ) from error
    finally:
        connection.close()
