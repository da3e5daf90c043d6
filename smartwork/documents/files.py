"""Documents into files: PDF, UBL and CSV of each, checked before they are written, drawn side by side."""

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from smartwork.documents.csv_lines import table
from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.worker_processes import workers
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import SmartworkError
from smartwork.progress import Progress

_STEP = "Rendering PDF, UBL and CSV"


@dataclass(frozen=True, slots=True)
class Files:
    """Where a document was written."""

    pdf: Path
    xml: Path
    csv: Path


class NotWritable(SmartworkError):  # noqa: N818 - the state of a folder
    """A document cannot be written where it was asked for."""


class DoesNotAddUp(SmartworkError):  # noqa: N818 - what was found
    """A document's figures do not follow from its own evidence, so it is not written."""


class DrawingStopped(SmartworkError):  # noqa: N818 - what happened
    """A process that draws documents was ended from outside."""


def render(snapshots: Sequence[str], folder: Path, progress: Progress, pool: Executor | None = None) -> list[Files]:
    """Write `<number>-<account>` .pdf, .xml and .csv of each document into `folder`; the same bytes every time.

    `snapshots` are their canonical texts; the `workers` in `pool` draw them, else some of its own. A file is there whole or
    not at all. Raises NotWritable where the folder refuses, DoesNotAddUp where a document's figures do not hold, and
    DrawingStopped where a process that draws was ended.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with nullcontext(pool) if pool else workers(len(snapshots)) as drawers:
            return _render(snapshots, folder, progress, drawers)
    except OSError as error:
        raise NotWritable(
            f"Cannot write to {folder}: {error.strerror}. Choose another folder; what is issued stays issued, "
            "and billing the same month again writes the files."
        ) from error
    except BrokenExecutor as error:
        raise DrawingStopped(
            "A process that draws documents was ended from outside, as systems do when memory runs out. What is issued stays "
            "issued: make room, and run the same command again, which writes all the files."
        ) from error


def _render(snapshots: Sequence[str], folder: Path, progress: Progress, pool: Executor) -> list[Files]:
    done = []
    for files in pool.map(_write, snapshots, repeat(folder)):
        done.append(files)
        progress(_STEP, len(done), len(snapshots))
    return done


def _write(canonical: str, folder: Path) -> Files:
    document = Invoice.read(canonical)
    if found := faults(document):
        first = found[0]
        where = f"line {first.line}" if first.line else "document"
        raise DoesNotAddUp(
            f"{document.number} does not add up at {where}: {first.what} is {first.stated}, "
            f"its evidence says {first.computed}. Nothing of it was written; run `smartwork audit`."
        )
    xml = ubl(document, canonical)
    name = f"{document.number}-{document.account}"
    files = Files(folder / f"{name}.pdf", folder / f"{name}.xml", folder / f"{name}.csv")
    _replace(files.xml, xml)
    _replace(files.csv, table(document))
    _replace(files.pdf, pdf(document, canonical, xml))
    return files


def _replace(path: Path, content: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)
