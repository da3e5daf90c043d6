"""Small values of the real types with defaults, so that a test states only what it tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Policy, Profile, ZoneSettings
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.ingest.messages import Portion, ReceivedBatch
from smartwork.domain.billing.companies import Company, Member
from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.network.centres import Centre, Operator
from smartwork.domain.network.devices import Device
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.network.places import Rect, Resource, Zone
from smartwork.domain.network_setup import Network

ZONE = "Europe/Brussels"
EPOCH = "0123456789ab"
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
"""A Tuesday of winter time, 13:00 in Brussels."""
TODAY = NOON.date()


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self.at += timedelta(seconds=seconds)


def small_network(centre: str = "mons") -> Network:
    """One centre with one zone, two desks with a sensor each, one metered light, one company with one member."""
    place = Rect(0, 0, 2, 2)
    desks = tuple(Resource(f"desk-{i}", f"Desk {i}", "desk", 1, "hall", place) for i in (1, 2))
    sensors = tuple(
        Device(f"s-{i}", Profile.ZIGBEE2MQTT, f"zigbee2mqtt/{centre}/desk {i}", 60, "hall", f"desk-{i}") for i in (1, 2)
    )
    light = Device("l-1", Profile.ZIGBEE2MQTT, f"zigbee2mqtt/{centre}/ceiling", 300, "hall", role="light")
    hours = OpeningHours(ZONE, time(8), time(18), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 4, 6)}))
    contract = Contract(
        date(2026, 1, 1), None, "as_measured", 15, 15, Decimal("0.500"), early_leave_refund=True, payment_days=30
    )
    company = Company("acme", Party("Acme", "0123456749", "Rue Haute 1", "7000", "Mons"), "fr", "PO-1", (contract,))
    seller = Party("Réseau d'Essai", "0999900150", "Place 1", "5000", "Namur", iban="BE92999900000123")
    return Network(
        seller=seller,
        operators=(Operator("Ville d'Essai", "public", "0123456749"),),
        centres=(
            Centre(
                slug=centre,
                name="Mons",
                operator="Ville d'Essai",
                region="Wallonia",
                town="Mons",
                latitude=50.45,
                longitude=3.95,
                hours=hours,
                closure_reasons={date(2026, 4, 6): "Easter Monday"},
                plan_width_m=12,
                plan_height_m=8,
                zones=(Zone("hall", "Hall", 60, 400, place, ZoneSettings(zone="hall", hold_s=60, level=0.5, ramp_s=0)),),
                resources=desks,
                devices=(*sensors, light),
            ),
        ),
        companies=(company,),
        members=(Member("m-1", "acme"),),
        tariffs=(Tariff(None, "desk", date(2026, 1, 1), Decimal("4.0000")),),
        is_demo=True,
    )


def small_policy(centre: str = "mons", version: int = 1) -> Policy:
    """The policy of `small_network`."""
    devices = [
        DeviceEntry(device=d.slug, profile=Profile.ZIGBEE2MQTT, address=d.address, interval_s=d.interval_s)
        for d in small_network(centre).centres[0].devices
    ]
    return Policy(version=version, timezone=ZONE, devices=devices)


Measurement = tuple[datetime, str, int, float]
"""Event time, device, code of the metric, value."""


def presence(device: str, start: datetime, values: Sequence[bool], every_s: float = 60) -> list[Measurement]:
    """Presence readings of a device at regular intervals from `start`."""
    return [
        (start + timedelta(seconds=i * every_s), device, int(Metric.PRESENCE), float(value)) for i, value in enumerate(values)
    ]


def batch(first: int, measurements: Sequence[Measurement], day: date = TODAY, epoch: str = EPOCH) -> Batch:
    """A batch of these readings, numbered from `first`."""
    names = sorted({device for _, device, _, _ in measurements})
    return Batch(
        epoch=epoch,
        first=first,
        day=day.isoformat(),
        devices=names,
        at_ms=[round(at.timestamp() * 1000) for at, _, _, _ in measurements],
        device=[names.index(device) for _, device, _, _ in measurements],
        metric=[metric for _, _, metric, _ in measurements],
        value=[value for _, _, _, value in measurements],
    )


def received(content: Batch, centre: str = "mons", edge: str = "gateway") -> ReceivedBatch:
    """The batch as ingest receives it from an edge."""
    return ReceivedBatch(Topic(centre, MessageType.READINGS, edge), content, content.model_dump_json().encode())


def portion_of(*batches: Batch) -> Portion:
    """The batches as one portion from an edge of mons."""
    return Portion(batches=[received(content) for content in batches])
