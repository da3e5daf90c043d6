from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from smartwork.contracts.messages import BATCH_LIMIT, LATEST_MS, Batch, Confirmation, LedgerReport, LedgerReportDay
from smartwork.contracts.metrics import RANGES, Metric
from smartwork.contracts.policy import DeviceEntry, Policy, Profile

GOOD: dict[str, Any] = {
    "epoch": "0123456789ab",
    "first": 1,
    "day": "2026-10-05",
    "devices": ["desk-01"],
    "at_ms": [0, 1],
    "device": [0, 0],
    "metric": [1, 1],
    "value": [1.0, 0.0],
}


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    names = draw(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), min_size=1, max_size=5, unique=True))
    n = draw(st.integers(1, 30))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=n, max_size=n))

    return Batch(
        epoch="0123456789ab",
        first=draw(st.integers(1, 2**62 - 30)),
        day="2026-10-05",
        devices=names,
        at_ms=column(st.integers(0, LATEST_MS)),
        device=column(st.integers(0, len(names) - 1)),
        metric=column(st.integers(0, 32_767)),
        value=column(st.floats(allow_nan=False, allow_infinity=False)),
    )


@given(batches())
def test_a_batch_is_the_same_after_the_wire_to_the_last_bit_and_byte(batch: Batch) -> None:
    payload = batch.model_dump_json().encode()
    again = Batch.model_validate_json(payload)
    assert again == batch
    assert again.model_dump_json().encode() == payload


@given(batches())
def test_a_batch_is_a_run_of_as_many_numbers_as_it_has_readings(batch: Batch) -> None:
    assert batch.last - batch.first + 1 == len(batch.at_ms) == len(batch.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"at_ms": []},
        {"at_ms": [0]},
        {"device": [0]},
        {"metric": [1, 1, 1]},
        {"value": [1.0]},
        {"device": [0, 1]},
        {"device": [-1, 0]},
        {"devices": []},
        {"devices": ["Desk 1"]},
        {"devices": ["desk-01\n"]},
        {"at_ms": [0, -1]},
        {"at_ms": [0, LATEST_MS + 1]},
        {"at_ms": [0, 10**30]},
        {"at_ms": [0, 1.5]},
        {"at_ms": ["0", "1"]},
        {"metric": [1, -1]},
        {"metric": [1, 32_768]},
        {"value": [1.0, float("nan")]},
        {"value": [1.0, float("inf")]},
        {"value": [1.0, None]},
        {"value": [True, False]},
        {"first": 0},
        {"first": 2**62 + 1},
        {"first": 2**62},
        {"epoch": "0123456789AB"},
        {"epoch": "0123456789ab0"},
        {"day": "2026-02-30"},
        {"day": "2026-2-3"},
        {"day": "20٢٦-١٠-٠٥"},
        {"day": "2026-10-05\n"},
        {"v": 2},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_batch_with_this_fault_does_not_exist(wrong: dict[str, object]) -> None:
    Batch(**GOOD)
    with pytest.raises(ValidationError):
        Batch(**(GOOD | wrong))


def test_a_batch_has_an_upper_limit() -> None:
    n = BATCH_LIMIT
    full: dict[str, Any] = GOOD | {"at_ms": [0] * n, "device": [0] * n, "metric": [1] * n, "value": [0.0] * n}
    assert Batch(**full).last == n
    longer = {name: [*full[name], full[name][0]] for name in ("at_ms", "device", "metric", "value")}
    with pytest.raises(ValidationError):
        Batch(**(full | longer))


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Batch(**GOOD).first = 2  # type: ignore[misc]


@pytest.mark.parametrize("day", ["2026-02-30", "1999-12-31", "yesterday"])
def test_a_ledger_report_names_days_that_exist(day: str) -> None:
    with pytest.raises(ValidationError):
        LedgerReport(epoch="0123456789ab", reported_ms=0, last=1, days=[LedgerReportDay(day=day, numbered=1, in_outbox=0)])


@pytest.mark.parametrize("runs", [[], [(0, 1)], [(1, 2**62 + 1)], [(10**30, 10**30)], [(1,)], [(1, 2, 3)]], ids=str)
def test_a_confirmation_names_numbers_that_an_outbox_can_hold(runs: list[Any]) -> None:
    with pytest.raises(ValidationError):
        Confirmation(epoch="0123456789ab", runs=runs)


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Atlantis", "../etc/passwd", "/etc/passwd", "x" * 5_000, "a\x00"])
def test_a_policy_without_a_real_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="no IANA zone"):
        Policy(version=1, timezone=zone, devices=[])


@pytest.mark.parametrize("address", ["", "zigbee2mqtt/#", "zigbee2mqtt/+/desk", "a\x00b", "x" * 201])
def test_a_device_address_is_one_topic(address: str) -> None:
    with pytest.raises(ValidationError):
        DeviceEntry(device="desk-01", profile=Profile.ZIGBEE2MQTT, address=address, interval_s=60)


def test_every_metric_has_a_range() -> None:
    assert set(RANGES) == set(Metric)
    assert all(found.low < found.high for found in RANGES.values())


def test_the_codes_on_the_wire_keep_their_meaning() -> None:
    assert {metric.value: metric.label for metric in Metric} == {
        1: "presence",
        2: "occupant_count",
        3: "illuminance_lux",
        4: "co2_ppm",
        5: "temperature_c",
        6: "humidity_pct",
        7: "light_on",
        8: "light_level",
        9: "power_w",
        10: "energy_wh",
        11: "battery_pct",
        12: "link_quality",
        13: "online",
    }
