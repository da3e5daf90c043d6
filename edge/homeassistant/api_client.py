"""What only Home Assistant knows, read and commanded over its websocket and REST; the only importer of homeassistant_api.

That package is GPL-3.0-or-later and optional: nothing imports this module unless SMARTWORK_HOMEASSISTANT_URL is set.
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

REFRESH_S = 60.0
"""How often all states are read again: a sensor that repeats itself raises no event, and a dead connection no error."""
PATIENCE_S = 20.0
LONGEST_PAUSE_S = 60.0

logging.getLogger("homeassistant_api").setLevel(logging.WARNING)
"""It would write every state of the house into the log, and who is present is nobody's business there."""

State = Mapping[str, Any]
Call = tuple[str, Mapping[str, Any]]
"""A service as `domain/service`, and its data."""


class ApiClient:
    """A connection in a thread of its own that comes back by itself. A Home Assistant that is away is said once."""

    def __init__(self, url: str, token: str, say: Callable[[str], None]) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._say = say
        self._said = ""
        self._watched: frozenset[str] = frozenset()
        self._newest: dict[str, datetime] = {}
        self._states: queue.SimpleQueue[State] = queue.SimpleQueue()
        self._calls: dict[str, Call] = {}
        self._called = asyncio.Event()
        self._refresh = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._work: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="homeassistant", daemon=True)

    def start(self) -> None:
        """Begin to connect, in the background and for as long as it takes."""
        self._thread.start()

    def stop(self) -> None:
        """Leave; services that were not called yet are forgotten."""
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(lambda: self._work and self._work.cancel())
        self._thread.join(5)

    def watch(self, entities: Collection[str]) -> None:
        """Hand out the states of these entities from now on, beginning with the newest of each."""
        self._watched = frozenset(entities)
        self._loop.call_soon_threadsafe(self._forget)

    def receive(self) -> list[State]:
        """The states that came in since the last call, in order; each as Home Assistant's API says it."""
        found: list[State] = []
        with suppress(queue.Empty):
            while True:
                found.append(self._states.get_nowait())
        return found

    def call(self, service: str, data: bytes) -> None:
        """Call `domain/service` with this JSON; without a connection the newest call of each entity waits for it."""
        self._loop.call_soon_threadsafe(self._want, (service, json.loads(data)))

    def _want(self, call: Call) -> None:
        self._calls[str(call[1].get("entity_id"))] = call
        self._called.set()

    def _forget(self) -> None:
        self._newest.clear()
        self._refresh.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._work = self._loop.create_task(self._keep_connected())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._work)
        self._loop.close()

    async def _keep_connected(self) -> None:
        attempt = 0
        while True:
            try:
                async for _ in self._connection():
                    attempt = 0
            except Exception as error:  # noqa: BLE001 - whatever the library and its own throw, the gateway goes on
                self._once(self._complaint(error))
            attempt += 1
            await asyncio.sleep(random.uniform(0.5, 1) * min(LONGEST_PAUSE_S, 2.0 ** min(attempt, 10)))  # noqa: S311 - no secret

    async def _connection(self) -> AsyncIterator[None]:
        """One connection, until it breaks; yields once when it stands. Two clients, since each serves one task only."""
        socket_url = f"ws{self._url.removeprefix('http')}/api/websocket"
        async with asyncio.timeout(PATIENCE_S):
            socket = await AsyncWebsocketClient(socket_url, self._token).__aenter__()
        try:
            async with AsyncClient(f"{self._url}/api", self._token) as rest, socket.listen_events("state_changed") as events:
                self._once(f"Home Assistant at {self._url} is connected")
                yield
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(events))
                    tasks.create_task(self._reread(rest))
                    tasks.create_task(self._call(rest))
        finally:
            with suppress(Exception):  # a connection that is broken cannot be closed in order
                await socket.__aexit__(None, None, None)

    async def _listen(self, events: AsyncIterator[Any]) -> None:
        async for event in events:
            if state := event.data.get("new_state"):
                self._take(state)

    async def _reread(self, rest: AsyncClient) -> None:
        while True:
            self._refresh.clear()
            async with asyncio.timeout(PATIENCE_S):
                found = await rest.get_states()
            for state in found:
                self._take(json.loads(state.model_dump_json()))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._refresh.wait(), REFRESH_S)

    async def _call(self, rest: AsyncClient) -> None:
        while True:
            self._called.clear()
            for entity, call in list(self._calls.items()):
                domain, _, service = call[0].partition("/")
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        await rest.trigger_service(domain, service, **call[1])
                except RequestError as error:  # it was heard, and refused
                    self._once(f"Home Assistant refuses {call[0]} for {entity}: {self._reason(error)}")
                if self._calls.get(entity) is call:
                    del self._calls[entity]
            await self._called.wait()

    def _take(self, state: State) -> None:
        """Hand a state out where it is watched and was said after the last one handed out."""
        entity = str(state.get("entity_id"))
        said = state.get("last_reported") or state.get("last_updated")
        if entity not in self._watched or not said:
            return
        at = datetime.fromisoformat(str(said))
        if entity not in self._newest or at > self._newest[entity]:
            self._newest[entity] = at
            self._states.put({**state, "last_updated": str(said)})

    def _once(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._say(text)

    def _complaint(self, error: BaseException) -> str:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, UnauthorizedError):
            return (
                f"Home Assistant at {self._url} refuses SMARTWORK_HOMEASSISTANT_TOKEN: make a new one in its user's profile."
            )
        return f"Home Assistant at {self._url} does not answer: {self._reason(error)}. Trying again."

    def _reason(self, error: BaseException) -> str:
        text = f"{type(error).__name__}: {error}".replace(self._token, "…")
        return text.splitlines()[0][:200]
