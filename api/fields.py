"""Field types that request and response models share. Types of requests are strict."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from smartwork.contracts.topics import SLUG
from smartwork.domain.billing.permitted_text import fault
from smartwork.domain.bookings.changes import LONGEST_REASON

_RFC_3339 = re.compile(r"20\d{2}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")

_SHAPE = (
    r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
)
"""The pattern in the OpenAPI description. Every text that matches is accepted; so are the 29th to the 31st, which it omits
because not every month has them.
"""


def _instant(value: object) -> object:
    """The instant of an RFC 3339 text, in UTC. Raises ValueError for a text without an offset or of another century."""
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


def _line_of_text(text: str) -> str:
    if reason := fault(text):
        raise ValueError(f"expected a text that can be printed: {reason}")
    return text.strip()


Reason = Annotated[
    str,
    StringConstraints(max_length=LONGEST_REASON, strict=True),
    AfterValidator(_line_of_text),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON, "pattern": r"^[!-~À-ÿ]([ -~À-ÿ]*[!-~À-ÿ])?$"},
        mode="validation",
    ),
]
"""A line of text that can be printed. The pattern in the OpenAPI description is narrower."""


def _whole(value: object) -> object:
    """A whole JSON number as int: 60 and 60.0 are accepted, "60" and true are not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")  # noqa: TRY004 - pydantic reports a ValueError as a fault of the field
    return value


Minutes = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1_440)]


class RequestModel(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
