"""A real Home Assistant in its own folder: onboarded, connected to a broker, used over its REST API."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from smartwork.devstack import die_with_parent
from smartwork.devstack.errors import last_lines

CONFIGURATION = """
homeassistant:
  name: Mons
  latitude: 50.45
  longitude: 3.95
  elevation: 60
  unit_system: metric
  time_zone: Europe/Brussels
  country: BE
  currency: EUR
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
websocket_api:
config:
frontend:
logger:
  default: warning
input_boolean:
  somebody: {{name: Somebody}}
  knx: {{name: KNX group}}
input_number:
  knx_level: {{name: KNX level, min: 0, max: 255, mode: box}}
template:
  - binary_sensor:
      - name: Meeting room presence
        unique_id: meeting_room_presence
        device_class: occupancy
        state: "{{{{ is_state('input_boolean.somebody', 'on') }}}}"
  - light:
      - name: KNX ceiling
        unique_id: knx_ceiling
        state: "{{{{ is_state('input_boolean.knx', 'on') }}}}"
        level: "{{{{ states('input_number.knx_level') | int }}}}"
        turn_on: {{action: input_boolean.turn_on, target: {{entity_id: input_boolean.knx}}}}
        turn_off: {{action: input_boolean.turn_off, target: {{entity_id: input_boolean.knx}}}}
        set_level:
          - action: input_number.set_value
            target: {{entity_id: input_number.knx_level}}
            data: {{value: "{{{{ brightness }}}}"}}
          - {{action: input_boolean.turn_on, target: {{entity_id: input_boolean.knx}}}}
"""


class HomeAssistant:
    """Home Assistant on a port of this machine; `python` is the interpreter of its environment."""

    def __init__(self, python: Path, folder: Path, port: int) -> None:
        self._python = python
        self._folder = folder
        self._log = folder / "printed.log"
        self.url = f"http://127.0.0.1:{port}"
        self.tokens: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port))

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log_text(self) -> str:
        """Its log so far, of all its runs."""
        return self._log.read_text()

    @property
    def token(self) -> str:
        """An access token, valid for half an hour."""
        return str(self.tokens["access_token"])

    def start(self, timeout_s: float = 120) -> None:
        """Start it and wait until it runs; raises AssertionError with the end of its log on failure."""
        hass = [str(self._python), "-m", "homeassistant", "-c", str(self._folder), "--skip-pip"]
        command = [sys.executable, str(Path(die_with_parent.__file__)), str(os.getpid()), *hass]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + timeout_s
        while self._is_starting():
            assert self._process.poll() is None, last_lines(self._log)
            assert time.monotonic() < deadline, last_lines(self._log)
            time.sleep(0.2)
        if not self.tokens:
            self._onboard()
        while self.ask("GET", "/api/config")["state"] != "RUNNING":
            assert time.monotonic() < deadline, last_lines(self._log)
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it; kill it if it does not stop in time."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    def open_pages(self) -> None:
        """Make its pages usable: restart it as onboarded, without the steps that need the internet."""
        self.stop()
        steps = {"done": ["user", "core_config", "analytics", "integration"]}
        stored = {"version": 4, "minor_version": 1, "key": "onboarding", "data": steps}
        (self._folder / ".storage" / "onboarding").write_text(json.dumps(stored))
        self.start()

    def join_broker(self, host: str, port: int) -> None:
        """Add the MQTT integration, as a person does in its pages."""
        flow = self.ask("POST", "/api/config/config_entries/flow", {"handler": "mqtt"})
        done = self.ask("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", {"broker": host, "port": port})
        assert done["type"] == "create_entry", done

    def state(self, entity_id: str) -> str | None:
        """The state of an entity, or None if there is no such entity."""
        found = self.entity(entity_id)
        return None if found is None else str(found["state"])

    def entity(self, entity_id: str) -> dict[str, Any] | None:
        """An entity's state with its attributes, or None if there is no such entity."""
        try:
            found: dict[str, Any] = self.ask("GET", f"/api/states/{entity_id}")
        except HTTPError as error:
            if error.code == 404:
                return None
            raise
        return found

    def entities(self) -> set[str]:
        """The names of all entities."""
        return {str(state["entity_id"]) for state in self.ask("GET", "/api/states")}

    def call(self, service: str, **data: object) -> None:
        """Call the service `domain/service`, as its pages do."""
        self.ask("POST", f"/api/services/{service}", data)

    def ask(self, method: str, path: str, data: Mapping[str, object] | None = None, *, form: bool = False) -> Any:
        """Send a request to its REST API and return the JSON answer; raises HTTPError for an error status."""
        body = urlencode(data or {}) if form else json.dumps(data or {})
        headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.token}"
        request = Request(self.url + path, body.encode() if method == "POST" else None, headers, method=method)  # noqa: S310 - http
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own http address
            return json.loads(answer.read())

    def _is_starting(self) -> bool:
        try:
            urlopen(f"{self.url}/manifest.json", timeout=2).close()  # noqa: S310 - our own http address
        except OSError:
            return True
        return False

    def _onboard(self) -> None:
        """Create the first user, without a browser; the steps that need the internet are left out."""
        client = f"{self.url}/"
        user = {"name": "Test", "username": "test", "password": "a-test-only", "client_id": client, "language": "en"}
        code = self.ask("POST", "/api/onboarding/users", user)["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client}
        self.tokens = self.ask("POST", "/auth/token", grant, form=True)
