"""Putting a file of agreements in force: read, check, compare, and replace in one transaction; versions are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from smartwork.db.billing import agreements as stored
from smartwork.db.billing import agreements_in_use as in_use
from smartwork.db.billing.orders import billed_orders
from smartwork.db.core.book_entries import recording
from smartwork.db.core.connection import Connection
from smartwork.db.network.centres import centre_slugs
from smartwork.db.settlement import settlements
from smartwork.domain.billing.agreements import AgreementChange, AgreementProblem, Agreements, changes, problems, with_sold
from smartwork.domain.billing.agreements_in_use import AgreementsInUse, in_use_problems, with_vat_history
from smartwork.domain.billing.changed_months import CORRECTION_WINDOW_MONTHS
from smartwork.domain.time import months_later
from smartwork.errors import InputError, SmartworkError
from smartwork.jobs.billing.agreements_file import read, write


class RemovalNotConfirmed(SmartworkError):  # noqa: N818 - names what is missing
    """A file leaves out entries that are in force, and `remove` is not set."""


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The result of applying a file: its problems, or its changes. `version` is None if nothing was written.

    `billed_to` is the last month with a document: changes up to it become corrections.
    """

    problems: tuple[AgreementProblem, ...]
    changes: tuple[AgreementChange, ...]
    version: int | None
    billed_to: date | None


def show(connection: Connection) -> str:
    """The agreements in force, as the text of a file."""
    return write(stored.in_force(connection)[0])


def apply_file(connection: Connection, file: Path, at: datetime, *, remove: bool, dry_run: bool) -> ApplyResult:
    """Put the agreements of `file` in force at the instant `at`. Applying the same file again changes nothing.

    Raises InputError if the file cannot be read, RemovalNotConfirmed if it leaves out entries and `remove` is not set.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its text is not UTF-8"
        raise InputError(f"Cannot read {file}: {reason}.") from error
    return _apply(connection, read(text, str(file)), at, file.name, remove=remove, dry_run=dry_run)


def restore(connection: Connection, version: int, at: datetime, *, dry_run: bool) -> ApplyResult:
    """Put an earlier version in force again, as a new version; raises InputError if it does not exist."""
    wanted = read(stored.content(connection, version), f"version {version}")
    return _apply(connection, wanted, at, f"version {version} again", remove=True, dry_run=dry_run)


def _apply(
    connection: Connection, wanted: Agreements, at: datetime, note: str, *, remove: bool, dry_run: bool
) -> ApplyResult:
    with recording(connection):
        stored.lock(connection)
        before, billed = stored.in_force(connection)
        billed_to = in_use.newest_billed_month(connection)
        used = _in_use(connection, billed, billed_to)
        wanted = with_vat_history(wanted, before, used)
        listed = problems(wanted, before, centre_slugs(connection), billed)
        listed += in_use_problems(wanted, before, used)
        wanted = with_sold(wanted, before, billed)
        different = changes(before, wanted)
        if listed or dry_run or not different:
            return ApplyResult(tuple(listed), tuple(different), None, billed_to)
        if not remove:
            _require_no_removal(different)
        if not stored.versions(connection):
            stored.put_version(connection, at, "before the first file", write(before))
        stored.replace(connection, before, wanted)
        version = stored.put_version(connection, at, note, write(stored.in_force(connection)[0]))
    return ApplyResult((), tuple(different), version, billed_to)


def _in_use(connection: Connection, orders: frozenset[tuple[str, str]], billed_to: date | None) -> AgreementsInUse:
    if billed_to is None:
        return AgreementsInUse(orders, hours_left=in_use.hours_left(connection))
    since = months_later(billed_to, -CORRECTION_WINDOW_MONTHS)
    settled = settlements.settled_months(connection, since, billed_to)
    return AgreementsInUse(
        orders,
        in_use.last_billed_months(connection),
        in_use.hours_left(connection),
        in_use.billed_days(connection, since),
        [(centre, month) for centre, months in settled.items() for month in months],
        billed_orders(connection, since),
    )


def _require_no_removal(different: Sequence[AgreementChange]) -> None:
    gone = [change.what for change in different if change.kind == "removed"]
    if gone:
        named = "; ".join(gone[:5]) + (f"; and {len(gone) - 5} more" if len(gone) > 5 else "")
        raise RemovalNotConfirmed(
            f"{'1 entry in force is' if len(gone) == 1 else f'{len(gone)} entries in force are'} not in the file: {named}. "
            "Nothing was written. Add them to the file (smartwork agreements show prints them), or use --remove."
        )
