"""An outbox is restored or cloned: every reading that a device sent is stored, or shown missing with its numbers."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from time import sleep

import pytest

from tests.support.copied_gateways import CopiedGateways, copied_gateways
from tests.support.program import eventually

pytestmark = [pytest.mark.faults, pytest.mark.services]
PrintFigure = Callable[[str], None]
READY = "is in force"


def start_both_on_copies(running: CopiedGateways, rng: Random) -> None:
    """The first gateway has run; the second starts with a copy of its outbox while the first runs on."""
    first, second = running.gateways
    first.start()
    first.program.wait_for_log(READY, 30)
    first.send(rng.randrange(10, 80))
    first.stop()
    first.save(second.folder)
    first.start()
    second.start()


@pytest.mark.parametrize("whole", [True, False])
def test_an_older_copy_put_back_again_and_again_loses_nothing(
    tmp_path: Path, rng: Random, print_figure: PrintFigure, whole: bool
) -> None:
    with copied_gateways(tmp_path) as running:
        gateway = running.gateways[0]
        gateway.start()
        gateway.program.wait_for_log(READY, 30)
        for _ in range(4):
            gateway.send(rng.randrange(1, 120))
            gateway.stop()
            gateway.save(tmp_path / "copy")
            gateway.start()
            gateway.send(rng.randrange(1, 200))
            running.wait_stored(running.sent)
            gateway.stop()
            gateway.put_back(tmp_path / "copy", whole=whole)
            gateway.start()
            gateway.send(rng.randrange(1, 160))
        running.wait_stored(running.sent)
        gateway.wait_empty()
        assert running.assert_accounted_for() == 0
        print_figure(f"{len(running.sent)} readings, 4 copies put back")


def test_two_gateways_on_copies_of_one_outbox_lose_nothing(tmp_path: Path, rng: Random, print_figure: PrintFigure) -> None:
    """The second one is refused and alarmed; it sends what it has kept once the first has stopped."""
    with copied_gateways(tmp_path) as running:
        first, second = running.gateways
        start_both_on_copies(running, rng)
        for _ in range(10):
            rng.choice(running.gateways).send(rng.randrange(1, 60))
        second.program.wait_for_log("another gateway of this name", 60)
        eventually(lambda: "two_gateways" in running.alarms(), lambda: str(running.alarms()))
        first.wait_empty()
        kept = len(set(running.sent) - set(running.stored()))
        assert running.total().missing == 0
        first.stop()
        running.wait_stored(running.sent, timeout_s=150)
        second.wait_empty()
        assert running.assert_accounted_for() == 0
        print_figure(f"{len(running.sent)} readings, {kept} kept by the second gateway until the first had stopped")


def test_copies_with_different_contents_that_were_never_sent_lose_nothing(
    tmp_path: Path, rng: Random, print_figure: PrintFigure
) -> None:
    """Both gateways number different readings while their networks are away, and come back one after the other."""
    with copied_gateways(tmp_path) as running:
        start_both_on_copies(running, rng)
        for gateway in running.gateways:
            gateway.network.cut()
        for _ in range(10):
            rng.choice(running.gateways).send(rng.randrange(1, 120))
        order = rng.sample(list(running.gateways), 2)
        for gateway in order:
            if rng.random() < 0.5:
                gateway.stop()
                gateway.start()
            gateway.network.restore()
            gateway.send(rng.randrange(1, 30))
            gateway.wait_empty()
            gateway.stop()
        running.wait_stored(running.sent)
        assert running.assert_accounted_for() == 0
        print_figure(f"{len(running.sent)} readings in two outboxes")


def test_a_copy_put_back_while_the_network_is_away_loses_nothing_that_it_has(
    tmp_path: Path, rng: Random, print_figure: PrintFigure
) -> None:
    """What only the replaced file had is missing, with its numbers."""
    with copied_gateways(tmp_path) as running:
        gateway = running.gateways[0]
        gateway.start()
        gateway.program.wait_for_log(READY, 30)
        gateway.send(rng.randrange(10, 120))
        running.wait_stored(running.sent)
        gateway.network.cut()
        gateway.send(rng.randrange(1, 60))
        gateway.stop()
        gateway.save(tmp_path / "copy")
        gateway.start()
        gateway.send(rng.randrange(1, 500))
        sleep(3)
        gateway.stop()
        only_there = gateway.numbered()
        gateway.put_back(tmp_path / "copy", whole=False)
        gateway.start()
        gateway.send(rng.randrange(1, 300))
        sleep(rng.uniform(0, 2))
        gateway.network.restore()
        gateway.send(rng.randrange(1, 50))
        gateway.wait_empty()
        missing = running.assert_accounted_for()
        assert 0 < missing < only_there, running.describe(set(running.sent))
        print_figure(f"{len(running.sent)} readings, {missing} were only in the file that was replaced and are missing")
