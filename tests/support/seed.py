"""A small network with known figures, written straight into a migrated database."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import ZoneSettings
from smartwork.db.core.connection import Connection

MONTH = date(2026, 10, 1)
DAYS = tuple(date(2026, 10, day) for day in (5, 6, 7))
ZONE = ZoneInfo("Europe/Brussels")
_OPEN_S = 36_000
_PASS, _BEYOND = Decimal("30.00"), Decimal("6.00")
_READING = "INSERT INTO reading (at, device_id, metric, value, outbox_id, n) VALUES (%s, %s, %s, %s, 1, 1)"


@dataclass(frozen=True, slots=True)
class Seeded:
    """Keys of the rows that `seed` wrote, for tests that change them."""

    centres: dict[str, int]
    sensors: dict[str, int]
    invoice_id: int


def seed(connection: Connection, now: datetime) -> Seeded:
    """Fill the database and commit. `now` is the time of the newest readings of the live desks.

    Mons: 4 desks, 2 zones. Namur: 2 desks, 1 zone. On each of three days every desk of Mons was occupied for 5 h of
    the 10 open hours, vacant for 4 h and unknown for 1 h; every desk of Namur 2 h, 8 h and 0. Live: in Mons desk 1
    occupied, desk 2 vacant, desk 3 silent for an hour, desk 4 without a reading; in Namur one occupied, one vacant.
    """
    run = connection.execute
    run(
        "INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES "
        "(1, 'Ville d''Essai', 'public', '0123456749'), (2, 'Bureaux Modèles', 'private', '0987654394')"
    )
    centres = {"mons": 1, "namur": 2}
    for centre_id, slug, name in ((1, "mons", "Mons"), (2, "namur", "Namur")):
        run(
            "INSERT INTO centre VALUES (%s, %s, %s, %s, 'Wallonia', %s, 50.4, 3.9, 'Europe/Brussels', "
            "'08:00', '18:00', '{1,2,3,4,5}', 12, 8, true)",
            (centre_id, slug, name, centre_id, name),
        )
    run(
        "INSERT INTO zone VALUES (1, 1, 'quiet', 'Quiet room', 40, 400, 0, 0, 7, 8), "
        "(2, 1, 'open', 'Open space', 60, 600, 7, 0, 5, 8), (3, 2, 'hall', 'Hall', 50, 500, 0, 0, 12, 8)"
    )
    settings = ZoneSettings(zone="quiet", hold_s=1_200).model_dump_json(exclude={"zone"})
    run("INSERT INTO zone_settings VALUES (1, 1, %s, '2026-01-01')", (settings,))
    desks = [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 1, 2), (5, 2, 3), (6, 2, 3)]
    sensors: dict[str, int] = {}
    for resource_id, centre_id, zone_id in desks:
        slug = f"d-{resource_id:02}"
        run(
            "INSERT INTO resource VALUES (%s, %s, %s, %s, %s, 'desk', 1, %s, %s, 1.6, 0.8)",
            (resource_id, centre_id, zone_id, slug, f"Desk {resource_id}", 1 + 2.2 * resource_id, 2 + resource_id % 2 * 3),
        )
        run(
            "INSERT INTO device (device_id, centre_id, slug, interval_s, resource_id) VALUES (%s, %s, %s, 600, %s)",
            (resource_id, centre_id, f"s-{resource_id:02}", resource_id),
        )
        sensors[slug] = resource_id
    run("INSERT INTO resource VALUES (7, 1, 1, 'm-1', 'Meeting room', 'room', 6, 0.6, 5.4, 2.2, 2)")
    run(
        "INSERT INTO device (device_id, centre_id, slug, interval_s, zone_id) VALUES "
        "(7, 1, 'l-1', 600, 1), (8, 1, 'l-2', 600, 2)"
    )
    _use(connection)
    _live(connection, now)
    _ledger(connection, now)
    invoice_id = _invoice(connection)
    connection.commit()
    return Seeded(centres, sensors, invoice_id)


def store_presence(connection: Connection, sensor: int, present: bool, at: datetime) -> None:
    """Write and commit a sensor's newest presence, as ingest would."""
    connection.execute(_READING, (at, sensor, int(Metric.PRESENCE), float(present)))
    connection.commit()


def _use(connection: Connection) -> None:
    for day in DAYS:
        for resource_id in range(1, 7):
            occupied, vacant, unknown = (18_000, 14_400, 3_600) if resource_id <= 4 else (7_200, 28_800, 0)
            connection.execute(
                "INSERT INTO daily_use VALUES (%s, %s, %s, %s, %s, %s, 0)",
                (resource_id, day, _OPEN_S, occupied, vacant, unknown),
            )
        for centre_id, peak in ((1, 3), (2, 2)):
            at = datetime.combine(day, time(10, 30), ZONE)
            connection.execute("INSERT INTO daily_peak VALUES (%s, %s, %s, %s)", (centre_id, day, peak, at))
        for zone_id, used, empty, unknown_wh, baseline, metered_s in (
            (1, 2_000, 500, 100, 4_000, 86_400),
            (2, 4_000, 400, 0, 6_000, 43_200),
            (3, 1_500, 900, 0, 5_000, 86_400),
        ):
            connection.execute(
                "INSERT INTO daily_energy VALUES (%s, %s, %s, %s, %s, %s, %s, 86400)",
                (zone_id, day, used, empty, unknown_wh, baseline, metered_s),
            )


