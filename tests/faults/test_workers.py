"""Any number of workers, of which one is active, and a worker that dies, give the same database."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from time import sleep

import pytest

from tests.support.device_days import first_days, publishing_devices
from tests.support.running_chain import running_chain

pytestmark = [pytest.mark.faults, pytest.mark.services]
CENTRES = ("arlon", "tournai", "verviers")


@pytest.mark.parametrize("many", [1, 2, 4])
def test_the_database_ends_the_same_with_any_number_of_workers(
    many: int, tmp_path: Path, print_figure: Callable[[str], None]
) -> None:
    days = first_days(CENTRES, 2)
    with running_chain(tmp_path, days, workers=many) as chain:
        with publishing_devices(chain.centre_broker.url, days.messages, per_second=10_000):
            pass
        took = chain.wait_until_complete()
        chain.assert_complete()
    print_figure(f"complete {took:.1f} s after the last message")


@pytest.mark.parametrize("many", [2, 4])
def test_a_worker_that_never_comes_back_loses_nothing(
    many: int, tmp_path: Path, rng: Random, print_figure: Callable[[str], None]
) -> None:
    days = first_days(CENTRES, 2)
    with running_chain(tmp_path, days, workers=many) as chain:
        with publishing_devices(chain.centre_broker.url, days.messages, per_second=len(days.messages) / 8):
            sleep(rng.uniform(2, 5))
            next(worker for worker in chain.workers if "is subscribed" in worker.log_text).kill()
        took = chain.wait_until_complete()
        chain.assert_complete()
    print_figure(f"complete {took:.1f} s after the last message")
