"""Processes that draw documents: they are started if there are many documents, and end with their parent."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.documents.files import DoesNotAddUp, DrawingStopped, render
from smartwork.documents.worker_processes import MANY, workers
from tests.support.documents import invoice

_WAITING = f"""
import os, time
from smartwork.documents.worker_processes import workers
if __name__ == "__main__":
    with workers({MANY}) as pool:
        print(*{{pool.submit(os.getpid).result() for _ in range(8)}}, flush=True)
        time.sleep(60)
"""


_DRAWN = """
import gc, sys
from pathlib import Path
from smartwork.documents.files import render
from tests.support.documents import every_kind, mixed_invoice
texts = [one.canonical() for one in (*every_kind("fr"), mixed_invoice("nl"))]
render(texts, Path(sys.argv[1]), lambda *_: None)
gc.collect()
gc.disable()
render(texts, Path(sys.argv[1]), lambda *_: None)
print(gc.collect() // len(texts))
"""


def test_drawing_leaves_next_to_nothing_to_a_collector_which_workers_do_without(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", _DRAWN, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 50  # objects a document, those of the pool itself among them


def test_many_documents_are_drawn_in_processes_of_their_own_and_few_in_this_one() -> None:
    with workers(MANY) as pool:
        assert pool.submit(os.getpid).result() != os.getpid() or os.cpu_count() == 1
    with workers(MANY - 1) as pool:
        assert isinstance(pool, ThreadPoolExecutor)
        assert pool.submit(os.getpid).result() == os.getpid()


@pytest.mark.skipif(os.cpu_count() == 1, reason="one processor: documents are drawn in this process")
def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "waiting.py"
    script.write_text(_WAITING)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert pids
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if _runs(pid)]


def test_a_document_that_does_not_add_up_is_named_also_by_a_worker_process(tmp_path: Path) -> None:
    made = [invoice(lines=1, ordinal=n) for n in range(1, MANY + 1)]
    wrong = replace(made[-1], lines=(replace(made[-1].lines[0], net=Decimal("1.00")),))
    with pytest.raises(DoesNotAddUp, match=f"INV-2026-{MANY:05d} does not add up"):
        render([document.canonical() for document in (*made[:-1], wrong)], tmp_path, lambda *_: None)
    assert not list(tmp_path.glob(f"{wrong.number}*"))


@pytest.mark.skipif(os.cpu_count() == 1, reason="one processor: documents are drawn in this process")
def test_a_worker_that_the_system_ends_is_said_with_what_to_do(tmp_path: Path) -> None:
    made = [invoice(lines=1, ordinal=n).canonical() for n in range(1, MANY + 1)]
    with workers(MANY) as pool:
        os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(DrawingStopped, match="run the same command again"):
            render(made, tmp_path, lambda *_: None, pool)
    assert len(render(made, tmp_path, lambda *_: None)) == MANY


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"
