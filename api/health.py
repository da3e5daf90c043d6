"""The health check: whether the database answers."""

import asyncio

from anyio import CapacityLimiter, to_thread

from smartwork.db.core.pool import DatabasePool

_REUSE_S = 1.0


class Health:
    """Asks the database at most once a second, in a thread of its own: many checks, or requests that fill the other threads,
    delay no check.
    """

    def __init__(self, pool: DatabasePool) -> None:
        self._pool, self._limiter, self._answered_at = pool, CapacityLimiter(1), -_REUSE_S

    async def check(self) -> None:
        """Return if the database answers. Raises ServiceUnavailable if it does not."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._answered_at >= _REUSE_S:
            await to_thread.run_sync(self._ask, limiter=self._limiter)
            self._answered_at = loop.time()

    def _ask(self) -> None:
        with self._pool.connection():
            pass
