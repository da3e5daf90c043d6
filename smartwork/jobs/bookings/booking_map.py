"""Maps: which columns of a booking system's export mean what. docs/bookings.md describes them; `maps/` has those shipped."""

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from smartwork.domain.bookings.names import fold
from smartwork.domain.bookings.written_times import DateOrder, Written
from smartwork.errors import InputError

_FOLDER = "smartwork.jobs.bookings"
IdPart = Literal["place", "start", "member"]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("not a time zone; expected for example UTC or Europe/Brussels") from None
    return name


ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Source = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextFrom(_Table):
    """A text: of one column, of several joined with `join`, or the same `value` in every row."""

    column: ColumnName | None = None
    columns: tuple[ColumnName, ...] = ()
    join: str = " "
    value: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum((self.column is not None, bool(self.columns), self.value is not None)) != 1:
            raise ValueError("give exactly one of column, columns and value")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it needs."""
        return (self.column,) if self.column is not None else self.columns


class CentreFrom(TextFrom):
    """The centre. Without `required` a file that lacks the column has places that name the centre, or needs --centre."""

    required: bool = True


class IdFrom(_Table):
    """The id: of one or several columns, and of parts of the booking where those are not unique. Parts alone make an id."""

    columns: tuple[ColumnName, ...] = ()
    made_of: tuple[IdPart, ...] = ()

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if not self.columns and not {"place", "start"} <= set(self.made_of):
            raise ValueError("give columns, or made_of with place and start at least")
        return self


class StartFrom(_Table):
    """A time: of one column with date and time, or of a column each."""

    column: ColumnName | None = None
    date: ColumnName | None = None
    time: ColumnName | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.column is None) == (self.date is None and self.time is None) or (self.date is None) != (self.time is None):
            raise ValueError("give column, or date and time")
        return self


class EndFrom(_Table):
    """The end: of one column, of date and time, of a time on the day of the start, or of a duration in `unit`."""

    column: ColumnName | None = None
    date: ColumnName | None = None
    time: ColumnName | None = None
    duration: ColumnName | None = None
    unit: Literal["hours", "minutes", "days"] = "hours"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.column is not None, self.time is not None, self.duration is not None)
        if sum(ways) != 1 or (self.date is not None and self.time is None):
            raise ValueError("give one of column, time (with date, if it is not the day of the start) and duration")
        return self


class StatusFrom(_Table):
    """The words for a booking, for a cancelled one, and for rows to skip; another word is refused. Or a `value` for all rows.

    Without `required` a file that lacks the column has bookings only.
    """

    column: ColumnName | None = None
    value: Literal["booked", "cancelled"] | None = None
    booked: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    required: bool = True

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.column is None) == (self.value is None) or bool(self.column) != bool(self.booked or self.cancelled):
            raise ValueError("give a column with the words for booked and cancelled, or a value")
        return self

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        words = [fold(word) for word in (*self.booked, *self.cancelled, *self.skip)]
        if twice := {word for word in words if words.count(word) > 1}:
            raise ValueError(f"{', '.join(sorted(twice))!r} stands in more than one place")
        return self


class SkipRows(_Table):
    """Rows to skip: those whose column has one of the values. The report counts them."""

    column: ColumnName
    values: tuple[str, ...] = Field(min_length=1)


class Times(_Table):
    """What the texts of times and numbers do not say themselves."""

    date_order: DateOrder | None = None
    serial_base: Literal[1900, 1904] = 1900
    decimal: Literal[".", ","] | None = None
    zone: ZoneName | None = None

    def written(self) -> Written:
        """The rules for reading."""
        return Written(self.date_order, self.serial_base, self.decimal)


class BookingMap(_Table):
    """How to read the rows of one booking system. `source` is that system, for its aliases and the ids that are made."""

    source: Source
    title: str
    html_escaped: bool = False
    id: IdFrom
    centre: CentreFrom | None = None
    place: TextFrom
    member: TextFrom
    start: StartFrom
    end: EndFrom
    status: StatusFrom | None = None
    times: Times = Times()
    skip: tuple[SkipRows, ...] = ()
    other_names: dict[str, tuple[ColumnName, ...]] = Field(default_factory=dict)

    def optional(self) -> tuple[str, ...]:
        """The columns that a file may lack."""
        centre = self.centre.names if self.centre and not self.centre.required else ()
        status = self.status.column if self.status and not self.status.required else None
        return (*centre, *((status,) if status else ()))

    def needed(self) -> dict[str, str]:
        """The columns that a file must have, each with what it is for."""
        columns = dict.fromkeys(self.id.columns, "id")
        if self.centre and self.centre.required:
            columns |= dict.fromkeys(self.centre.names, "centre")
        for what, text in (("place", self.place), ("member", self.member)):
            columns |= dict.fromkeys(text.names, what)
        for what, names in (
            ("start", (self.start.column, self.start.date, self.start.time)),
            ("end", (self.end.column, self.end.date, self.end.time, self.end.duration)),
        ):
            columns |= {name: columns.get(name, what) for name in names if name}
        if self.status and self.status.column and self.status.required:
            columns[self.status.column] = "status"
        return columns | {rule.column: "skip" for rule in self.skip if rule.column not in columns}


_TABLES: dict[str, type[_Table]] = {
    "id": IdFrom, "centre": CentreFrom, "place": TextFrom, "member": TextFrom, "start": StartFrom, "end": EndFrom,
    "status": StatusFrom, "times": Times, "skip": SkipRows,
}  # fmt: skip

NATIVE = BookingMap(
    source="csv",
    title="The format of docs/bookings.md",
    id=IdFrom(columns=("external_id",)),
    centre=CentreFrom(column="centre", required=False),
    place=TextFrom(column="resource"),
    member=TextFrom(column="member"),
    start=StartFrom(column="starts_at"),
    end=EndFrom(column="ends_at"),
    status=StatusFrom(
        column="status", booked=("booked", "confirmed", ""), cancelled=("cancelled", "canceled"), required=False
    ),
)
"""The map of a file that is imported without one."""


def shipped_maps() -> tuple[str, ...]:
    """The names of the maps that are part of Smartwork."""
    found = (entry.name for entry in files(_FOLDER).joinpath("maps").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def shipped_text(name: str) -> str:
    """The text of a shipped map. Raises InputError if there is none of that name."""
    if name not in shipped_maps():
        raise InputError(f"There is no map {name!r}. The maps are: {', '.join(shipped_maps())}.")
    return files(_FOLDER).joinpath("maps", f"{name}.toml").read_text(encoding="utf-8")


def load_map(name_or_file: str) -> BookingMap:
    """A shipped map by its name, or the map in a file. Raises InputError that names the line and the key of each fault."""
    if name_or_file in shipped_maps():
        return read_map(shipped_text(name_or_file), name_or_file)
    file = Path(name_or_file)
    if not file.suffix and not file.exists():
        shipped_text(name_or_file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its text is not UTF-8"
        raise InputError(f"The map {file} cannot be read: {reason}.") from None
    return read_map(text, str(file))


def read_map(text: str, name: str) -> BookingMap:
    """The map of a TOML text; `name` is named in errors. Raises InputError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is not TOML: {error}.") from None
    try:
        return BookingMap.model_validate(content)
    except ValidationError as error:
        raise InputError("\n".join(_explained(fault, text, name) for fault in error.errors(include_url=False))) from None


