"""Draw a long document again in a process of its own, which is stopped when it takes more than such a document does.

The typesetter keeps what it laid out: half a megabyte for a line. So the process that verifies does not grow with a document.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

from smartwork.documents.pdf import pages_pdf, pdf
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import Invoice

MANY_LINES = 200
"""Documents of more lines are drawn in a process of their own. The process takes half a second to start."""
_CPU_S, _CPU_S_PER_LINE = 10, 0.02
_MEMORY, _MEMORY_PER_LINE = 2 * 2**30, 2**20
"""Of addresses, most of which the typesetter's threads reserve without using them."""
_WAIT_S = 600


class TakesTooMuch(ValueError):  # noqa: N818 - a state, as others of its kind
    """Drawing a document takes more time or memory than one of so many lines does. The text says of which."""


def drawn_within_limits(invoice: Invoice, canonical: str, *, only_pages: bool = False) -> bytes:
    """The PDF of a snapshot, drawn by today's version; with `only_pages` as its XML embeds it. Raises TakesTooMuch."""
    lines = len(invoice.lines)
    limits = [str(int(_CPU_S + lines * _CPU_S_PER_LINE)), str(_MEMORY + lines * _MEMORY_PER_LINE), str(int(only_pages))]
    root = str(Path(__file__).parents[2])
    command, env = [sys.executable, "-m", "smartwork.documents.limited_drawing", *limits], {**os.environ, "PYTHONPATH": root}
    try:
        ran = subprocess.run(command, input=canonical.encode(), capture_output=True, check=True, timeout=_WAIT_S, env=env)
    except subprocess.SubprocessError as error:
        raise TakesTooMuch(f"its {lines} lines cannot be drawn in the time and memory that so many lines take") from error
    return ran.stdout


def _main() -> None:
    cpu_s, memory, only_pages = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    canonical = sys.stdin.buffer.read().decode()
    invoice = Invoice.read(canonical)
    if only_pages:
        made = pages_pdf(invoice, canonical)
    else:
        made = pdf(invoice, canonical, ubl(invoice, canonical) if invoice.is_electronic else b"")
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    _main()
