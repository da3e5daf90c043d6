"""One short round of what `make faults` does at length."""

from pathlib import Path
from random import Random
from time import sleep

import pytest

from tests.support.life import first_days, speaking
from tests.support.rig import VICTIMS, rig


@pytest.mark.services
def test_each_part_killed_once_under_load_loses_nothing_and_changes_no_invoice(tmp_path: Path) -> None:
    days = first_days(("arlon", "verviers"), 3)
    chance = Random(20)
    with rig(tmp_path, days) as chain:
        with speaking(chain.centre_broker.url, days.said, a_second=len(days.said) / 12):
            for victim in chance.sample(VICTIMS, len(VICTIMS)):
                sleep(chance.uniform(0.5, 1.5))
                chain.kill(victim, chance)
        chain.wait_until_level()
        chain.prove()
