"""Name the pages on which two PDFs differ, in a process of its own that is stopped when it takes too much.

Whether a PDF is right is known before, from its bytes. This reads the texts that somebody else wrote into it, only to say
where to look. So it may fail: what it reads may be made to take all memory and time.
"""

import json
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO

from pypdf import PageObject, PdfReader

_CPU_S = 3
"""Of work after the start of the process, which takes a tenth of a second for what our typesetter wrote."""
_WAIT_S = 60
"""For a process that gets no processor."""
_MEMORY = 400 * 2**20
"""Of addresses, most of which Python and pypdf reserve without using them."""
_PAGES_NAMED = 10
"""The most changed pages that are named."""
_FIRST_PAGES = 4
"""The most pages that a first page may flow over."""


@dataclass(frozen=True, slots=True)
class PageDifferences:
    """The texts of the pages that a first page may flow over, the numbers of pages, and the pages whose texts differ.

    A page that differs has its number and its lines of text, stated and computed.
    """

    first_pages: list[list[str]]
    stated_pages: int
    computed_pages: int
    changed: list[tuple[int, list[str], list[str]]]


def page_differences(stated: bytes, computed: bytes) -> PageDifferences | None:
    """Where the texts of two PDFs differ; None if they cannot be read in time and memory."""
    command = [sys.executable, "-m", "smartwork.documents.page_differences", str(len(stated))]
    try:
        ran = subprocess.run(command, input=stated + computed, capture_output=True, check=True, timeout=_WAIT_S)
        return PageDifferences(**json.loads(ran.stdout))
    except (subprocess.SubprocessError, ValueError, TypeError):
        return None


def _drawn(page: PageObject) -> bytes:
    contents = page.get_contents()
    return b"" if contents is None else contents.get_data()


def _main() -> None:
    signal.setitimer(signal.ITIMER_PROF, _CPU_S)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    both, size = sys.stdin.buffer.read(), int(sys.argv[1])
    stated, computed = PdfReader(BytesIO(both[:size])).pages, PdfReader(BytesIO(both[size:])).pages
    first = [page.extract_text().splitlines() for page in stated[:_FIRST_PAGES]]
    changed: list[tuple[int, list[str], list[str]]] = []
    for number, pair in enumerate(zip(stated, computed, strict=False), start=1):
        if len(changed) < _PAGES_NAMED and _drawn(pair[0]) != _drawn(pair[1]):
            left, right = (page.extract_text().splitlines() for page in pair)
            if left != right:
                changed.append((number, left, right))
    found = {"first_pages": first, "stated_pages": len(stated), "computed_pages": len(computed), "changed": changed}
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
