"""Parsing of payloads and of single values in them. Converters return None for a value that they do not understand."""

import json
import math
from collections.abc import Callable

Convert = Callable[[object], float | None]


def json_object(payload: bytes) -> dict[str, object]:
    """Parse the payload as a JSON object; raises ValueError if it is none."""
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {str(error)[:80]}") from None
    if not isinstance(parsed, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - a wrong value, whatever its type
    return parsed


def text_of(payload: bytes) -> str:
    """The payload as text, without surrounding whitespace."""
    return payload.decode(errors="replace").strip()


def cut(data: bytes, start: int, length: int, name: str) -> bytes:
    """The `length` bytes from `start`; raises ValueError, naming the field, if some are missing."""
    if start + length > len(data):
        raise ValueError(f"{name} is cut short")
    return data[start : start + length]


def child(parent: dict[str, object], name: str) -> dict[str, object]:
    """The object in `parent[name]`, empty if it is absent; raises ValueError if it is not an object."""
    value = parent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {str(value)[:40]!r}; expected an object")  # noqa: TRY004
    return value


def number(value: object) -> float | None:
    """A finite JSON number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        parsed = float(value)
    except OverflowError:
        return None
    return parsed if math.isfinite(parsed) else None


def number_or_text(value: object) -> float | None:
    """A finite number, as JSON number or as text."""
    if not isinstance(value, str):
        return number(value)
    try:
        return number(float(value))
    except ValueError:
        return None


def boolean(value: object) -> float | None:
    """1 or 0 for a JSON boolean."""
    return float(value) if isinstance(value, bool) else None


def on_off(value: object) -> float | None:
    """1 or 0 for the texts ON and OFF, in any case."""
    return {"on": 1.0, "off": 0.0}.get(value.lower()) if isinstance(value, str) else None


def scaled(factor: float, digits: int = 6) -> Convert:
    """A converter that multiplies a number by `factor` and rounds it."""

    def convert(value: object) -> float | None:
        parsed = number(value)
        return None if parsed is None or not math.isfinite(parsed * factor) else round(parsed * factor, digits)

    return convert


def level_of(full: float) -> Convert:
    """A converter from a brightness of 0 to `full` to a level of 0 to 1."""

    def convert(value: object) -> float | None:
        parsed = number(value)
        return None if parsed is None or parsed < 0 else min(round(parsed / full, 4), 1.0)

    return convert


def truth(value: object) -> float | None:
    """1 or 0 for what devices write of a presence or a switch: a boolean, 0 or 1, or a word."""
    if isinstance(value, str):
        return _TRUTH_WORDS.get(value.strip().lower())
    parsed = float(value) if isinstance(value, bool) else number(value)
    return parsed if parsed in (0.0, 1.0) else None


_TRUTH_WORDS = {
    **dict.fromkeys(
        ("on", "true", "1", "yes", "occupied", "present", "presence", "detected", "trigger", "triggered", "motion"), 1.0
    ),
    **dict.fromkeys(
        ("off", "false", "0", "no", "vacant", "unoccupied", "absent", "none", "clear", "idle", "normal", "empty"), 0.0
    ),
}


def total(value: object) -> float | None:
    """A finite number, or the sum of an array of finite numbers: phases or channels together."""
    if not isinstance(value, list):
        return number(value)
    parts = [number(part) for part in value]
    return round(sum(part for part in parts if part is not None), 6) if parts and None not in parts else None
