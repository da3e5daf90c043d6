"""`smartwork invoice walk-ins`: the stays of a month that were measured and that nobody signed for."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console, Group, RenderableType
from rich.text import Text

from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.db.core.connection import Connection
from smartwork.db.network.centres import centre_slugs
from smartwork.db.settlement import statements
from smartwork.domain.settlement.statements import UnattributedStay
from smartwork.errors import InputError
from smartwork.progress import Progress

Stays = Mapping[str, Sequence[UnattributedStay]]


def add_walk_ins(
    commands: typer.Typer,
    bar: Callable[[], AbstractContextManager[Progress]],
    out: Console,
    opened: Callable[[Progress], Connection],
    month_of: Callable[[str | None], date],
) -> None:
    """Hang `walk-ins` on the commands of documents."""

    @commands.command("walk-ins")
    def walk_ins(
        *,
        month: Annotated[
            str | None, typer.Option(help="Local month, for example 2026-10. Default: the last full month.")
        ] = None,
        centre: Annotated[str | None, typer.Option(help="Slug of the centre; all without it.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """List the walk-ins that nobody signed for: measured, and billed to nobody."""
        chosen = month_of(month)
        with bar() as progress, opened(progress) as connection:
            known = centre_slugs(connection)
            if centre is not None and centre not in known:
                raise InputError(f"There is no centre {centre!r}. Centres: {', '.join(known)}")
            stays = statements.unattributed_stays(connection, chosen, centre)
        if as_json:
            print(json.dumps(_json(chosen, stays), indent=2, ensure_ascii=False))
        else:
            out.print(_listed(chosen, stays))


def _listed(month: date, stays: Stays) -> RenderableType:
    columns = [
        Column("Centre"), Column("Day"), Column("Place"), Column("From", figures=True), Column("To", figures=True),
        Column("Presence, min", figures=True),
    ]  # fmt: skip
    sections: list[list[Row]] = [[_row(centre, stay) for stay in its] for centre, its in stays.items()]
    if not sections:
        return Text(
            f"No walk-in of {month:%B %Y} is without a name.\nStays are judged by: smartwork reconcile --month {month:%Y-%m}"
        )
    count, seconds = _sums(stays)
    total = [(Text("total", style="bold"), "", "", "", "", Text(_minutes(seconds), style="bold"))]
    hours, rest = divmod(round(seconds / 60), 60)
    noun = "walk-in" if count == 1 else "walk-ins"
    return Group(
        FittedTable(f"Walk-ins of {month:%B %Y} that nobody signed for", columns, [*sections, total]),
        Text(f"{count} {noun}, {hours} h {rest:02} min of presence: billed to nobody."),
        Text("Times are on the centre's clock; the total is rounded once.", style="dim"),
    )


def _row(centre: str, stay: UnattributedStay) -> Row:
    zone = ZoneInfo(stay.timezone)
    start, end = stay.starts_at.astimezone(zone), stay.ends_at.astimezone(zone)
    return centre, f"{start:%a %Y-%m-%d}", stay.resource_name, f"{start:%H:%M}", f"{end:%H:%M}", _minutes(stay.occupied_s)


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:,.0f}".replace(",", "\u202f")


def _sums(stays: Stays) -> tuple[int, int]:
    found = [stay.occupied_s for its in stays.values() for stay in its]
    return len(found), sum(found)


def _json(month: date, stays: Stays) -> dict[str, object]:
    count, seconds = _sums(stays)
    return {
        "month": f"{month:%Y-%m}",
        "count": count,
        "presence_s": seconds,
        "walk_ins": [_stay_json(centre, stay) for centre, its in stays.items() for stay in its],
    }


def _stay_json(centre: str, stay: UnattributedStay) -> dict[str, object]:
    zone = ZoneInfo(stay.timezone)
    return {
        "centre": centre,
        "day": stay.starts_at.astimezone(zone).date().isoformat(),
        "resource": stay.resource,
        "resource_name": stay.resource_name,
        "starts_at": stay.starts_at.astimezone(zone).isoformat(),
        "ends_at": stay.ends_at.astimezone(zone).isoformat(),
        "presence_s": stay.occupied_s,
    }
