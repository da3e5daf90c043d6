"""The MQTT broker of an instance: the shared configuration with a listener on the loopback interface."""

import os
import signal
from pathlib import Path

from smartwork.devstack.errors import DevstackError
from smartwork.devstack.instance import PROJECT_ROOT
from smartwork.devstack.services import Service, mqtt_answers

SHARED_CONFIGURATION = PROJECT_ROOT / "broker" / "mosquitto.conf"


class Mosquitto(Service):
    """Mosquitto 2 with MQTT 5. It asks for no password, because only programs on this machine can connect."""

    name = "mosquitto"
    title = "Mosquitto"
    program = "mosquitto"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"mqtt://{self.address}"

    def healthy(self) -> bool:
        """Whether it accepts an MQTT connection."""
        return mqtt_answers(self.port)

    def _identifying_argument(self) -> Path:
        return self.instance.folder / "mosquitto.conf"

    @property
    def _pid_file(self) -> Path:
        return self.data / "mosquitto.pid"

    def _recorded_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None

    def _prepare(self) -> list[str]:
        self.instance.private_folder(self.name, self.account)
        self._pid_file.unlink(missing_ok=True)
        try:
            shared = SHARED_CONFIGURATION.read_text()
        except OSError as error:
            message = f"{SHARED_CONFIGURATION} cannot be read ({error.strerror}): the devstack runs from a checkout."
            raise DevstackError(message) from error
        configuration = self._identifying_argument()
        configuration.write_text(shared + self._listener_lines())
        if os.geteuid() == 0:
            configuration.chmod(0o644)  # the broker's user must read it; it contains no secret
        return [str(self.tree / "usr/sbin/mosquitto"), "-c", str(configuration)]

    def _listener_lines(self) -> str:
        return (
            "\n# Added by the devstack\n"
            f"persistence_location {self.data}/\n"
            f"pid_file {self._pid_file}\n"
            f"listener {self.port} 127.0.0.1\n"
            "allow_anonymous true\n"
        )