def _explained(fault: ErrorDetails, text: str, name: str) -> str:
    keys = [str(key) for key in fault["loc"]]
    path = ".".join(keys) or "the map"
    match fault["type"]:
        case "missing":
            reason = "is missing"
        case "extra_forbidden":
            reason = f"is not a key of a map; expected {', '.join(_known_keys(fault['loc'][:-1]))}"
        case "value_error":
            reason = str(fault["msg"]).removeprefix("Value error, ")
        case _:
            reason = f"is {str(fault['input'])[:60]!r}: {fault['msg']}"
    return f"{name}, line {_line_of(text, keys)}, {path}: {reason}."


def _known_keys(path: Sequence[int | str]) -> list[str]:
    table = next((_TABLES[str(key)] for key in reversed(path) if str(key) in _TABLES), BookingMap)
    return list(table.model_fields)


def _line_of(text: str, keys: Sequence[str]) -> int:
    """The line of the last of `keys` that the text has; a key of a table stands below the line with the table's name."""
    found, table = 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([\w-]+)\s*\]?\]", line):
            table = header[1]
            found = number if keys and keys[0] == table else found
        elif key := re.match(r'\s*"?([\w -]+?)"?\s*(?:\.\s*([\w-]+)\s*)?=', line):
            path = [part for part in (table, key[1], key[2]) if part]
            if path == [each for each in keys if not each.isdigit()][: len(path)]:
                found = number
    return found
