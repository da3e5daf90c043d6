"""Put a file of agreements in force: read, check, compare, replace in one transaction, and keep both versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from smartwork.db.billing import agreements as stored
from smartwork.db.billing import agreements_in_use as in_use
from smartwork.db.core.connection import Connection
from smartwork.db.network.centres import centre_slugs
from smartwork.db.settlement import settlements
from smartwork.domain.billing.agreements import AgreementChange, AgreementProblem, Agreements, changes, problems, with_sold
from smartwork.domain.billing.agreements_in_use import AgreementsInUse, in_use_problems
from smartwork.domain.billing.changed_months import CORRECTION_WINDOW_MONTHS
from smartwork.domain.time import months_later
from smartwork.errors import InputError, SmartworkError
from smartwork.jobs.billing.agreements_file import read, write


class RemovalNotConfirmed(SmartworkError):  # noqa: N818 - says what would happen
    """A file leaves out what is in force, and nobody said that this is meant."""


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What a file came to: why it is not taken in, or what it changes; `version` is None where nothing was written.

    `billed_to` is the last month with a document: what changes up to it becomes corrections.
    """

    problems: tuple[AgreementProblem, ...]
    changes: tuple[AgreementChange, ...]
    version: int | None
    billed_to: date | None


def show(connection: Connection) -> str:
    """What is agreed now, as a file."""
    return write(stored.in_force(connection)[0])


def apply_file(connection: Connection, file: Path, at: datetime, *, remove: bool, dry_run: bool) -> ApplyResult:
    """Put the agreements of `file` in force, as of `at`; the same file again changes nothing.

    Raises InputError where the file cannot be read, RemovalNotConfirmed where it leaves out entries and `remove` is not set.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"Cannot read {file}: {reason}.") from error
    return _apply(connection, read(text, str(file)), at, file.name, remove=remove, dry_run=dry_run)


def restore(connection: Connection, version: int, at: datetime, *, dry_run: bool) -> ApplyResult:
    """Put a kept version in force again, as a new one; raises InputError where there is none."""
    wanted = read(stored.content(connection, version), f"version {version}")
    return _apply(connection, wanted, at, f"version {version} again", remove=True, dry_run=dry_run)


def _apply(
    connection: Connection, wanted: Agreements, at: datetime, note: str, *, remove: bool, dry_run: bool
) -> ApplyResult:
    with connection.transaction():
        stored.lock(connection)
        before, billed = stored.in_force(connection)
        billed_to = in_use.newest_billed_month(connection)
        found = problems(wanted, before, centre_slugs(connection), billed)
        found += in_use_problems(wanted, before, _issued(connection, billed, billed_to))
        wanted = with_sold(wanted, before, billed)
        different = changes(before, wanted)
        if found or dry_run or not different:
            return ApplyResult(tuple(found), tuple(different), None, billed_to)
        if not remove:
            _require_kept(different)
        if not stored.versions(connection):
            stored.put_version(connection, at, "before the first file", write(before))
        stored.replace(connection, before, wanted)
        version = stored.put_version(connection, at, note, write(stored.in_force(connection)[0]))
    return ApplyResult((), tuple(different), version, billed_to)


def _issued(connection: Connection, orders: frozenset[tuple[str, str]], billed_to: date | None) -> AgreementsInUse:
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
    )


def _require_kept(different: Sequence[AgreementChange]) -> None:
    gone = [change.what for change in different if change.kind == "removed"]
    if gone:
        named = "; ".join(gone[:5]) + (f"; and {len(gone) - 5} more" if len(gone) > 5 else "")
        raise RemovalNotConfirmed(
            f"{len(gone)} of what is in force {'is' if len(gone) == 1 else 'are'} not in the file: {named}. "
            "Nothing was written. Put them into the file (smartwork agreements show prints them), or add --remove."
        )
