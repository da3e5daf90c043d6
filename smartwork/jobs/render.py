"""Invoices into files: a PDF and a UBL a company, drawn side by side on all cores."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from smartwork.domain.invoice import Invoice
from smartwork.errors import SmartworkError
from smartwork.jobs.documents.pdf import pdf
from smartwork.jobs.documents.ubl import ubl

Progress = Callable[[str, int, int], None]
"""Told the name of a step, how much of it is done, and of how much."""
_WORTH_A_PROCESS = 12


@dataclass(frozen=True, slots=True)
class Files:
    """Where an invoice was written."""

    pdf: Path
    xml: Path


class NotWritable(SmartworkError):  # noqa: N818 - the state of a folder
    """A document cannot be written where it was asked for."""


def render(invoices: Sequence[Invoice], folder: Path, progress: Progress) -> list[Files]:
    """Write `<number>-<company>.pdf` and `.xml` of each invoice into `folder`, in order; the same bytes every time.

    A file is there whole or not at all. Raises NotWritable where the folder refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _render(invoices, folder, progress)
    except OSError as error:
        raise NotWritable(
            f"Cannot write to {folder}: {error.strerror}. Choose another folder; what is issued stays issued, "
            "and billing the same month again writes the files."
        ) from error


def _render(invoices: Sequence[Invoice], folder: Path, progress: Progress) -> list[Files]:
    workers = min(os.cpu_count() or 1, len(invoices) // _WORTH_A_PROCESS + 1)
    done = []
    if workers == 1:
        for invoice in invoices:
            done.append(_write(invoice, folder))
            progress("Rendering PDF and UBL", len(done), len(invoices))
        return done
    # Spawned, not forked: a fork would carry the caller's database connection and threads along.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for files in pool.map(_write, invoices, [folder] * len(invoices)):
            done.append(files)
            progress("Rendering PDF and UBL", len(done), len(invoices))
    return done


def _write(invoice: Invoice, folder: Path) -> Files:
    canonical = invoice.canonical()
    xml = ubl(invoice, canonical)
    name = f"{invoice.number}-{invoice.account}"
    files = Files(folder / f"{name}.pdf", folder / f"{name}.xml")
    _replace(files.xml, xml)
    _replace(files.pdf, pdf(invoice, canonical, xml))
    return files


def _replace(path: Path, content: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)
