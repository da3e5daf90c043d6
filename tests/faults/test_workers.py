"""Workers are equal: however many there are, and whichever dies, the database ends the same."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from time import sleep

import pytest

from tests.support.life import first_days, speaking
from tests.support.rig import rig

pytestmark = [pytest.mark.faults, pytest.mark.services]
CENTRES = ("arlon", "tournai", "verviers")
SESSION_S = 5
"""How long the broker keeps a dead worker's share for it; then the edges' resends reach those that live."""


@pytest.mark.parametrize("many", [1, 2, 4])
def test_the_database_ends_the_same_with_any_number_of_workers(
    many: int, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    days = first_days(CENTRES, 2)
    with rig(tmp_path, days, workers=many) as chain:
        with speaking(chain.centre_broker.url, days.said, a_second=10_000):
            pass
        took = chain.wait_until_level()
        chain.prove()
    tell(f"level {took:.1f} s after the last word")


@pytest.mark.parametrize("many", [2, 4])
def test_a_worker_that_dies_for_good_takes_nothing_with_it(
    many: int, tmp_path: Path, chance: Random, tell: Callable[[str], None]
) -> None:
    days = first_days(CENTRES, 2)
    with rig(tmp_path, days, workers=many, session_s=SESSION_S) as chain:
        with speaking(chain.centre_broker.url, days.said, a_second=len(days.said) / 8):
            sleep(chance.uniform(2, 5))
            chance.choice(chain.workers).kill()
        took = chain.wait_until_level()
        chain.prove()
    tell(f"level {took:.1f} s after the last word")
