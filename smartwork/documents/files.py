"""Write documents as PDF, UBL and CSV files: checked before they are written, several at a time."""

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from smartwork.documents.csv_lines import table
from smartwork.documents.drawers import drawn_as_issued, pages_of
from smartwork.documents.ubl import ubl
from smartwork.documents.worker_processes import workers
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import SmartworkError
from smartwork.progress import Progress

_STEP = "Rendering PDF, UBL and CSV"


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one document. Without `is_electronic` it is no e-invoice, and there is no file at `xml`."""

    pdf: Path
    xml: Path
    csv: Path
    is_electronic: bool = True


class NotWritable(SmartworkError):  # noqa: N818 - a state, as others of its kind
    """A document cannot be written where it was asked for."""


class DoesNotAddUp(SmartworkError):  # noqa: N818 - a state, as others of its kind
    """A document's figures do not follow from its own evidence, so it is not written."""


class DrawingStopped(SmartworkError):  # noqa: N818 - a state, as others of its kind
    """A worker process was ended from outside."""


def render(snapshots: Sequence[str], folder: Path, progress: Progress, pool: Executor | None = None) -> list[Files]:
    """Write `<number>-<account>` .pdf, .xml (of e-invoices) and .csv of each document into `folder`; always the same bytes.

    `snapshots` are their canonical texts. The workers of `pool` draw them; without a pool, workers are started. Files are
    replaced atomically. Raises NotWritable if the folder refuses, DoesNotAddUp where a document's figures do not follow
    from its evidence, and DrawingStopped where a worker process was ended.
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
    if problems := faults(document):
        first = problems[0]
        where = f"line {first.line}" if first.line else "document"
        raise DoesNotAddUp(
            f"{document.number} does not add up at {where}: {first.what} is {first.stated}, "
            f"its evidence says {first.computed}. Nothing of it was written; run `smartwork audit`."
        )
    xml = ubl(document, canonical)
    name = f"{document.number}-{document.account}"
    pdf, xml_file, csv = (folder / f"{name}.{kind}" for kind in ("pdf", "xml", "csv"))
    files = Files(pdf, xml_file, csv, document.is_electronic)
    if files.is_electronic:
        # The XML within the PDF has no PDF in it: each holds the other once.
        _replace(files.xml, ubl(document, canonical, pages_of(document, canonical)) if document.pdf_in_xml else xml)
    _replace(files.csv, table(document))
    _replace(files.pdf, drawn_as_issued(document, canonical, xml))
    return files


def _replace(path: Path, content: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)
