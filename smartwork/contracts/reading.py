"""The canonical reading: what every dialect is translated into at the edge."""

from typing import NamedTuple

from smartwork.contracts.metrics import Metric


class Reading(NamedTuple):
    """One measured value at one instant; `value` is in the metric's unit, true is 1 and false 0.

    `by_arrival`: the device told no believable time, so the instant is that of its message's arrival at the edge.
    """

    at_ms: int
    device: str
    metric: Metric
    value: float
    by_arrival: bool = False
