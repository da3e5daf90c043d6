"""`smartwork bookings feeds`: calendars that are polled over HTTP."""

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from smartwork import clock
from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.errors import InputError, SmartworkError

if TYPE_CHECKING:
    from smartwork.db.bookings.feeds import Feed
    from smartwork.jobs.bookings.poll_feed import Poll

feeds_app = typer.Typer(help="Calendars of other booking systems that are polled over HTTP.", no_args_is_help=True)
_SECRETS = ("feed_id", "etag", "last_modified")
"""Fields of a feed that are of no use to an operator."""


class FeedsFailed(SmartworkError):  # noqa: N818
    """Feeds could not be read; what was wrong with each is printed before."""


@feeds_app.command("list")
def list_command(*, as_json: AsJson = False) -> None:
    """List the feeds with their last success and fault. Addresses are shown without path and token."""
    from smartwork.db.bookings.feeds import feeds

    with progress_bar() as progress, open_database(progress) as connection:
        found = feeds(connection)
    if as_json:
        listed = [{name: value for name, value in asdict(feed).items() if name not in _SECRETS} for feed in found]
        print(json.dumps(listed, indent=2, default=lambda value: value.isoformat()))
        return
    columns = [
        Column("Feed", whole=True), Column("Of", rank=1), Column("Server", rank=3),
        Column("Every (min)", rank=4, figures=True), Column("Last success (UTC)"), Column("Last change (UTC)", rank=5),
        Column("Next poll (UTC)", rank=2), Column("State"),
    ]  # fmt: skip
    rows = [
        (
            feed.name,
            "/".join(part for part in (feed.centre, feed.resource) if part) or "–",
            feed.server,
            f"{feed.interval_s / 60:.0f}",
            _time(feed.last_success_at),
            _time(feed.last_change_at),
            _time(feed.next_poll_at),
            _state(feed),
        )
        for feed in found
    ]
    out.print(FittedTable("Calendar feeds", columns, [rows]))


@feeds_app.command("set")
def set_command(
    name: Annotated[str, typer.Argument(help="Name of the feed: a-z, digits, hyphens.")],
    url: Annotated[
        str,
        typer.Argument(
            help="Address of the calendar, with its token. -: from standard input, where a second line may be a header such "
            "as 'Authorization: Bearer TOKEN'; then no token is in the history of the shell."
        ),
    ] = "-",
    *,
    centre: Annotated[str | None, typer.Option(help="Slug of the centre for events that name none.")] = None,
    place: Annotated[str | None, typer.Option(help="Slug of the desk or room whose calendar it is.")] = None,
    every: Annotated[int, typer.Option(min=5, max=1_440, help="Minutes between polls.")] = 15,
    trusted_network: Annotated[
        bool, typer.Option("--trusted-network", help="Allow http, and servers with private addresses.")
    ] = False,
) -> None:
    """Create or change a feed. It is polled from the next round on, and bookings that it made before stay its own."""
    from smartwork.contracts.topics import is_slug
    from smartwork.db.bookings.feeds import FeedSettings, put_feed
    from smartwork.domain.bookings.feed_address import AddressRefused, parse_feed_url

    if not is_slug(name):
        raise InputError(f"{name!r} is not a name; expected a-z, digits and hyphens, at most 48")
    if place and not centre:
        raise InputError("--place needs --centre: places have their names in a centre")
    address, header = _secret(sys.stdin.read() if url == "-" else url)
    try:
        parsed = parse_feed_url(address, is_trusted=trusted_network)
    except AddressRefused as error:
        raise InputError(f"URL: {error}.") from None
    settings = FeedSettings(name, centre, place, parsed.shown, timedelta(minutes=every), trusted_network)
    with progress_bar() as progress, open_database(progress) as connection:
        is_new = put_feed(connection, settings, (address, header), clock.now())
    if is_new is None:
        raise InputError(f"There is no {f'place {place} in centre {centre}' if place else f'centre {centre}'}.")
    out.print(f"{'Created' if is_new else 'Changed'}: {name}, polled every {every} minutes.", highlight=False)


@feeds_app.command("remove")
def remove_command(name: Annotated[str, typer.Argument(help="Name of the feed.")]) -> None:
    """Forget a feed and its token. The bookings that it made stay."""
    from smartwork.db.bookings.feeds import remove_feed

    with progress_bar() as progress, open_database(progress) as connection:
        if not remove_feed(connection, name):
            raise InputError(f"There is no feed {name[:48]!r}. `smartwork bookings feeds list` lists them.")
    out.print(f"Removed: {name}. Its bookings stay.", highlight=False)


