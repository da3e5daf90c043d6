"""Reads states and calls services over Home Assistant's websocket and REST API; the only importer of homeassistant_api.

That package is GPL-3.0-or-later and optional: this module is imported only if SMARTWORK_HOMEASSISTANT_URL is set.
"""

import asyncio
import json
import logging
import queue
import random
import threading
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from homeassistant_api import AsyncClient, AsyncWebsocketClient
from homeassistant_api.errors import RequestError, UnauthorizedError

from smartwork.server_url import without_password

REFRESH_S = 60.0
"""How often all states are read again: a sensor that repeats its value raises no event, a dead connection no error."""
TIMEOUT_S = 20.0
LONGEST_PAUSE_S = 60.0

logging.getLogger("homeassistant_api").setLevel(logging.WARNING)
"""At level INFO it logs every state, and with it who is present."""

EntityState = Mapping[str, Any]
ServiceCall = tuple[str, Mapping[str, Any]]
"""A service as `domain/service`, and its data."""


class ApiClient:
    """A connection in its own thread that reconnects by itself. A failure is reported once, not at each attempt."""

    def __init__(self, url: str, token: str, warn: Callable[[str], None]) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._warn = warn
        self._last_warning = ""
        self._watched: frozenset[str] = frozenset()
        self._newest: dict[str, datetime] = {}
        self._states: queue.SimpleQueue[EntityState] = queue.SimpleQueue()
        self._calls: dict[str, ServiceCall] = {}
        self._has_calls = asyncio.Event()
        self._must_refresh = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._main_task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="homeassistant", daemon=True)

    def start(self) -> None:
        """Start to connect, in the background and for as long as it takes."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect; service calls that are still waiting are dropped."""
        with suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(lambda: self._main_task and self._main_task.cancel())
        self._thread.join(5)

    def watch(self, entities: Collection[str]) -> None:
        """Deliver the states of these entities from now on, first the current state of each."""
        self._watched = frozenset(entities)
        self._loop.call_soon_threadsafe(self._reset)

    def receive(self) -> list[EntityState]:
        """The states that came in since the last call, in order, as Home Assistant's API sends them."""
        states: list[EntityState] = []
        with suppress(queue.Empty):
            while True:
                states.append(self._states.get_nowait())
        return states

    def call(self, service: str, data: bytes) -> None:
        """Call `domain/service` with this JSON; while there is no connection, the newest call for each entity waits."""
        self._loop.call_soon_threadsafe(self._enqueue, (service, json.loads(data)))

    def _enqueue(self, call: ServiceCall) -> None:
        self._calls[str(call[1].get("entity_id"))] = call
        self._has_calls.set()

    def _reset(self) -> None:
        self._newest.clear()
        self._must_refresh.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main_task = self._loop.create_task(self._stay_connected())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._main_task)
        self._loop.close()

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            try:
                async for _ in self._connection():
                    attempt = 0
            except Exception as error:  # noqa: BLE001 - whatever the library raises, the gateway must go on
                self._warn_once(self._describe(error))
            attempt += 1
            await asyncio.sleep(random.uniform(0.5, 1) * min(LONGEST_PAUSE_S, 2.0 ** min(attempt, 10)))  # noqa: S311 - no secret

    async def _connection(self) -> AsyncIterator[None]:
        """One connection, until it breaks; yields once it is open. Two clients, because each can run only one task."""
        socket_url = f"ws{self._url.removeprefix('http')}/api/websocket"
        async with asyncio.timeout(TIMEOUT_S):
            socket = await AsyncWebsocketClient(socket_url, self._token).__aenter__()
        try:
            async with AsyncClient(f"{self._url}/api", self._token) as rest, socket.listen_events("state_changed") as events:
                self._warn_once(f"Home Assistant at {without_password(self._url)} is connected")
                yield
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(events))
                    tasks.create_task(self._refresh(rest))
                    tasks.create_task(self._call_services(rest))
        finally:
            with suppress(Exception):  # a broken connection cannot be closed properly
                await socket.__aexit__(None, None, None)

    async def _listen(self, events: AsyncIterator[Any]) -> None:
        async for event in events:
            if state := event.data.get("new_state"):
                self._deliver(state)

    async def _refresh(self, rest: AsyncClient) -> None:
        while True:
            self._must_refresh.clear()
            async with asyncio.timeout(TIMEOUT_S):
                states = await rest.get_states()
            for state in states:
                self._deliver(json.loads(state.model_dump_json()))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._must_refresh.wait(), REFRESH_S)

    async def _call_services(self, rest: AsyncClient) -> None:
        while True:
            self._has_calls.clear()
            for entity, call in list(self._calls.items()):
                domain, _, service = call[0].partition("/")
                try:
                    async with asyncio.timeout(TIMEOUT_S):
                        await rest.trigger_service(domain, service, **call[1])
                except RequestError as error:  # it was received and refused: do not retry
                    self._warn_once(f"Home Assistant refuses {call[0]} for {entity}: {self._reason(error)}")
                if self._calls.get(entity) is call:
                    del self._calls[entity]
            await self._has_calls.wait()

    def _deliver(self, state: EntityState) -> None:
        """Put a state into the queue if its entity is watched and it is newer than the last one delivered."""
        entity = str(state.get("entity_id"))
        reported = state.get("last_reported") or state.get("last_updated")
        if entity not in self._watched or not reported:
            return
        at = datetime.fromisoformat(str(reported))
        if entity not in self._newest or at > self._newest[entity]:
            self._newest[entity] = at
            self._states.put({**state, "last_updated": str(reported)})

    def _warn_once(self, text: str) -> None:
        if text != self._last_warning:
            self._last_warning = text
            self._warn(text)

    def _describe(self, error: BaseException) -> str:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, UnauthorizedError):
            return (
                f"Home Assistant at {without_password(self._url)} refuses SMARTWORK_HOMEASSISTANT_TOKEN: "
                "make a new one in its user's profile."
            )
        return f"Home Assistant at {without_password(self._url)} does not answer: {self._reason(error)}. Trying again."

    def _reason(self, error: BaseException) -> str:
        text = f"{type(error).__name__}: {error}".replace(self._token, "…").replace(self._url, without_password(self._url))
        return text.splitlines()[0][:200]
