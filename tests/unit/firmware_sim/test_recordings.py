import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from edge.adapters.message import DeviceMessage
from edge.adapters.zigbee2mqtt import translate
from firmware_sim.recordings import Recording, messages, read_robod, read_uci
from smartwork.contracts.metrics import Metric
from smartwork.errors import InputError
from tests.support.project import SHARED

DATA = SHARED
measured = pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded rooms are not at {DATA}")

UCI_HEADER = '"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"\n'
ROBOD_HEADER = "timestamp,indoor_relative_humidity,air_temperature,illuminance,indoor_co2,lighting_energy,occupant_count\n"


def uci_row(time: str, *, occupancy: str = "1", lux: str = "585.2") -> str:
    return f'"1","{time}",23.7,26.272,{lux},749.2,0.0047,{occupancy}\n'


def robod_row(time: str, *, kwh: str = "0.01", count: str = "2", co2: str = "430.1") -> str:
    return f"{time} +08:00,48.8,26.7,12.0,{co2},{kwh},{count}\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "room.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@measured
@pytest.mark.parametrize(
    ("file", "rows", "share", "start"),
    [
        ("datatraining.txt", 8_143, 0.212, datetime(2015, 2, 4, 16, 51, tzinfo=UTC)),
        ("datatest.txt", 2_665, 0.365, datetime(2015, 2, 2, 13, 19, tzinfo=UTC)),
    ],
)
def test_the_office_in_mons_is_occupied_as_published(file: str, rows: int, share: float, start: datetime) -> None:
    recording = read_uci(DATA / "uci-mons-office" / file)
    assert recording.rows == len(recording.frames) == rows
    assert recording.start == start
    assert recording.interval_s == 60
    occupied = sum(frame.values[Metric.PRESENCE] for frame in recording.frames)
    assert occupied / rows == pytest.approx(share, abs=0.0005)


@measured
@pytest.mark.parametrize(("file", "empty_share"), [("combined_Room1.csv", 0.361), ("combined_Room3.csv", 0.440)])
def test_the_rooms_in_singapore_waste_light_as_published(file: str, empty_share: float) -> None:
    recording = read_robod(DATA / "robod" / file)
    assert recording.rows == 8_352
    used = empty = 0.0
    for frame, following in pairwise(recording.frames):
        energy = following.values[Metric.ENERGY_WH] - frame.values[Metric.ENERGY_WH]
        used += energy
        empty += energy if frame.values.get(Metric.PRESENCE) == 0.0 else 0.0
    assert empty / used == pytest.approx(empty_share, abs=0.0005)


@measured
@pytest.mark.parametrize(
    ("reader", "file"), [(read_uci, "uci-mons-office/datatest.txt"), (read_robod, "robod/combined_Room3.csv")]
)
def test_an_edge_hears_exactly_what_was_recorded(reader: Callable[[Path], Recording], file: str) -> None:
    recording = reader(DATA / file)
    address = "zigbee2mqtt/mons/room"
    for frame, (topic, payload) in zip(recording.frames, messages(recording, address), strict=True):
        received = translate(
            DeviceMessage(topic, payload, "room", address, recording.end, max_age=timedelta(days=9_999))
        ).readings()
        assert {reading.metric: reading.value for reading in received} == pytest.approx(frame.values)
        assert {reading.at_ms for reading in received} == {round(frame.at.timestamp() * 1000)}


def test_a_recording_knows_its_file(write: Callable[[str], Path]) -> None:
    path = write(UCI_HEADER + uci_row("2015-02-02 14:19:00") + uci_row("2015-02-02 14:20:01", occupancy="0"))
    recording = read_uci(path)
    assert recording.name == "room"
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recording.end == datetime(2015, 2, 2, 13, 21, 1, tzinfo=UTC)
    assert [frame.values[Metric.PRESENCE] for frame in recording.frames] == [1.0, 0.0]


