"""Load from tens of thousands of devices in one process: `python -m smartwork.bench.device_load --devices 20000`.

Every device speaks once an interval at its own moment, in the dialect of its family; same seed, same messages.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from time import monotonic

from firmware_sim.dialects import ENCODERS
from firmware_sim.dialects.simulated_message import SimulatedMessage
from smartwork import clock
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.errors import InputError, SmartworkError
from smartwork.settings import SimulatorSettings
from smartwork.transport.mqtt import Client

PRESENT = 0.4
LATE_S = 1.0
_PATIENCE_S = 30.0
_SAY_EVERY_S = 5.0
_AHEAD = 1_000
"""Messages that may be on the way to the broker."""
_ADDRESSES: dict[Profile, str] = {
    Profile.ZIGBEE2MQTT: "zigbee2mqtt/desk-{}",
    Profile.TASMOTA: "desk-{}",
    Profile.ESPHOME: "desk-{}",
    Profile.CHIRPSTACK: "application/load/device/{:016x}",
    Profile.TTN: "v3/load@smartwork/devices/desk-{}",
    Profile.MILESIGHT: "milesight/{:016x}",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """One device of the choir: its family, its address, and its moment in each round, in seconds."""

    profile: Profile
    address: str
    moment_s: float


def choir(devices: int, interval_s: float, seed: int) -> list[Voice]:
    """So many presence sensors, the families by turns, in the order in which they speak."""
    random = Random(f"{seed}/choir")
    families = list(_ADDRESSES)
    voices = [
        Voice(family := families[i % len(families)], _ADDRESSES[family].format(i), random.random() * interval_s)
        for i in range(devices)
    ]
    return sorted(voices, key=lambda voice: (voice.moment_s, voice.address))


def sing(
    voices: list[Voice], began: datetime, interval_s: float, seed: int
) -> Iterator[tuple[float, list[SimulatedMessage]]]:
    """What is said at which second after the beginning, in order of time, without an end."""
    random = Random(f"{seed}/song")
    start = 0.0
    while voices:
        for voice in voices:
            due = start + voice.moment_s
            values = {Metric.PRESENCE: float(random.random() < PRESENT), Metric.BATTERY_PCT: 80.0}
            yield due, ENCODERS[voice.profile](voice.address, began + timedelta(seconds=due), values)
        start += interval_s


def main(arguments: list[str]) -> int:
    """Speak until stopped; returns the exit code: 0 when stopped by a signal or done, 1 with a sentence otherwise."""
    parser = argparse.ArgumentParser(prog="python -m smartwork.bench.device_load", description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000, help="how many presence sensors (10000)")
    parser.add_argument("--interval", type=float, default=60.0, metavar="S", help="each speaks once in so many seconds (60)")
    parser.add_argument("--seconds", type=float, default=0.0, metavar="S", help="end after so many seconds; 0: never (0)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same messages (1)")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        if options.devices < 1 or not options.interval > 0 or options.seconds < 0:
            raise InputError("--devices must be 1 or more, --interval above 0, --seconds 0 or more")
        choir_of = choir(options.devices, options.interval, options.seed)
        _perform(choir_of, options.interval, options.seconds or float("inf"), options.seed, stop)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _perform(voices: list[Voice], interval_s: float, seconds: float, seed: int, stop: threading.Event) -> None:
    url = SimulatorSettings.from_env(os.environ).broker_url
    with Client(url, "firmware-sim-chorus", report=lambda text: print(text, file=sys.stderr)) as client:
        client.wait_connected(_PATIENCE_S)
        began, spoken, behind, said_at = monotonic(), 0, 0.0, 0.0
        for due, messages in sing(voices, clock.now(), interval_s, seed):
            at = monotonic() - began
            if at >= seconds or stop.is_set():
                break
            if due > at and stop.wait(due - at):
                break
            behind = max(behind, at - due)
            for message in messages:
                last = client.publish(message.topic, message.payload, retain=message.retain)
                spoken += 1
                if spoken % _AHEAD == 0:
                    last.wait_for_publish(_PATIENCE_S)  # no further ahead of the broker than this
            if at - said_at >= _SAY_EVERY_S:
                said_at = at
                print(f"{len(voices):,} devices, {spoken / at:,.0f} messages/s", file=sys.stderr)
        took = monotonic() - began
        print(
            f"{len(voices):,} devices said {spoken:,} messages in {took:.1f} s, {spoken / took:,.0f} a second",
            file=sys.stderr,
        )
        if behind > LATE_S:
            print(f"They were up to {behind:.1f} s late: this machine speaks no faster.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
