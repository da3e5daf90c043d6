"""The log as JSON, one object a line."""

import logging
from datetime import UTC, datetime

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter


class JsonLineFormatter(JsonFormatter):
    """One JSON object a line: `at` (UTC), `level`, `logger`, `message`, `worker`, the keys of `extra`, and `exception`."""

    def __init__(self, worker: str) -> None:
        super().__init__(
            ["asctime", "levelname", "name", "message"],
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger", "exc_info": "exception"},
            static_fields={"worker": worker},
            reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # the web server's message once more, with colour codes
            json_default=str,
            json_ensure_ascii=False,
        )

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        """The time of the record in UTC, ISO 8601 with milliseconds."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def process_log_record(self, log_data: dict[str, object]) -> dict[str, object]:
        """The record with its level in lower case."""
        return {**log_data, "level": str(log_data["level"]).lower()}


def log_as_json(worker: str) -> None:
    """Send the log of this process to standard error, one JSON object a line."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLineFormatter(worker))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
