"""The bank statements of files: camt.053 or CODA, alone or in a zip; which it is, is found by content."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smartwork.domain.banking.statement import BankStatement
from smartwork.errors import InputError
from smartwork.jobs.banking.camt_file import read_camt
from smartwork.jobs.banking.coda_file import is_coda, read_coda

_MAX_BYTES = 64 * 2**20
_MAX_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file of statements: its name, the SHA-256 of its content, and what it lists."""

    name: str
    digest: bytes
    statements: tuple[BankStatement, ...]


def read_statement_files(path: Path) -> list[StatementFile]:
    """The statement files of `path`: one, or those of a zip. Raises InputError."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is larger than {_MAX_BYTES // 2**20} MB. Ask the bank for shorter periods.")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if content.startswith(b"PK\x03\x04"):
        return [_read(inner, f"{path}/{name}") for name, inner in _members(content, path)]
    return [_read(content, str(path))]


def _read(content: bytes, name: str) -> StatementFile:
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or content.startswith(
        (b"\xff\xfe<", b"\xfe\xff\x00<")
    ):
        statements = read_camt(content, name)
    elif is_coda(content):
        statements = read_coda(content, name)
    else:
        raise InputError(f"{name} is no bank statement: expected camt.053 (XML) or CODA, or a zip of them.")
    for statement in statements:
        if statement.unexplained:
            raise InputError(
                f"{statement.where}: the entries of statement {statement.number} do not explain its balances: "
                f"{statement.opening} and {statement.closing} differ by {statement.closing - statement.opening}, the entries "
                f"add up to {statement.closing - statement.opening - statement.unexplained}. Fetch the file again."
            )
    return StatementFile(name, hashlib.sha256(content).digest(), tuple(statements))


def _members(content: bytes, path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > _MAX_MEMBERS or sum(info.file_size for info in members) > _MAX_BYTES:
                raise InputError(
                    f"{path} has more than {_MAX_MEMBERS} files or {_MAX_BYTES // 2**20} MB. Import it in parts."
                )
            if not members:
                raise InputError(f"{path} is empty.")
            for info in members:
                with archive.open(info) as member:
                    inner = member.read(_MAX_BYTES + 1)
                yield info.filename, inner
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path} cannot be unpacked: {error}. Fetch it again, or unpack it first.") from error
