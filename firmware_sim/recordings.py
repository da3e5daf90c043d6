"""Readers of published recordings of rooms: an office in Mons (UCI) and rooms in Singapore (ROBOD)."""

import csv
import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from firmware_sim.dialects.zigbee2mqtt import encode_state
from smartwork.contracts.metrics import Metric
from smartwork.errors import InputError

_UCI_HEADER = ["date", "Temperature", "Humidity", "Light", "CO2", "HumidityRatio", "Occupancy"]
_UCI_COLUMNS = {
    2: Metric.TEMPERATURE_C,
    3: Metric.HUMIDITY_PCT,
    4: Metric.ILLUMINANCE_LUX,
    5: Metric.CO2_PPM,
    7: Metric.PRESENCE,
}
_UCI_ZONE = ZoneInfo("Europe/Brussels")
_UCI_STEP = timedelta(minutes=1)

_ROBOD_COLUMNS = {
    "indoor_relative_humidity": Metric.HUMIDITY_PCT,
    "air_temperature": Metric.TEMPERATURE_C,
    "illuminance": Metric.ILLUMINANCE_LUX,
    "indoor_co2": Metric.CO2_PPM,
    "occupant_count": Metric.OCCUPANT_COUNT,
}
_ROBOD_TIME, _ROBOD_ENERGY = "timestamp", "lighting_energy"
_ROBOD_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Frame:
    """The values measured at one instant. A value that the file does not have is absent."""

    at: datetime
    values: dict[Metric, float]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded room: frames in time order over [start, end), and the name and hash of the file."""

    name: str
    interval_s: int
    start: datetime
    end: datetime
    rows: int
    sha256: str
    frames: tuple[Frame, ...]


def read_uci(path: Path) -> Recording:
    """Read a UCI "Occupancy Detection" file: one row about every minute, in Belgian local time.

    Raises InputError with the line number if the file has another format.
    """
    source = _Source.open(path)
    if source.rows[0][1] != _UCI_HEADER:
        raise source.wrong(1, f"expected the header {','.join(_UCI_HEADER)}")
    frames: list[Frame] = []
    for line, row in source.rows[1:]:
        if len(row) != len(_UCI_HEADER) + 1:
            raise source.wrong(line, f"expected {len(_UCI_HEADER) + 1} fields, found {len(row)}")
        at = source.local_time(line, row[1])
        if frames and at <= frames[-1].at:
            raise source.wrong(line, f"expected a time after that of the row before, found {row[1]!r}")
        values = {metric: source.number(line, row[column]) for column, metric in _UCI_COLUMNS.items()}
        if values[Metric.PRESENCE] not in {0.0, 1.0}:
            raise source.wrong(line, f"expected an Occupancy of 0 or 1, found {row[7]!r}")
        frames.append(Frame(at, {metric: value for metric, value in values.items() if value is not None}))
    return source.recording(frames, _UCI_STEP, frames[-1].at + _UCI_STEP)


def read_robod(path: Path) -> Recording:
    """Read a ROBOD room file. Each row covers the five minutes that begin with its time.

    ENERGY_WH becomes a counter: its value at a row is the sum of the rows before. A separate frame ends each run of rows, so
    that the difference over a row's five minutes is the energy of that row. The counter stays unchanged over gaps and over
    rows without energy. Raises InputError with the line number if the file has another format.
    """
    source = _Source.open(path)
    header = source.rows[0][1]
    missing = [name for name in (_ROBOD_TIME, _ROBOD_ENERGY, *_ROBOD_COLUMNS) if name not in header]
    if missing:
        raise source.wrong(1, f"expected a header with the columns {', '.join(missing)}")
    column = {name: header.index(name) for name in (_ROBOD_TIME, _ROBOD_ENERGY, *_ROBOD_COLUMNS)}
    frames: list[Frame] = []
    counted_wh = 0.0
    closes: datetime | None = None
    for line, row in source.rows[1:]:
        if len(row) != len(header):
            raise source.wrong(line, f"expected {len(header)} fields, found {len(row)}")
        at = source.zoned_time(line, row[column[_ROBOD_TIME]])
        if closes is not None and at < closes:
            raise source.wrong(
                line, f"expected a time five minutes or more after the row before, found {row[column[_ROBOD_TIME]]!r}"
            )
        if closes is not None and at > closes:
            frames.append(Frame(closes, {Metric.ENERGY_WH: counted_wh}))
        numbers = {metric: source.number(line, row[column[name]]) for name, metric in _ROBOD_COLUMNS.items()}
        values = {metric: value for metric, value in numbers.items() if value is not None}
        if Metric.OCCUPANT_COUNT in values:
            values[Metric.PRESENCE] = float(values[Metric.OCCUPANT_COUNT] > 0)
        frames.append(Frame(at, {**values, Metric.ENERGY_WH: counted_wh}))
        used_kwh = source.number(line, row[column[_ROBOD_ENERGY]]) or 0.0
        if used_kwh < 0:
            raise source.wrong(line, f"expected a lighting_energy of 0 or more, found {used_kwh}")
        counted_wh = round(counted_wh + used_kwh * 1000, 6)
        closes = at + _ROBOD_STEP
    end = frames[-1].at + _ROBOD_STEP
    frames.append(Frame(end, {Metric.ENERGY_WH: counted_wh}))
    return source.recording(frames, _ROBOD_STEP, end)


def messages(recording: Recording, address: str) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of each frame as a Zigbee2MQTT message of one device at base topic `address`, in time order."""
    for frame in recording.frames:
        message = encode_state(address, frame.at, frame.values)
        yield message.topic, message.payload


