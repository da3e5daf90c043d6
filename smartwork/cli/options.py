"""Options that several commands share: `--month`, `--json` and `--out`."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from smartwork.clock import now
from smartwork.errors import InputError

_FIRST_YEAR, _LAST_YEAR = 2000, 2100

Month = Annotated[str | None, typer.Option(help="Local month as YYYY-MM, for example 2026-10. Default: the last full month.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
OutDir = Annotated[Path, typer.Option("--out", help="Folder for the files.")]


def parse_month(text: str | None) -> date:
    """The first day of the month that `--month` gives; the last full month if it is left out. Raises InputError."""
    if text is None:
        return last_full_month(now().date())
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InputError(f"--month is {text!r}; expected a year and a month such as 2026-10") from None
    if not _FIRST_YEAR <= month.year <= _LAST_YEAR:
        raise InputError(f"--month is {text!r}; expected one of the years {_FIRST_YEAR} to {_LAST_YEAR}, such as 2026-10")
    return month


def parse_instant(text: str, option: str) -> datetime:
    """The instant that an option gives in ISO 8601 with an offset. Raises InputError."""
    try:
        instant: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise InputError(f"{option} is {text!r}; expected an instant with an offset, such as 2026-10-05T09:00:00+02:00")
    return instant


def last_full_month(today: date) -> date:
    """The first day of the month before that of `today`."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
