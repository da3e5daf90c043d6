"""`smartwork recover`: store readings that were rejected because a gateway's clock was ahead."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import number
from smartwork.cli.options import AsJson, parse_instant
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now


def recover_command(
    *,
    centre: Annotated[str, typer.Option("--centre", help="The centre's name in topics.")],
    since: Annotated[str, typer.Option("--since", help="Readings that arrived at this instant or later, ISO 8601.")],
    until: Annotated[str, typer.Option("--until", help="Readings that arrived before this instant, ISO 8601.")],
    ahead_s: Annotated[float, typer.Option("--ahead-s", min=1, help="How far the clock was ahead, in seconds.")],
    as_json: AsJson = False,
) -> None:
    """Store a centre's readings that were rejected because its clock was ahead, under their true times.

    The alarm `clock_wrong` says how far the clock was ahead. Needs the rights of the owner of the tables.
    """
    from smartwork.db.ledger.recovery import recover_readings

    start, end = parse_instant(since, "--since"), parse_instant(until, "--until")
    with progress_bar() as progress, open_database(progress) as connection:
        done = recover_readings(connection, centre, start, end, timedelta(seconds=-ahead_s), now())
    if as_json:
        print(json.dumps({"stored": done.count}))
    else:
        out.print(f"{number(done.count)} readings are stored under their true times.")