@dataclass(frozen=True, slots=True)
class _Source:
    """The rows of a file with their line numbers. Errors name the file and the line."""

    path: Path
    sha256: str
    rows: list[tuple[int, list[str]]]

    @classmethod
    def open(cls, path: Path) -> "_Source":
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from None
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise InputError(f"{path}, line {line}: expected UTF-8 text, found {raw[error.start : error.end]!r}") from None
        reader = csv.reader(io.StringIO(text, newline=""))
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: expected comma-separated values: {error}") from None
        if len(rows) < 2:
            raise InputError(f"{path}, line 1: expected a header and at least one row, found an empty file")
        return cls(path, hashlib.sha256(raw).hexdigest(), rows)

    def wrong(self, line: int, expected: str) -> InputError:
        return InputError(f"{self.path}, line {line}: {expected}")

    def number(self, line: int, text: str) -> float | None:
        """The number in a cell; None if it is empty or NaN."""
        if not text.strip():
            return None
        try:
            value = float(text)
        except ValueError:
            raise self.wrong(line, f"expected a number, found {text!r}") from None
        if math.isinf(value):
            raise self.wrong(line, f"expected a finite number, found {text!r}")
        return None if math.isnan(value) else value

    def local_time(self, line: int, text: str) -> datetime:
        """The instant of a Belgian local time. Times that a clock change skips or repeats are refused."""
        try:
            naive = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the next line gives the zone
        except ValueError:
            raise self.wrong(line, f"expected a time such as 2015-02-04 17:51:00, found {text!r}") from None
        at = naive.replace(tzinfo=_UCI_ZONE)
        if at.utcoffset() != at.replace(fold=1).utcoffset():
            raise self.wrong(line, f"expected a local time that exists exactly once, found {text!r} (clock change)")
        return at.astimezone(UTC)

    def zoned_time(self, line: int, text: str) -> datetime:
        try:
            return datetime.strptime(text, "%Y-%m-%d %H:%M %z").astimezone(UTC)
        except ValueError:
            raise self.wrong(line, f"expected a time such as 2021-09-07 00:00 +08:00, found {text!r}") from None

    def recording(self, frames: list[Frame], step: timedelta, end: datetime) -> Recording:
        return Recording(
            name=self.path.stem,
            interval_s=int(step.total_seconds()),
            start=frames[0].at,
            end=end,
            rows=len(self.rows) - 1,
            sha256=self.sha256,
            frames=tuple(frames),
        )
