"""The reading into which the edge translates every device message."""

from typing import NamedTuple

from smartwork.contracts.metrics import Metric


class Reading(NamedTuple):
    """One measured value at one instant. `value` is in the metric's unit; true is 1, false is 0.

    `by_arrival`: the message had no usable time, so `at_ms` is its time of arrival at the edge.
    """

    at_ms: int
    device: str
    metric: Metric
    value: float
    by_arrival: bool = False
