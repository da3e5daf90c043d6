"""`python -m firmware_sim`: live devices of the demo network, until SIGTERM or Ctrl-C."""

import argparse
import os
import signal
import sys
import threading
from contextlib import ExitStack
from random import Random

from firmware_sim.demo_network import demo_network
from firmware_sim.dialects import zigbee2mqtt
from firmware_sim.dialects.simulated_message import LampCommand
from firmware_sim.live_centre import LiveCentre
from smartwork import clock
from smartwork.domain.network.centres import Centre
from smartwork.errors import InputError, SmartworkError
from smartwork.health_server import Health, health_server
from smartwork.settings import SimulatorSettings
from smartwork.transport.mqtt import MqttClient

STEP_S = 0.25
CONNECT_TIMEOUT_S = 30.0

_HELP = """Simulated devices of the made-up demo network. They publish Zigbee2MQTT messages on the centre's broker
(SMARTWORK_BROKER_URL) until they are stopped. People come and go at any hour, at night and on Sundays too, and faster than
in reality, so that a demonstration always shows changes. Message times are the present."""


def main(arguments: list[str]) -> int:
    """Run the devices; returns the exit status: 0 when stopped by a signal, 1 after an error, which is on stderr."""
    parser = argparse.ArgumentParser(prog="python -m firmware_sim", description=_HELP)
    parser.add_argument("--centre", action="append", metavar="SLUG", help="a centre, repeatable; default: all centres")
    parser.add_argument("--seed", type=int, default=1, help="seed of the demo network and of what its people do (1)")
    parser.add_argument("--speed", type=float, default=30.0, help="how many times faster people come and go (30)")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    try:
        if not options.speed > 0:
            raise InputError(f"--speed is {options.speed}; expected a number above 0, for example 30")
        centres = _chosen_centres(options.centre, options.seed)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        run(centres, options.seed, options.speed, stop)
    except SmartworkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(centres: list[Centre], seed: int, speed: float, stop: threading.Event) -> None:
    """Publish as the devices of `centres` until `stop` is set; raises ServiceUnavailable if no broker answers at first."""
    settings = SimulatorSettings.from_env(os.environ)
    random = Random(f"{seed}/live")
    simulated = [LiveCentre(centre, random, speed) for centre in centres]
    with ExitStack() as stack:
        clients = {centre.slug: stack.enter_context(_client(settings.broker_url, centre)) for centre in centres}
        for client in clients.values():
            client.wait_connected(CONNECT_TIMEOUT_S)
        states = {live.centre.slug: live.start(clock.now()) for live in simulated}
        health = Health({"broker": lambda: all(client.connected for client in clients.values())})
        stack.enter_context(health_server(health, settings.health_port))
        while not stop.is_set():
            health.heartbeat()
            for live in simulated:
                slug = live.centre.slug
                commands = _receive_commands(live.centre, clients[slug])
                states[slug], messages = live.step(states[slug], clock.now(), commands)
                for message in messages:
                    clients[slug].publish(message.topic, message.payload)
            stop.wait(STEP_S)


def _client(url: str, centre: Centre) -> MqttClient:
    """A client that publishes for the centre's devices and receives the commands to its lamps."""
    return MqttClient(
        url,
        f"firmware-sim-{centre.slug}",
        subscriptions=[
            topic
            for device in centre.devices
            if device.role == "light"
            for topic in zigbee2mqtt.command_topics(device.address)
        ],
        report=lambda text: print(text, file=sys.stderr),
    )


def _receive_commands(centre: Centre, client: MqttClient) -> dict[str, LampCommand]:
    """The newest command to the lamp of each zone that was received since the last call, by zone."""
    deliveries = client.receive(100, timeout_s=0.0)
    lamps = {zigbee2mqtt.command_topics(device.address)[0]: device for device in centre.devices if device.role == "light"}
    commands: dict[str, LampCommand] = {}
    for delivery in deliveries:
        lamp = lamps.get(delivery.topic)
        command = zigbee2mqtt.handle_command(lamp.address, delivery.topic, delivery.payload) if lamp else None
        if lamp is not None and lamp.zone is not None and command is not None:
            commands[lamp.zone] = command
    client.acknowledge(deliveries)
    return commands


def _chosen_centres(slugs: list[str] | None, seed: int) -> list[Centre]:
    centres = {centre.slug: centre for centre in demo_network(seed).centres}
    unknown = [slug for slug in slugs or () if slug not in centres]
    if unknown:
        raise InputError(f"--centre {unknown[0]} is not in the demo network; expected one of {', '.join(centres)}")
    return [centre for slug, centre in centres.items() if slugs is None or slug in slugs]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
