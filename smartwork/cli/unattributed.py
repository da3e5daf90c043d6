"""`smartwork invoice unattributed`: the unattributed stays of a month."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson, Month, parse_month
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable, Row, counted
from smartwork.db.network.centres import centre_slugs
from smartwork.db.settlement import statements
from smartwork.domain.settlement.statements import UnattributedStay
from smartwork.errors import InputError

Stays = Mapping[str, Sequence[UnattributedStay]]


def unattributed_command(
    *,
    month: Month = None,
    centre: Annotated[str | None, typer.Option(help="Slug of a centre. Default: all centres.")] = None,
    as_json: AsJson = False,
) -> None:
    """List unattributed stays: measured, named by no booking or check-in, and billed to nobody."""
    chosen = parse_month(month)
    with progress_bar() as progress, open_database(progress) as connection:
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
    sections: list[list[Row]] = [[_row(centre, stay) for stay in centre_stays] for centre, centre_stays in stays.items()]
    if not sections:
        return Text(
            f"There is no unattributed stay in {month:%B %Y}.\n"
            f"To reconcile the month: smartwork reconcile --month {month:%Y-%m}"
        )
    count, seconds = _sums(stays)
    total = [(Text("total", style="bold"), "", "", "", "", Text(_minutes(seconds), style="bold"))]
    hours, rest = divmod(round(seconds / 60), 60)
    return Group(
        FittedTable(f"Unattributed stays of {month:%B %Y}", columns, [*sections, total]),
        Text(f"{counted(count, 'stay')}, {hours} h {rest:02} min of presence: billed to nobody."),
        Text("Times are local times of the centre. The total is rounded once.", style="dim"),
    )


def _row(centre: str, stay: UnattributedStay) -> Row:
    zone = ZoneInfo(stay.timezone)
    start, end = stay.starts_at.astimezone(zone), stay.ends_at.astimezone(zone)
    return centre, f"{start:%a %Y-%m-%d}", stay.resource_name, f"{start:%H:%M}", f"{end:%H:%M}", _minutes(stay.occupied_s)


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:,.0f}".replace(",", "\u202f")


def _sums(stays: Stays) -> tuple[int, int]:
    seconds = [stay.occupied_s for centre_stays in stays.values() for stay in centre_stays]
    return len(seconds), sum(seconds)


def _json(month: date, stays: Stays) -> dict[str, object]:
    count, seconds = _sums(stays)
    return {
        "month": f"{month:%Y-%m}",
        "count": count,
        "presence_s": seconds,
        "walk_ins": [_stay_json(centre, stay) for centre, centre_stays in stays.items() for stay in centre_stays],
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