def _live(connection: Connection, now: datetime) -> None:
    hour_ago = now - timedelta(hours=1)
    for sensor, present, at in ((1, True, now), (2, False, now), (3, True, hour_ago), (5, True, now), (6, False, now)):
        store_presence(connection, sensor, present, at)
    for light, on, level in ((7, 1, 0.8), (8, 0, 0.0)):
        for metric, value in ((Metric.LIGHT_ON, on), (Metric.LIGHT_LEVEL, level)):
            connection.execute(_READING, (now, light, int(metric), value))
    connection.execute(
        "INSERT INTO edge_status VALUES (1, 'edge-mons', 'online', %(hour_ago)s, %(now)s), "
        "(2, 'edge-namur', 'offline', %(hour_ago)s, %(hour_ago)s)",
        {"hour_ago": hour_ago, "now": now},
    )


def _ledger(connection: Connection, now: datetime) -> None:
    connection.execute("INSERT INTO outbox VALUES (1, 1, 'edge-mons', 'a1b2c3d4e5f6'), (2, 2, 'edge-namur', 'f6e5d4c3b2a1')")
    for outbox_id, first, last, rejected, resends in (
        (1, 1, 100, 2, 1),
        (1, 101, 200, 0, 0),
        (2, 1, 50, 0, 0),
        (2, 61, 100, 0, 0),
    ):
        stored = last - first + 1 - rejected
        connection.execute(
            "INSERT INTO batch (outbox_id, first, last, day, stored, rejected, resends, digest, arrived_at, follows_gap) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (outbox_id, first, last, DAYS[0], stored, rejected, resends, bytes(32), now, first == 61),
        )
    for outbox_id, numbered, waiting in ((1, 205, 5), (2, 100, 0)):
        connection.execute("INSERT INTO edge_day VALUES (%s, %s, %s, %s, %s)", (outbox_id, DAYS[0], numbered, waiting, now))
    connection.execute(
        "INSERT INTO rejected (arrived_at, topic, reason, outbox_id, n, payload) VALUES "
        "(%(at)s, 'sw/v1/mons/readings/edge-mons', 'illuminance_lux 250000 is outside 0 to 200000', 1, 17, ''), "
        "(%(at)s, 'sw/v1/mons/readings/edge-mons', 'unknown metric 99', 1, 18, '')",
        {"at": now},
    )


def _invoice(connection: Connection) -> int:
    run = connection.execute
    run(
        "INSERT INTO company VALUES (1, 'essai', 'Cabinet Essai SRL', '0403019261', 'Rue du Test 1', '7000', 'Mons', "
        "'fr', 'PO-1', true)"
    )
    run("INSERT INTO member VALUES (1, 'M-0001', 1)")
    lines = [
        (1, "used", 1, 1, 5, _evidence("used", 1, DAYS[0], 240, 220, 20, 0)),
        (2, "no_show", 3, 1, 6, _evidence("no_show", 3, DAYS[1], 240, 0, 240, 0)),
        (3, "unverifiable", 5, 2, 7, _evidence("unverifiable", 5, DAYS[2], 240, 60, 30, 150)),
    ]
    charged = {"used": ("4.0000", "24.00"), "no_show": ("2.0000", "12.00"), "unverifiable": ("4.0000", "24.00")}
    net = sum((Decimal(charged[verdict][1]) for _, verdict, *_ in lines), _PASS + _BEYOND)
    vat = (net * 21 / 100).quantize(Decimal("0.01"))
    document = {
        "number": "SW-2026-00001",
        "buyer": {"name": "Cabinet Essai SRL"},
        "seller": {"name": "Réseau d'Essai"},
        "lines": [*({"line": line} for line in range(1, 5)), {"line": 5, "of_line": 4, "starts_on": "2026-10-09"}],
    }
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).digest()
    run(
        "INSERT INTO invoice VALUES (1, 'SW-2026-00001', 1, %s, '2026-11-02', '2026-12-02', 'EUR', %s, %s, %s, "
        "'090933755493', %s, %s)",
        (MONTH, net, vat, net + vat, Jsonb(document), digest),
    )
    for line, verdict, resource_id, centre_id, day, evidence in lines:
        start, end = (datetime(2026, 10, day, hour, tzinfo=ZONE) for hour in (9, 13))
        booking_id = line
        run(
            "INSERT INTO booking VALUES (%s, %s, %s, 1, %s, %s, 'booked')", (booking_id, f"B-{line}", resource_id, start, end)
        )
        run(
            "INSERT INTO verdict (resource_id, booking_id, company_id, verdict, starts_at, ends_at, booked_s, occupied_s, "
            "vacant_s, unknown_s, over_s) VALUES (%s, %s, 1, %s, %s, %s, 14400, %s, %s, %s, 0)",
            (
                resource_id,
                booking_id,
                verdict,
                start,
                end,
                *(evidence[f"{s}_s"] for s in ("occupied", "vacant", "unknown")),
            ),
        )
        hours, amount = charged[verdict]
        run(
            "INSERT INTO invoice_line VALUES (1, %s, %s, %s, %s, %s, NULL, %s, %s, %s, 6, %s, %s)",
            (line, verdict, centre_id, resource_id, booking_id, start, end, hours, amount, Jsonb(evidence)),
        )
    _pass_lines(connection)
    start = datetime(2026, 10, 8, 14, tzinfo=ZONE)
    run(
        "INSERT INTO verdict (resource_id, verdict, starts_at, ends_at, booked_s, occupied_s, vacant_s, unknown_s, over_s) "
        "VALUES (2, 'walk_in', %s, %s, 0, 4200, 0, 0, 0)",
        (start, start + timedelta(minutes=70)),
    )
    return 1


