"""The process that reads the texts of two PDFs for `page_differences`, within limits of time and memory."""

import json
import resource
import signal
import sys
from io import BytesIO

from pypdf import PageObject, PdfReader

_CPU_S = 3
"""Of work after the start of the process, which takes a tenth of a second for what our typesetter wrote."""
_MEMORY = 400 * 2**20
"""Of addresses, most of which Python and pypdf reserve without using them."""
_PAGES_NAMED = 10
"""The most changed pages that are named."""
_FIRST_PAGES = 4
"""The most pages that a first page may flow over."""


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
