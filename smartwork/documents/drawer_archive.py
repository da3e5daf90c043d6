"""Keep the program that draws documents of one version as an archive of its source, and draw with it later.

`make drawer` writes the archive of the version in `DRAWING`, before a change that draws other pages raises that number. An
archive holds the modules that draw, their templates and texts, and `draw.py`, which reads a snapshot and writes its PDF. The
two of November 2026 are named after what their PDFs state, as their snapshots state no version.
"""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from smartwork.domain.billing.invoice import DRAWING
from smartwork.errors import SmartworkError

_FOLDER = Path(str(files("smartwork.documents").joinpath("drawer_archives")))
_DATA = ("smartwork/documents/templates", "smartwork/translations")
_DRAW = '''"""Draw the snapshot that stdin holds as this version of smartwork did: its PDF goes to stdout.

With the argument `pages` it is the PDF that the XML embeds.
"""

import json
import sys

from smartwork.documents.pdf import pages_pdf, pdf
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import Invoice

canonical = sys.stdin.buffer.read().decode()
invoice = Invoice.parse(json.loads(canonical))
only_pages = sys.argv[1:] == ["pages"]
sys.stdout.buffer.write(pages_pdf(invoice, canonical) if only_pages else pdf(invoice, canonical, ubl(invoice, canonical)))
'''
_LONGEST_S = 120


class DrawerFailed(SmartworkError):  # noqa: N818 - a state, as others of its kind
    """An archived drawer does not run on this installation."""


def is_kept(drawing: str) -> bool:
    """Whether there is an archive of the drawer of that version."""
    return drawing.isalnum() and (_FOLDER / f"{drawing}.zip").is_file()


def drawn_by(drawing: str, canonical: str, *, only_pages: bool = False) -> bytes:
    """The PDF of a snapshot, drawn by the archived drawer of a version; with `only_pages` as its XML embeds it.

    Raises DrawerFailed.
    """
    with TemporaryDirectory() as folder:
        with ZipFile(_FOLDER / f"{drawing}.zip") as archive:
            archive.extractall(folder)
        what = ["pages"] if only_pages else []
        command, env = [sys.executable, "-B", f"{folder}/draw.py", *what], {**os.environ, "PYTHONPATH": folder}
        try:
            return subprocess.run(
                command, input=canonical.encode(), capture_output=True, check=True, timeout=_LONGEST_S, env=env
            ).stdout
        except subprocess.SubprocessError as error:
            raise DrawerFailed(
                f"The drawer of version {drawing} does not run here ({error}). Install what requirements/ names."
            ) from error


def keep() -> Path:
    """Write the archive of the drawer of today, and return its path."""
    root = Path(str(files("smartwork"))).parent
    modules = {Path(str(module.__file__)) for name, module in sys.modules.items() if name.partition(".")[0] == "smartwork"}
    data = {path for folder in _DATA for path in (root / folder).rglob("*") if path.suffix in (".typ", ".po")}
    path = _FOLDER / f"{DRAWING}.zip"
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(ZipInfo("draw.py"), _DRAW, ZIP_DEFLATED)
        for source in sorted(modules | data):
            archive.writestr(ZipInfo(source.relative_to(root).as_posix()), source.read_bytes(), ZIP_DEFLATED)
    return path


if __name__ == "__main__":
    from smartwork.documents import pdf, ubl  # noqa: F401 - what draws is what they import

    print(keep())