def _pass_lines(connection: Connection) -> None:
    """A day pass over two visits of 9 October, to Mons and to Namur, and the hour beyond it."""
    day = date(2026, 10, 9)
    visits = [
        ("used", 1, 9, 12, _evidence("used", 1, day, 180, 170, 10, 0)),
        ("left_early", 5, 14, 18, _evidence("left_early", 5, day, 240, 90, 150, 0, hour=14)),
    ]
    first, *_, evidence = visits[0]
    starts, ends = (datetime(2026, 10, 9, hour, tzinfo=ZONE) for hour in (9, 12))
    line = (
        "INSERT INTO invoice_line (invoice_id, line, kind, verdict, centre_id, resource_id, starts_at, ends_at, quantity, "
        "unit, hours, per_hour, net, evidence) VALUES (1, %s, %s, %s, 1, %s, %s, %s, 1, %s, %s, %s, %s, %s)"
    )
    connection.execute(line, (4, "pass", first, 1, starts, ends, "day", 8, _PASS, _PASS, Jsonb(evidence)))
    connection.execute(line, (5, "beyond_pass", None, None, None, None, "hour", 1, _BEYOND, _BEYOND, None))
    for number, (verdict, resource_id, begin, end, evidence) in enumerate(visits, 1):
        period = [datetime(2026, 10, 9, hour, tzinfo=ZONE) for hour in (begin, end)]
        seconds = [evidence[f"{state}_s"] for state in ("booked", "occupied", "vacant", "unknown", "over")]
        connection.execute(
            "INSERT INTO invoice_proof (invoice_id, line, proof, verdict, resource_id, starts_at, ends_at, booked_s, "
            "occupied_s, vacant_s, unknown_s, over_s, hours, evidence) "
            "VALUES (1, 4, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (number, verdict, resource_id, *period, *seconds, end - begin, Jsonb(evidence)),
        )


def _evidence(
    verdict: str, desk: int, day: date, booked: int, occupied: int, vacant: int, unknown: int, hour: int = 9
) -> dict[str, object]:
    """A visit as billing writes it in the snapshot: occupied, then unknown, then vacant from `hour` local time.

    Durations are in minutes.
    """
    at = datetime.combine(day, time(hour), ZONE).astimezone(UTC)
    start, spans = at, []
    for state, minutes in (("occupied", occupied), ("unknown", unknown), ("vacant", vacant)):
        if minutes:
            end = at + timedelta(minutes=minutes)
            spans.append({"start": at.isoformat(), "end": end.isoformat(), "state": state, "suspect": False})
            at = end
    centre = "Mons" if desk <= 4 else "Namur"
    return {
        "verdict": verdict,
        "basis": "no_show" if verdict == "no_show" else "booked",
        "centre": centre.lower(),
        "centre_name": centre,
        "timezone": ZONE.key,
        "resource": f"d-{desk:02}",
        "resource_name": f"Desk {desk}",
        "kind": "desk",
        "member": "M-0001",
        "day": day.isoformat(),
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=booked)).isoformat(),
        "hours": f"{booked / 60:.4f}",
        "doubtful": unknown > 0,
        "booked_s": 60 * booked,
        "occupied_s": 60 * occupied,
        "vacant_s": 60 * vacant,
        "unknown_s": 60 * unknown,
        "over_s": 0,
        "coverage": f"{1 - unknown / booked:.3f}",
        "spans": spans,
        "batches": [{"edge": "edge-mons", "epoch": "a1b2c3d4e5f6", "first": 1, "last": 200}],
        "booking": f"B-{day.day}",
        "check_in": None,
        "check_in_method": None,
    }
