"""Field types that request and response models share; requests are strict, and names carry units."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from smartwork.contracts.topics import SLUG

_RFC_3339 = re.compile(r"20\d{2}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")

_SHAPE = (
    r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
)
"""For readers of the description: every text of this shape is a time, though not every time has it (the 29th to 31st)."""


def _instant(value: object) -> object:
    """A time with its offset, of this century, in UTC."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("expected a time of this century with its offset, such as 2026-10-05T09:00:00+02:00")
    return datetime.fromisoformat(value.upper()).astimezone(UTC)


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": _SHAPE,
            "examples": ["2026-10-05T09:00:00+02:00"],
        },
        mode="validation",
    ),
]

Slug = Annotated[str, StringConstraints(pattern=f"^{SLUG}$", strict=True)]

ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]([ -~]*[!-~])?$", strict=True)]

Pseudonym = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-.0-~]+$", strict=True)]


def _whole(value: object) -> object:
    """A JSON number without a fraction: 60 and 60.0 are the same, "60" and true are none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")  # noqa: TRY004 - what pydantic makes a fault of
    return value


Minutes = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1_440)]

Seconds = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=2_678_400)]


class RequestModel(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
