"""One short round of what `make faults` does at length."""

from pathlib import Path
from random import Random
from time import sleep

import pytest

from tests.support.device_days import first_days, publishing_devices
from tests.support.running_chain import VICTIMS, running_chain


@pytest.mark.services
def test_each_part_killed_once_under_load_loses_nothing_and_changes_no_invoice(tmp_path: Path) -> None:
    days = first_days(("arlon", "verviers"), 3)
    rng = Random(20)
    with running_chain(tmp_path, days) as chain:
        with publishing_devices(chain.centre_broker.url, days.messages, per_second=len(days.messages) / 12):
            for victim in rng.sample(VICTIMS, len(VICTIMS)):
                sleep(rng.uniform(0.5, 1.5))
                chain.kill(victim, rng)
        chain.wait_until_complete()
        chain.assert_complete()
