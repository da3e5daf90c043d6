"""Under steady load from several edges everything is killed, cut and emptied: nothing is lost, no invoice changes."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from tests.support.life import first_days, speaking
from tests.support.program import eventually
from tests.support.rig import VICTIMS, rig

pytestmark = [pytest.mark.faults, pytest.mark.services]
CENTRES = ("arlon", "tournai", "verviers")
Tell = Callable[[str], None]


def test_twenty_kills_at_random_moments(tmp_path: Path, chance: Random, tell: Tell) -> None:
    days = first_days(CENTRES, 6)
    victims = chance.sample(VICTIMS * 5, 20)
    with rig(tmp_path, days) as chain:
        began = monotonic()
        with speaking(chain.centre_broker.url, days.said, a_second=len(days.said) / 90):
            for victim in victims:
                sleep(chance.uniform(0.2, 3.0))
                chain.kill(victim, chance)
            killing_s = monotonic() - began
        took = chain.wait_until_level()
        chain.prove()
    tell(
        f"{len(days.said)} messages of {len(CENTRES)} centres, 20 kills in {killing_s:.0f} s ({' '.join(victims)}); "
        f"level {took:.1f} s after the last word"
    )


def test_a_day_without_the_network_is_replayed_whole(tmp_path: Path, tell: Tell) -> None:
    days = first_days(CENTRES, 3)
    third = len(days.said) // 3
    with rig(tmp_path, days) as chain:
        url = chain.centre_broker.url
        with speaking(url, days.said[:third], a_second=1_000):
            sleep(2)
            chain.proxy.cut()
        with speaking(url, days.said[third : 2 * third], a_second=10_000):
            pass
        eventually(lambda: chain.numbered() >= chain.understood(2 * third), timeout_s=60)
        waiting = chain.waiting()
        assert waiting > 0
        sleep(1)
        stored = chain.stored()
        assert stored < chain.understood(third)
        began = monotonic()
        chain.proxy.restore()
        with speaking(url, days.said[2 * third :], a_second=1_000):
            eventually(lambda: chain.stored() >= chain.understood(2 * third), timeout_s=60)
            replayed_s = monotonic() - began
        chain.wait_until_level()
        chain.prove()
    tell(f"{waiting} batches waited; stored {replayed_s:.1f} s after the connection was restored, devices speaking on")


def test_the_database_away_for_a_minute_costs_only_time(tmp_path: Path, tell: Tell) -> None:
    days = first_days(CENTRES, 3)
    with rig(tmp_path, days) as chain:
        with speaking(chain.centre_broker.url, days.said, a_second=len(days.said) / 70):
            sleep(3)
            chain.servers.postgres.stop()
            sleep(60)
            chain.servers.postgres.start()
        took = chain.wait_until_level()
        chain.prove()
    tell(f"level {took:.1f} s after the last word, which came seconds after the database's return")


def test_a_broker_that_forgot_everything_costs_only_time(tmp_path: Path, tell: Tell) -> None:
    days = first_days(CENTRES, 1)
    with rig(tmp_path, days) as chain:
        (worker,) = chain.workers
        worker.kill()
        with speaking(chain.centre_broker.url, days.said, a_second=10_000):
            pass
        eventually(lambda: chain.numbered() >= chain.understood(len(days.said)), timeout_s=60)
        sleep(1)
        assert chain.stored() == 0
        chain.empty_the_broker()
        worker.start()
        took = chain.wait_until_level()
        chain.prove()
    tell(f"all {len(days.said)} messages were with a broker that forgot them; level after {took:.1f} s")
