"""Set aliases, one or a file of them."""

from pathlib import Path

from smartwork.db.bookings import aliases as store
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.importing import Fault
from smartwork.domain.bookings.names import Alias, Kind
from smartwork.errors import InputError
from smartwork.jobs.bookings.file_text import decode, read_bytes
from smartwork.jobs.bookings.sheet import read_csv_sheet

REQUIRED = ("name", "target")
OPTIONAL = ("source", "kind")
_KINDS: tuple[Kind, ...] = ("centre", "place", "member")
_MAX_LISTED = 20


def set_alias(connection: Connection, name: str, target: str, source: str, kind: str | None) -> tuple[Alias, bool]:
    """Store an alias; returns it, and whether it is new. Without `kind`, `target` says what it is. Raises InputError."""
    alias = _alias(connection, name, target, source, kind)
    return alias, store.put_aliases(connection, [alias]) == 1


def import_aliases(connection: Connection, file: Path, source: str) -> tuple[int, int]:
    """Store the aliases of a CSV file, all or none; returns how many are new, and how many there are.

    Columns: name, target, and optionally source (else `source`) and kind. Raises InputError that names each wrong line.
    """
    sheet = read_csv_sheet(decode(read_bytes(file), file))
    columns = [name.lower() for name in sheet.names]
    if missing := [name for name in REQUIRED if name not in columns]:
        raise InputError(
            f"Line {sheet.line} lacks the column {', '.join(missing)}. Expected: {', '.join(REQUIRED)}, and optionally "
            f"{', '.join(OPTIONAL)}."
        )
    aliases: list[Alias] = []
    faults: list[Fault] = []
    for row in sheet.rows:
        values = dict(zip(columns, row.cells, strict=False))
        try:
            aliases.append(
                _alias(
                    connection, values.get("name", ""), values.get("target", ""), values.get("source") or source,
                    values.get("kind") or None,
                )
            )  # fmt: skip
        except InputError as error:
            faults.append(Fault(row.line, "", str(error)))
    if faults:
        listed = [f"Line {fault.line}: {fault.reason}" for fault in faults[:_MAX_LISTED]]
        more = [f"… and {len(faults) - _MAX_LISTED} more"] if len(faults) > _MAX_LISTED else []
        raise InputError("\n".join([*listed, *more, "Nothing was stored."]))
    return store.put_aliases(connection, aliases), len(aliases)


def _alias(connection: Connection, name: str, target: str, source: str, kind: str | None) -> Alias:
    if kind is None:
        kinds = store.kinds_of_target(connection, target)
        if not kinds:
            raise InputError(
                f"{target[:60]!r} is neither a centre, nor a place (centre/place), nor the pseudonym of a member."
            )
        if len(kinds) > 1:
            raise InputError(f"{target[:60]!r} is a {' and a '.join(kinds)}; say which with --kind, or the column kind.")
        kind = kinds[0]
    known = next((each for each in _KINDS if each == kind), None)
    if known is None:
        raise InputError(f"{kind[:60]!r} is not a kind; expected {', '.join(_KINDS)}.")
    alias = Alias(source, known, name.strip(), target)
    if alias.fault:
        raise InputError(f"{name[:60]!r} cannot be an alias: {alias.fault}.")
    return alias
