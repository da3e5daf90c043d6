"""Figures are written the same way on every page."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard import format as write


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (write.whole(1_234_567), "1\u202f234\u202f567"),
        (write.whole(None), "–"),
        (write.percent(0.555), "56\u202f%"),
        (write.percent(-0.1), "−10\u202f%"),
        (write.kwh(22_500, 1), "22.5\u202fkWh"),
        (write.money(Decimal("-1234.5")), "−€1\u202f234.50"),
        (write.day(date(2026, 10, 5)), "Mon 5 Oct 2026"),
        (write.minutes(185), "3 h 05 min"),
        (write.minutes(59.6), "1 h"),
        (write.ago(timedelta(seconds=-3)), "0 s ago"),
        (write.ago(timedelta(hours=30)), "30 h ago"),
        (write.structured("090933755493"), "+++090/9337/55493+++"),
        (write.structured("RF18"), "RF18"),
    ],
)
def test_a_figure_is_written_as_stated(written: str, expected: str) -> None:
    assert written == expected


def test_an_instant_is_written_in_local_time_on_both_sides_of_the_change_of_clocks() -> None:
    before, after = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert (write.clock(before), write.clock(after)) == ("02:30", "02:30")