def test_the_counter_gives_each_row_its_energy_and_nothing_to_gaps(write: Callable[[str], Path]) -> None:
    rows = robod_row("2021-09-07 00:00", kwh="0.01") + robod_row("2021-09-07 00:05", kwh="0.02")
    rows += robod_row("2021-09-09 00:00", kwh="0.04")
    recording = read_robod(write(ROBOD_HEADER + rows))
    first = datetime(2021, 9, 6, 16, 0, tzinfo=UTC)
    assert [(frame.at - first, frame.values[Metric.ENERGY_WH]) for frame in recording.frames] == [
        (timedelta(0), 0.0),
        (timedelta(minutes=5), 10.0),
        (timedelta(minutes=10), 30.0),
        (timedelta(days=2), 30.0),
        (timedelta(days=2, minutes=5), 70.0),
    ]
    assert recording.rows == 3
    assert recording.end == first + timedelta(days=2, minutes=5)


def test_what_is_missing_in_a_row_is_missing_in_its_frame(write: Callable[[str], Path]) -> None:
    recording = read_robod(write(ROBOD_HEADER + robod_row("2021-09-07 00:00", count="", co2="NaN", kwh="nan")))
    assert recording.frames[0].values.keys() == {
        Metric.HUMIDITY_PCT,
        Metric.TEMPERATURE_C,
        Metric.ILLUMINANCE_LUX,
        Metric.ENERGY_WH,
    }
    assert recording.frames[-1].values == {Metric.ENERGY_WH: 0.0}


GOOD_UCI = UCI_HEADER + uci_row("2015-02-02 14:19:00")
GOOD_ROBOD = ROBOD_HEADER + robod_row("2021-09-07 00:00")


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        ("", 1, "empty"),
        (UCI_HEADER, 1, "empty"),
        ("a,b\n1,2\n", 1, "expected the header"),
        (GOOD_UCI + "1,2\n", 3, "expected 8 fields, found 2"),
        (GOOD_UCI + uci_row("yesterday"), 3, "expected a time such as"),
        (GOOD_UCI + uci_row("2015-02-02 14:20:00", lux="bright"), 3, "expected a number, found 'bright'"),
        (GOOD_UCI + uci_row("2015-02-02 14:20:00", lux="inf"), 3, "expected a finite number"),
        (GOOD_UCI + uci_row("2015-02-02 14:20:00", occupancy="2"), 3, "expected an Occupancy of 0 or 1"),
        (GOOD_UCI + uci_row("2015-02-02 14:18:00"), 3, "after that of the row before"),
        (GOOD_UCI + uci_row("2015-03-29 02:30:00"), 3, "exists exactly once"),
        (GOOD_UCI + uci_row("2015-10-25 02:30:00"), 3, "exists exactly once"),
        (GOOD_UCI.encode() + b"\xff\xfe\n", 3, "expected UTF-8"),
    ],
)
def test_an_office_file_that_is_wrong_is_refused_with_its_line(
    write: Callable[[str | bytes], Path], content: str | bytes, line: int, expected: str
) -> None:
    path = write(content)
    with pytest.raises(InputError) as refused:
        read_uci(path)
    assert str(refused.value).startswith(f"{path}, line {line}: ")
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        ("timestamp,illuminance\n1,2\n", 1, "lighting_energy"),
        (GOOD_ROBOD + "2021-09-07 00:05 +08:00,1\n", 3, "expected 7 fields, found 2"),
        (GOOD_ROBOD + robod_row("2021-09-07 25:00"), 3, "expected a time such as"),
        (GOOD_ROBOD + robod_row("2021-09-07 00:04"), 3, "five minutes or more after"),
        (GOOD_ROBOD + robod_row("2021-09-07 00:05", kwh="-0.1"), 3, "0 or more"),
        (GOOD_ROBOD + robod_row("2021-09-07 00:05", co2="many"), 3, "expected a number, found 'many'"),
    ],
)
def test_a_room_file_that_is_wrong_is_refused_with_its_line(
    write: Callable[[str], Path], content: str, line: int, expected: str
) -> None:
    path = write(content)
    with pytest.raises(InputError) as refused:
        read_robod(path)
    assert str(refused.value).startswith(f"{path}, line {line}: ")
    assert expected in str(refused.value)


@pytest.mark.parametrize("reader", [read_uci, read_robod])
def test_a_file_that_is_not_there_is_named(reader: Callable[[Path], Recording], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv cannot be read"):
        reader(tmp_path / "absent.csv")
