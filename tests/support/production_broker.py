"""The brokers of docker-compose.yml with their real start script and access lists, in other folders and on other ports."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smartwork.devstack import packages
from smartwork.devstack.errors import plain_environment
from smartwork.transport.mqtt import Message, MqttClient
from tests.support.project import ROOT


@dataclass(frozen=True)
class ProductionBroker:
    """A running broker. The password of a user is `<user>-secret`."""

    port: int
    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]

    def url(self, user: str, password: str | None = None) -> str:
        """The address with which a user connects."""
        return f"mqtt://{user}:{password or f'{user}-secret'}@127.0.0.1:{self.port}"

    def client(
        self,
        user: str,
        subscriptions: Sequence[str] = (),
        password: str | None = None,
        *,
        client_id: str | None = None,
        will: Message | None = None,
    ) -> MqttClient:
        """A client of a user."""
        name = client_id or f"test-{user}"
        return MqttClient(self.url(user, password), name, subscriptions=subscriptions, will=will)

    @property
    def log_text(self) -> str:
        """The broker's log."""
        return (self.folder / "log").read_text()

    def healthy(self) -> bool:
        """What the container's health check answers."""
        script = self.folder / "broker" / "healthy.sh"
        return subprocess.run(["sh", script], env=dict(self.environment), check=False, timeout=10).returncode == 0


@contextmanager
def production_broker(
    folder: Path, users: Sequence[str], role: str = "network", access_list: str | None = None
) -> Iterator[ProductionBroker]:
    """Run broker/start.sh with a password for each user; `role` is `network` or `centre`.

    `access_list` replaces the committed access list of a centre.
    """
    tree = packages.install(packages.SERVICES, os.environ, lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    _relocate(folder, port)
    if access_list is not None:
        (folder / "broker" / "centre.acl").write_text(access_list)
    environment = {
        **plain_environment(),
        "PATH": f"{tree}/usr/bin:{tree}/usr/sbin:{os.environ['PATH']}",
        **{f"BROKER_PASSWORD_{user.replace('-', '_')}": f"{user}-secret" for user in users},
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["sh", folder / "broker" / "start.sh", role], env=environment, stdout=log, stderr=log)
    broker = ProductionBroker(port, folder, environment, process)
    try:
        deadline = time.monotonic() + 10
        while not broker.healthy():
            assert process.poll() is None, broker.log_text
            assert time.monotonic() < deadline, broker.log_text
            time.sleep(0.1)
        yield broker
    finally:
        process.terminate()
        process.wait(10)


def _relocate(folder: Path, port: int) -> None:
    """A copy of broker/ whose absolute folders lie in `folder`."""
    for name in ("broker", "run", "data"):
        (folder / name).mkdir(parents=True)
    for source in (ROOT / "broker").iterdir():
        text = source.read_text()
        for old, new in (
            ("/smartwork/broker", folder / "broker"),
            ("/run/smartwork", folder / "run"),
            ("/mosquitto/data", folder / "data"),
            ("listener 1883", f"listener {port} 127.0.0.1\n{'user root' if os.geteuid() == 0 else ''}"),
            ("-p 1883", f"-p {port}"),
        ):
            text = text.replace(old, str(new))
        (folder / "broker" / source.name).write_text(text)
