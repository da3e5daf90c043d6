"""`smartwork reconcile`: the verdicts of a month."""

import json

from smartwork.cli.endpoints import database_url
from smartwork.cli.options import AsJson, Month, parse_month
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.verdicts import verdicts_json, verdicts_table
from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import require_current_schema
from smartwork.domain.time import local_month


def reconcile_command(*, month: Month = None, as_json: AsJson = False) -> None:
    """Give every booking that has ended and every walk-in of a month its verdict, and compute the month's daily figures."""
    from smartwork.jobs.bookings.reconcile_month import reconcile_month
    from smartwork.jobs.presence.daily_figures import summarise_month

    chosen = parse_month(month)
    with progress_bar() as progress, connect(url := database_url(progress)) as connection:
        require_current_schema(connection)
        at = now()
        sums = reconcile_month(connection, chosen, at, progress, database_url=url)
        summarise_month(connection, chosen, at, progress)
    if as_json:
        print(json.dumps(verdicts_json(chosen, sums), indent=2))
    else:
        out.print(verdicts_table(sums))
        if local_month(chosen, "UTC").end > at:
            until = f"{at:%Y-%m-%d %H:%M} UTC"
            out.print(f"The month is still running. Figures end at {until}; bookings that end later have no verdict yet.")
