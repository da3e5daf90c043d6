"""`python -m firmware_sim`: live devices of the demo network, until SIGTERM or Ctrl-C."""

import argparse
import os
import signal
import sys
import threading
from contextlib import ExitStack
from random import Random

from firmware_sim.dialects import zigbee2mqtt
from firmware_sim.dialects.said import Order
from firmware_sim.live import begin, step
from firmware_sim.network import demo_network
from smartwork import clock
from smartwork.domain.network.centres import Centre
from smartwork.errors import InputError, SmartworkError
from smartwork.settings import SimulatorSettings
from smartwork.transport.mqtt import Client

TICK_S = 0.25
PATIENCE_S = 30.0

_HELP = """Simulated devices of the made-up demo network, speaking Zigbee2MQTT on the centre's broker
(SMARTWORK_BROKER_URL) until they are stopped. The people are demo visitors: they come and go at any hour, at night and
on Sundays too, and faster than real ones, so that a demonstration always moves. Times are the real present."""


def main(arguments: list[str]) -> int:
    """Run the devices; returns the exit code: 0 when stopped by a signal, 1 with a sentence on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="python -m firmware_sim", description=_HELP)
    parser.add_argument("--centre", action="append", metavar="SLUG", help="a centre, repeatable; all without it")
    parser.add_argument("--seed", type=int, default=1, help="which demo network, and what its visitors do (1)")
    parser.add_argument("--speed", type=float, default=30.0, help="how much faster visitors live; 1 is real life (30)")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    try:
        if not options.speed > 0:
            raise InputError(f"--speed is {options.speed}; expected a number above 0, for example 30")
        centres = _chosen(options.centre, options.seed)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        live(centres, options.seed, options.speed, stop)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def live(centres: list[Centre], seed: int, speed: float, stop: threading.Event) -> None:
    """Let the devices of `centres` speak until `stop` is set; raises ServiceAway where no broker answers at first."""
    url = SimulatorSettings.from_env(os.environ).broker_url
    random = Random(f"{seed}/live")
    with ExitStack() as stack:
        clients = {
            centre.slug: stack.enter_context(
                Client(
                    url,
                    f"firmware-sim-{centre.slug}",
                    subscriptions=[t for d in centre.devices if d.role == "light" for t in zigbee2mqtt.ears(d.address)],
                    report=lambda text: print(text, file=sys.stderr),
                )
            )
            for centre in centres
        }
        for client in clients.values():
            client.wait_connected(PATIENCE_S)
        states = {centre.slug: begin(centre, clock.now(), random, speed) for centre in centres}
        while not stop.is_set():
            for centre in centres:
                orders = _orders(centre, clients[centre.slug])
                states[centre.slug], said = step(centre, states[centre.slug], clock.now(), random, speed, orders)
                for topic, payload in said:
                    clients[centre.slug].publish(topic, payload)
            stop.wait(TICK_S)


def _orders(centre: Centre, client: Client) -> dict[str, Order]:
    """What each zone's lamp was told last since we listened last."""
    deliveries = client.receive(100, timeout_s=0.0)
    lamps = {zigbee2mqtt.ears(device.address)[0]: device for device in centre.devices if device.role == "light"}
    found: dict[str, Order] = {}
    for delivery in deliveries:
        lamp = lamps.get(delivery.topic)
        order = zigbee2mqtt.obey(lamp.address, delivery.topic, delivery.payload) if lamp else None
        if lamp is not None and lamp.zone is not None and order is not None:
            found[lamp.zone] = order
    client.acknowledge(deliveries)
    return found


def _chosen(slugs: list[str] | None, seed: int) -> list[Centre]:
    known = {centre.slug: centre for centre in demo_network(seed).centres}
    unknown = [slug for slug in slugs or () if slug not in known]
    if unknown:
        raise InputError(f"--centre {unknown[0]} is not in the demo network; expected one of {', '.join(known)}")
    return [centre for slug, centre in known.items() if slugs is None or slug in slugs]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