@feeds_app.command("poll")
def poll_command(
    names: Annotated[list[str] | None, typer.Argument(help="Names of feeds. Default: all.")] = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and poll each feed when it is due, until it is ended.")
    ] = False,
    believe: Annotated[
        bool, typer.Option("--believe", help="Cancel the bookings of missing events at once, however many they are.")
    ] = False,
) -> None:
    """Poll feeds now, due or not. The exit status is 1 if one cannot be read or if events of one were refused."""
    from smartwork.db.bookings.feeds import feeds
    from smartwork.jobs.bookings.poll_feed import poll_feed

    if watch:
        if names or believe:
            raise InputError("--watch polls all feeds as they are due; it takes no names and no --believe")
        _watch()
        return
    with progress_bar() as progress, open_database(progress) as connection:
        found = feeds(connection, names or None)
        if unknown := set(names or ()) - {feed.name for feed in found}:
            raise InputError(f"There is no feed {', '.join(sorted(unknown))[:100]!r}.")
        polls = []
        for done, feed in enumerate(found):
            progress(f"Polling {feed.name}", done, len(found))
            polls.append(poll_feed(connection, feed, clock.now, is_believed=believe))
    for poll in polls:
        _print(poll)
    bad = [poll for poll in polls if poll.fault or (poll.imported and poll.imported.plan.refused)]
    if bad:
        raise FeedsFailed(f"{len(bad)} of {len(polls)} feeds {'has' if len(bad) == 1 else 'have'} faults.")


def _watch() -> None:
    """Poll feeds as they are due until SIGTERM or Ctrl-C. A database that is away is waited for."""
    from smartwork.health_server import health_server
    from smartwork.jobs.bookings.watch_feeds import FeedWatch, watch_feeds
    from smartwork.json_log import log_as_json
    from smartwork.settings import FeedWatchSettings

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    settings = FeedWatchSettings.from_env(os.environ)
    log_as_json("feeds")
    watch = FeedWatch(clock.now, stop)
    with health_server(watch.health, settings.health_port):
        watch_feeds(settings.database_url, watch)


def _secret(text: str) -> tuple[str, str | None]:
    """The address and the header in a text; raises InputError that contains neither."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines or len(lines) > 2:
        raise InputError("URL: expected the address, and on a second line at most one header")
    header = lines[1] if len(lines) == 2 else None
    if header is not None:
        name, colon, value = header.partition(":")
        is_name = bool(colon) and name.replace("-", "").isalnum() and name.isascii()
        if not is_name or not value.strip() or not header.isprintable() or not header.isascii() or len(header) > 4_000:
            raise InputError("URL: the second line must be a header such as 'Authorization: Bearer TOKEN'")
    return lines[0], header


def _print(poll: "Poll") -> None:
    if poll.fault or poll.is_busy:
        text = Text(poll.fault or "another process polls it at this moment", style="red" if poll.fault else "")
        out.print(Text(f"{poll.feed}: ").append_text(text))
        return
    plan = poll.imported.plan if poll.imported else None
    counts = (
        f"{len(plan.created)} new, {len(plan.changed)} changed, {len(plan.cancelled) + poll.cancelled} cancelled, "
        f"{len(plan.unchanged)} unchanged, {len(plan.refused)} refused"
        if plan
        else f"not changed, {poll.cancelled} cancelled"
    )
    doubted = f"; {poll.doubted} bookings whose events are missing stay for now" if poll.doubted else ""
    out.print(Text(f"{poll.feed}: {counts}{doubted}."))
    for row in plan.refused[:20] if plan else ():
        out.print(Text(f"  line {row.line}, {row.field}: {row.reason}"))


def _state(feed: "Feed") -> Text:
    if feed.fault:
        return Text(f"failing since {_time(feed.failing_since)}: {feed.fault}", style="red")
    parts: Sequence[str] = [
        f"{feed.refused} events refused" if feed.refused else "",
        f"{feed.doubted} missing events in doubt" if feed.doubted else "",
    ]
    said = ", ".join(part for part in parts if part)
    return Text(said, style="yellow") if said else Text("in order" if feed.last_success_at else "not polled yet")


def _time(at: datetime | None) -> str:
    return "never" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
