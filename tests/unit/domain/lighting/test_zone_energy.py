"""Lighting energy of a zone: it covers the time that was metered and passed, and states how much that is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.lighting.energy import MeterReading
from smartwork.domain.lighting.zone_energy import Meter, ZoneEnergy, zone_energy, zone_metered
from smartwork.domain.presence.spans import Span, clip_at
from smartwork.domain.time import Interval

START = datetime(2026, 11, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Interval(START, START + 24 * HOUR)
OPEN = Interval(START + 8 * HOUR, START + 18 * HOUR)
RATED_W = 500.0
VACANT = [[Span(DAY.start, DAY.end, "vacant")]]
EARLIER = START - timedelta(days=90)


def counting(first: float, last: float, *, watts: float = 100, start: float = 0, since: datetime = EARLIER) -> Meter:
    """A meter that reports every quarter of an hour from hour `first` to hour `last`, from `start` Wh on."""
    quarters = range(round(4 * first), round(4 * last) + 1)
    return Meter(since, [(START + i * HOUR / 4, start + watts * (i / 4 - first)) for i in quarters])


def figures(*meters: Meter, watched: Sequence[Sequence[Span]] = VACANT, day: Interval = DAY) -> ZoneEnergy:
    return zone_energy(meters, watched, day, zone_metered(meters, day), (RATED_W, OPEN))


def test_a_day_that_was_metered_throughout_has_the_whole_baseline() -> None:
    zone = figures(counting(-1, 25))
    assert (zone.use.used_wh, zone.baseline_wh) == pytest.approx((2_400, 5_000))
    assert (zone.metered_s, zone.elapsed_s) == (86_400, 86_400)


def test_a_day_without_a_meter_saves_nothing() -> None:
    for meters in ([Meter(EARLIER, [])], [Meter(EARLIER, [(START + 9 * HOUR, 7.0)])], [counting(26, 30)]):
        zone = figures(*meters)
        assert (zone.use.used_wh, zone.baseline_wh, zone.metered_s, zone.elapsed_s) == (0, 0, 0, 86_400)


def test_time_before_the_first_and_after_the_last_reading_is_in_no_figure() -> None:
    zone = figures(counting(10, 13))
    assert (zone.use.used_wh, zone.baseline_wh, zone.metered_s) == pytest.approx((300, 1_500, 3 * 3600))


def test_a_meter_counts_on_while_it_is_silent() -> None:
    zone = figures(Meter(EARLIER, [(START - HOUR, 0.0), (START + 12 * HOUR, 1_300.0), (START + 30 * HOUR, 3_100.0)]))
    assert (zone.use.used_wh, zone.metered_s) == pytest.approx((2_400, 86_400))


def test_a_silence_of_more_than_a_day_is_not_metered() -> None:
    before, after = counting(-30, 10), counting(35, 40, start=9_000)
    zone = figures(Meter(EARLIER, [*before.readings, *after.readings]))
    assert (zone.use.used_wh, zone.baseline_wh, zone.metered_s) == pytest.approx((1_000, RATED_W * 2, 10 * 3600))


def test_a_silence_in_which_the_counter_was_reset_is_not_metered() -> None:
    before, after = counting(-1, 9, start=50_000), counting(15, 25)
    zone = figures(Meter(EARLIER, [*before.readings, *after.readings]))
    assert (zone.use.used_wh, zone.baseline_wh) == pytest.approx((900 + 900, RATED_W * (1 + 3)))
    assert zone.metered_s == 18 * 3600


def test_a_reset_between_two_readings_of_a_working_meter_is_metered() -> None:
    readings: list[MeterReading] = [(START - HOUR, 0.0), (START + 12 * HOUR, 900.0), (START + 12.25 * HOUR, 20.0)]
    assert figures(Meter(EARLIER, [*readings, (START + 25 * HOUR, 300.0)])).metered_s == 86_400


def test_a_zone_with_two_meters_is_metered_while_both_are() -> None:
    zone = figures(counting(-1, 25), counting(-1, 12, watts=50))
    assert (zone.use.used_wh, zone.baseline_wh, zone.metered_s) == pytest.approx((1_800, RATED_W * 4, 12 * 3600))
    silent = figures(counting(-1, 25), Meter(EARLIER, []))
    assert (silent.use.used_wh, silent.baseline_wh, silent.metered_s) == (0, 0, 0)


def test_a_meter_that_was_replaced_takes_nothing_from_the_time_after() -> None:
    noon = START + 12 * HOUR
    zone = figures(replace(counting(-1, 12), retired_at=noon), counting(12, 25, since=noon))
    assert (zone.use.used_wh, zone.metered_s) == pytest.approx((2_400, 86_400))


def test_a_meter_that_was_added_later_takes_nothing_from_the_time_before() -> None:
    noon = START + 12 * HOUR
    zone = figures(counting(-1, 25), counting(12, 25, watts=50, since=noon))
    assert (zone.use.used_wh, zone.metered_s) == pytest.approx((2_400 + 600, 86_400))
    assert figures(counting(-1, 25), Meter(DAY.end + HOUR, [])).metered_s == 86_400


readings = st.lists(st.tuples(st.integers(-8, 120), st.floats(0, 500)), min_size=0, max_size=30)


@given(st.lists(readings, min_size=1, max_size=2), st.integers(1, 96), st.lists(st.booleans(), min_size=1, max_size=24))
def test_figures_at_a_time_are_those_of_data_that_end_then(
    drawn: list[list[tuple[int, float]]], quarter: int, presence: list[bool]
) -> None:
    now = START + quarter * HOUR / 4
    meters = []
    for steps in drawn:
        total, counter = 0.0, []
        for at, wh in sorted(steps):
            total = wh if wh > 450 else total + wh  # the counter is reset now and then
            counter.append((START + at * HOUR / 4, total))
        meters.append(Meter(EARLIER, counter))
    spans = [[Span(START + i * HOUR, START + (i + 1) * HOUR, "occupied" if p else "vacant") for i, p in enumerate(presence)]]
    past = DAY.before(now) or DAY
    cut = [Meter(EARLIER, [reading for reading in meter.readings if reading[0] <= now]) for meter in meters]
    at_now = figures(*(meter.up_to(now) for meter in meters), watched=spans, day=past)
    assert at_now == figures(*cut, watched=[clip_at(spans[0], now)], day=past)
    assert at_now.elapsed_s == quarter * 900
    assert 0 <= at_now.metered_s <= at_now.elapsed_s
    assert at_now.baseline_wh <= RATED_W * at_now.metered_s / 3600 + 1e-6
