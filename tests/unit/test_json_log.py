"""The fields of a log line, which monitoring reads."""

import json
import logging
import sys

from smartwork.json_log import JsonLineFormatter


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "ingest", "levelname": "WARNING", "msg": "%d é", "args": (2,), **extra})
    made.created = 1_791_180_000.25
    return made


def test_a_line_has_the_time_in_utc_the_level_and_the_worker() -> None:
    assert json.loads(JsonLineFormatter("7").format(record())) == {
        "at": "2026-10-05T06:00:00.250+00:00",
        "level": "warning",
        "logger": "ingest",
        "message": "2 é",
        "worker": "7",
    }


def test_extra_keys_become_fields_and_coloured_messages_do_not() -> None:
    found = json.loads(JsonLineFormatter("7").format(record(rejected=3, color_message="x")))
    assert (found["rejected"], "color_message" in found) == (3, False)


def test_an_exception_is_a_field_and_the_record_stays_one_line() -> None:
    try:
        int("no\nnumber")
    except ValueError:
        line = JsonLineFormatter("7").format(record(exc_info=sys.exc_info()))
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["exception"]
