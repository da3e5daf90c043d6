"""Name the pages on which two PDFs differ, in a process of its own that is stopped when it takes too much.

Whether a PDF is right is known before, from its bytes. This reads the texts that somebody else wrote into it, only to say
where to look. So it may fail: what it reads may be made to take all memory and time.
"""

import json
import subprocess
import sys
from dataclasses import dataclass

_WAIT_S = 60
"""For a process that gets no processor."""


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
    command = [sys.executable, "-m", "smartwork.documents.page_texts", str(len(stated))]
    try:
        ran = subprocess.run(command, input=stated + computed, capture_output=True, check=True, timeout=_WAIT_S)
        return PageDifferences(**json.loads(ran.stdout))
    except (subprocess.SubprocessError, ValueError, TypeError):
        return None
