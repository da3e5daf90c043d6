"""Readings of a gateway whose clock was ahead are kept as rejected, and can be stored under their true times."""

from datetime import timedelta

import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.ingest.store import IngestStore
from smartwork.db.ledger.ledger import ledger
from smartwork.db.ledger.recovery import recover_readings
from smartwork.db.network_setup import install
from smartwork.errors import InputError
from tests.support.factory import NOON, TODAY, batch, portion_of, presence, small_network

pytestmark = pytest.mark.services
DAY = timedelta(days=1)


def test_readings_of_a_clock_that_was_a_day_ahead_are_stored_under_their_true_times(connection: Connection) -> None:
    install(connection, small_network())
    store = IngestStore(connection)
    true = presence("s-1", NOON - timedelta(minutes=30), [True, False] * 5)
    ahead = [(at + DAY, *rest) for at, *rest in true]
    outcome = store.commit(portion_of(batch(1, ahead, day=TODAY + DAY)), NOON)  # type: ignore[arg-type]
    assert (outcome.readings, outcome.rejected) == (0, 10)
    since, until = NOON - DAY, NOON + DAY
    with pytest.raises(InputError, match="has not come yet"):
        recover_readings(connection, "mons", since, until, timedelta(hours=-1), NOON)
    assert recover_readings(connection, "namur", since, until, -DAY, NOON).count == 0
    assert recover_readings(connection, "mons", since, until, -DAY, NOON).count == 10
    rows = connection.execute(
        "SELECT at, slug, metric, value FROM reading JOIN device USING (device_id) ORDER BY n"
    ).fetchall()
    assert rows == true
    [day] = ledger(connection)["mons"]
    assert (day.stored, day.rejected, day.missing) == (10, 0, 0)
    assert connection.execute("SELECT count(*) FROM rejected").fetchone() == (0,)
    assert connection.execute("SELECT since FROM span_queue").fetchall() == [(true[0][0],)]
    assert recover_readings(connection, "mons", since, until, -DAY, NOON).count == 0
