"""Commands from Home Assistant: what a person wants of a light there."""

import json
from dataclasses import dataclass
from typing import Self

from edge.homeassistant.discovery import BRIGHTEST


@dataclass(frozen=True, slots=True)
class LightEntityCommand:
    """A command to one light: `level` is 0 (off) to 1, or None for "on" without a brightness."""

    device: str
    level: float | None

    @classmethod
    def parse(cls, device: str, payload: bytes) -> Self:
        """Parse a command of an MQTT light with JSON schema; raises ValueError if it is none."""
        try:
            parsed = json.loads(payload)
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from None
        match parsed:
            case {"state": "OFF"}:
                return cls(device, 0.0)
            case {"state": "ON", "brightness": int(brightness)} if 0 <= brightness <= BRIGHTEST:
                return cls(device, brightness / BRIGHTEST)
            case {"state": "ON"} if "brightness" not in parsed:
                return cls(device, None)
            case _:
                raise ValueError("expected state ON or OFF, and brightness 0 to 255")
