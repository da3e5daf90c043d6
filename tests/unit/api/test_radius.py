"""Accounting messages as FreeRADIUS 3.2.1 posts them, and as other clients may."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.radius import Accounting, UnreadableTime, parse_event_time

ARRIVED = datetime(2026, 10, 5, 12, tzinfo=UTC)
BRUSSELS = "Europe/Brussels"

POSTED: dict[str, dict[str, Any]] = {
    "User-Name": {"type": "string", "value": ["m-1"]},
    "NAS-Port": {"type": "integer", "value": [5]},
    "Framed-IP-Address": {"type": "ipaddr", "value": ["10.0.0.7"]},
    "Class": {"type": "octets", "value": ["0x0102", "0x03"]},
    "Called-Station-Id": {"type": "string", "value": ["00-11-22-33-44-55:Smartwork"]},
    "NAS-Identifier": {"type": "string", "value": ["mons"]},
    "Acct-Status-Type": {"type": "integer", "value": ["Start"]},
    "Acct-Delay-Time": {"type": "integer", "value": [3]},
    "Acct-Session-Id": {"type": "string", "value": ["s-1"]},
    "Acct-Multi-Session-Id": {"type": "string", "value": ['x"y']},
    "Event-Timestamp": {"type": "date", "value": ["Oct  5 2026 09:00:00 UTC"]},
    "Framed-IPv6-Prefix": {"type": "ipv6prefix", "value": ["2001:db8::/64"]},
}
"""A message that FreeRADIUS 3.2.1 posted with `body = 'json'`."""


def message(**changed: Any) -> Accounting:
    """The posted message with some attributes replaced; None removes one. `__` stands for a hyphen in a name."""
    merged = {**POSTED, **{name.replace("__", "-"): value for name, value in changed.items()}}
    return Accounting.model_validate({name: value for name, value in merged.items() if value is not None})


def test_a_message_as_freeradius_posts_it_is_read() -> None:
    read = message()
    assert (read.status, read.session, read.users, read.centre(["mons", "namur"])) == ("Start", "s-1", ["m-1"], "mons")
    assert read.event_at(BRUSSELS, ARRIVED) == datetime(2026, 10, 5, 9, tzinfo=UTC)
    assert read.is_rlm_rest
    assert not Accounting.model_validate({"Acct-Status-Type": "Start", "User-Name": "m-1"}).is_rlm_rest


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("Start", "Start"), (1, "Start"), ("1", "Start"), (["Stop"], "Stop"), ([2], "Stop"), ("Alive", "Interim-Update"),
        (["Interim-Update"], "Interim-Update"), ("3", "Interim-Update"), (["Accounting-On"], "Accounting-On"),
        ([8], "Accounting-Off"), (["Failed"], "other"), (["77"], "other"), ("Tunnel-Start", "other"),
    ],
)  # fmt: skip
def test_a_status_is_read_by_name_and_by_number(status: object, read: str) -> None:
    value = {"type": "integer", "value": status} if isinstance(status, list) else status
    assert message(Acct__Status__Type=value).status == read


def test_lists_of_plain_values_are_read_too() -> None:
    read = Accounting.model_validate({name: value["value"] for name, value in POSTED.items()})
    assert (read.status, read.users, read.is_rlm_rest) == ("Start", ["m-1"], True)


@pytest.mark.parametrize("value", [60, "60", 60.0, [60], ["60"]])
def test_a_number_may_be_written_as_text(value: object) -> None:
    wrapped = {"type": "integer", "value": value} if isinstance(value, list) else value
    assert message(Acct__Session__Time=wrapped).session_s == 60


@pytest.mark.parametrize(
    "value", [{}, [], {"type": "string"}, {"value": []}, {"value": [True]}, {"value": [{}]}, {"value": [None]}]
)
def test_an_attribute_without_a_value_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        message(User__Name=value)
    assert caught.value.errors()[0]["loc"] == ("User-Name",)


@pytest.mark.parametrize(
    ("nas", "called", "centre"),
    [
        ("mons", None, "mons"),
        ("MONS", None, "mons"),
        ("ap-17", "00-11-22-33-44-55:namur", "namur"),
        (None, "00:11:22:33:44:55:mons", "mons"),
        (None, "mons", "mons"),
        ("ap-17", "00-11-22-33-44-55:Smartwork", None),
        (None, None, None),
    ],
)
def test_the_centre_is_that_of_the_nas_identifier_or_of_the_called_station(
    nas: str | None, called: str | None, centre: str | None
) -> None:
    assert message(NAS__Identifier=nas, Called__Station__Id=called).centre(["mons", "namur"]) == centre


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Oct  5 2026 11:00:00 CEST", "2026-10-05T09:00+00:00"),
        ("Oct 25 2026 02:30:00 CEST", "2026-10-25T00:30+00:00"),
        ("Oct 25 2026 02:30:00 CET", "2026-10-25T01:30+00:00"),
        ("Oct  5 2026 12:00:00 EEST", "2026-10-05T09:00+00:00"),
        ("Oct  5 2026 12:00:00 +03", "2026-10-05T09:00+00:00"),
        ("Feb 29 2028 00:00:00 GMT", "2028-02-29T00:00+00:00"),
        (1791190800, "2026-10-05T09:00+00:00"),
        ("1791190800", "2026-10-05T09:00+00:00"),
        ("2026-10-05T11:00:00+02:00", "2026-10-05T09:00+00:00"),
        ("2026-10-05T09:00:00Z", "2026-10-05T09:00+00:00"),
    ],
)
def test_every_form_of_an_event_timestamp_is_one_instant(written: str | int, at: str) -> None:
    assert parse_event_time(written, BRUSSELS) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    "written", ["yesterday", "2026-10-05T09:00:00", "Foo  5 2026 09:00:00 UTC", "Oct 32 2026 09:00:00 UTC"]
)
def test_a_text_that_is_no_time_is_refused_with_what_is_expected(written: str) -> None:
    with pytest.raises(UnreadableTime, match="expected seconds since 1970"):
        parse_event_time(written, BRUSSELS)


def test_a_zone_that_is_not_known_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableTime, match=r"XYZ.*TZ=UTC"):
        parse_event_time("Oct  5 2026 09:00:00 XYZ", BRUSSELS)


def test_without_a_plausible_time_of_the_event_there_is_the_arrival() -> None:
    assert message(Event__Timestamp=None).event_at(BRUSSELS, ARRIVED) == ARRIVED - timedelta(seconds=3)
    for clock in ("Jan  1 1970 00:05:00 UTC", "Jan  1 2036 00:00:00 UTC", 99_999_999_999):
        assert message(Event__Timestamp=clock).event_at(BRUSSELS, ARRIVED) is None


@given(st.integers(946_900_000, 4_102_000_000), st.sampled_from([BRUSSELS, "UTC"]))
def test_a_printed_time_is_read_back_also_when_the_clocks_change(seconds: int, server_zone: str) -> None:
    local = datetime.fromtimestamp(seconds, ZoneInfo(server_zone))
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    printed = f"{months[local.month - 1]} {local.day:2} {local.year} {local:%H:%M:%S} {local.tzname()}"
    assert parse_event_time(printed, BRUSSELS) == local.astimezone(UTC)


@given(st.text(max_size=60) | st.floats(allow_nan=False) | st.integers())
def test_any_event_timestamp_is_an_instant_or_refused(written: str | float) -> None:
    with suppress(UnreadableTime):
        at = parse_event_time(written, BRUSSELS)
        assert at is None or at.utcoffset() == timedelta(0)
