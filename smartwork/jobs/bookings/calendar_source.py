"""Where a calendar comes from: what stands in for what its events leave out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """The origin of a calendar text.

    `name` is the file or feed as reports and the history of bookings name it. `calendar` identifies the calendar between
    imports; None: the name in the text (X-WR-CALNAME or NAME) does, else `name`. `centre` is used for events that name no
    centre. With `resource`, the calendar is that of this place of `centre`: all its events are there, whatever they say.
    `author` is who the history of bookings names; None: `import` and the name.
    """

    name: str
    calendar: str | None = None
    centre: str | None = None
    resource: str | None = None
    author: str | None = None
