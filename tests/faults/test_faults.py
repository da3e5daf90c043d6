"""Kills, a cut network and an empty broker under steady load from several edges: nothing is lost, no invoice changes."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from tests.support.device_days import first_days, publishing_devices
from tests.support.program import eventually
from tests.support.running_chain import VICTIMS, running_chain

pytestmark = [pytest.mark.faults, pytest.mark.services]
CENTRES = ("arlon", "tournai", "verviers")
PrintFigure = Callable[[str], None]


def test_twenty_kills_at_random_moments(tmp_path: Path, rng: Random, print_figure: PrintFigure) -> None:
    days = first_days(CENTRES, 6)
    victims = rng.sample(VICTIMS * 5, 20)
    with running_chain(tmp_path, days) as chain:
        began = monotonic()
        with publishing_devices(chain.centre_broker.url, days.messages, per_second=len(days.messages) / 90):
            for victim in victims:
                sleep(rng.uniform(0.2, 3.0))
                chain.kill(victim, rng)
            killing_s = monotonic() - began
        took = chain.wait_until_complete()
        chain.assert_complete()
    print_figure(
        f"{len(days.messages)} messages of {len(CENTRES)} centres, 20 kills in {killing_s:.0f} s ({' '.join(victims)}); "
        f"complete {took:.1f} s after the last message"
    )


def test_a_day_without_the_network_is_replayed_whole(tmp_path: Path, print_figure: PrintFigure) -> None:
    days = first_days(CENTRES, 3)
    third = len(days.messages) // 3
    with running_chain(tmp_path, days) as chain:
        url = chain.centre_broker.url
        with publishing_devices(url, days.messages[:third], per_second=1_000):
            sleep(2)
            chain.proxy.cut()
        with publishing_devices(url, days.messages[third : 2 * third], per_second=10_000):
            pass
        eventually(lambda: chain.numbered() >= chain.translated(2 * third), timeout_s=60)
        unconfirmed = chain.unconfirmed()
        assert unconfirmed > 0
        sleep(1)
        stored = chain.stored()
        assert stored < chain.translated(third)
        began = monotonic()
        chain.proxy.restore()
        with publishing_devices(url, days.messages[2 * third :], per_second=1_000):
            eventually(lambda: chain.stored() >= chain.translated(2 * third), timeout_s=60)
            replayed_s = monotonic() - began
        chain.wait_until_complete()
        chain.assert_complete()
    print_figure(f"{unconfirmed} batches were unconfirmed; stored {replayed_s:.1f} s after the connection was restored")


def test_the_database_away_for_a_minute_costs_only_time(tmp_path: Path, print_figure: PrintFigure) -> None:
    days = first_days(CENTRES, 3)
    with running_chain(tmp_path, days) as chain:
        with publishing_devices(chain.centre_broker.url, days.messages, per_second=len(days.messages) / 70):
            sleep(3)
            chain.servers.postgres.stop()
            sleep(60)
            chain.servers.postgres.start()
        took = chain.wait_until_complete()
        chain.assert_complete()
    print_figure(f"complete {took:.1f} s after the last message, sent seconds after the database's return")


def test_a_broker_that_lost_everything_costs_only_time(tmp_path: Path, print_figure: PrintFigure) -> None:
    days = first_days(CENTRES, 1)
    with running_chain(tmp_path, days) as chain:
        (worker,) = chain.workers
        worker.kill()
        with publishing_devices(chain.centre_broker.url, days.messages, per_second=10_000):
            pass
        eventually(lambda: chain.numbered() >= chain.translated(len(days.messages)), timeout_s=60)
        sleep(1)
        assert chain.stored() == 0
        chain.wipe_broker()
        worker.start()
        took = chain.wait_until_complete()
        chain.assert_complete()
    print_figure(f"all {len(days.messages)} messages were at a broker that lost them; complete after {took:.1f} s")
