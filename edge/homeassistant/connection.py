"""Opens the connection to a Home Assistant's API if the settings name one; the optional package is loaded only then."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from smartwork.errors import SettingError
from smartwork.settings import EdgeSettings


class HomeAssistantConnection(Protocol):
    """What the gateway needs of a Home Assistant's API."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def watch(self, entities: Collection[str]) -> None: ...
    def receive(self) -> Collection[Mapping[str, Any]]: ...
    def call(self, service: str, data: bytes) -> None: ...


def open_connection(settings: EdgeSettings, warn: Callable[[str], None]) -> HomeAssistantConnection | None:
    """A connection that is not started yet, or None if SMARTWORK_HOMEASSISTANT_URL is not set.

    Raises SettingError if the token or the package is missing.
    """
    if settings.homeassistant_url is None:
        return None
    if settings.homeassistant_token is None:
        raise SettingError("SMARTWORK_HOMEASSISTANT_TOKEN is not set. Expected: a long-lived access token of Home Assistant.")
    try:
        from edge.homeassistant import api_client  # noqa: PLC0415 - GPL and optional: loaded only if configured
    except ModuleNotFoundError as missing:
        message = f"SMARTWORK_HOMEASSISTANT_URL is set, but {missing.name} is missing: install the extra `homeassistant`."
        raise SettingError(message) from None
    return api_client.ApiClient(settings.homeassistant_url, settings.homeassistant_token, warn)
