"""A statement file is known by its content, alone or in a zip, and its entries explain its balances."""

import io
import zipfile
from pathlib import Path

import pytest

from smartwork.errors import InputError
from smartwork.jobs.banking.statement_files import read_statement_files
from tests.support.bank_files import Listed, Paid, camt, coda

LISTED = Listed(1, "90.00", (Paid("5.00"),))


def written(folder: Path, content: bytes) -> Path:
    path = folder / "statement"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [coda(LISTED), camt(LISTED), b"\xef\xbb\xbf" + camt(LISTED)])
def test_a_file_is_known_by_its_content(content: bytes, tmp_path: Path) -> None:
    [file] = read_statement_files(written(tmp_path, content))
    assert [entry.amount for statement in file.statements for entry in statement.entries] == [5]


def test_a_zip_has_several_files(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/1.xml", camt(LISTED))
        archive.writestr("2.cod", coda(LISTED))
    files = read_statement_files(written(tmp_path, packed.getvalue()))
    assert [(file.name.split("/")[-1], len(file.statements)) for file in files] == [("1.xml", 1), ("2.cod", 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no bank statement"),
        (b"%PDF-1.7", "is no bank statement"),
        (b":20:MT940", "is no bank statement"),
        (b"PK\x03\x04 nothing", "cannot be unpacked"),
        (camt(Listed(1, "90.00", (Paid("5.00"),), closing="99.00")), r"differ by 9\.00, the entries add up to 5\.00"),
    ],
)
def test_anything_else_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read_statement_files(written(tmp_path, content))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_statement_files(tmp_path / "none.xml")
