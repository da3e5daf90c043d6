"""Pauses between attempts that grow, and differ between programs that lost the same server at the same moment."""

from collections.abc import Callable
from secrets import SystemRandom

_LEAST_SHARE = 0.1
_RANDOM = SystemRandom()


class Backoff:
    """The pauses of a series of attempts: each a random share, 10 to 100 %, of a limit that doubles up to `longest_s`."""

    def __init__(self, first_s: float, longest_s: float, random: Callable[[], float] = _RANDOM.random) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._random = random
        self._limit_s = first_s

    def next_pause(self) -> float:
        """The next pause in seconds; the limit of the one after it is twice as long."""
        limit_s, self._limit_s = self._limit_s, min(self._longest_s, 2 * self._limit_s)
        return limit_s * (_LEAST_SHARE + (1 - _LEAST_SHARE) * self._random())

    def reset(self) -> None:
        """Start again with the first limit, after a success."""
        self._limit_s = self._first_s
