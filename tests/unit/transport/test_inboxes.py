"""Waiting for messages: it ends in time, whatever signals come. A service asked to stop must not wait for a message."""

import subprocess
import sys
import threading
import time

import pytest

from ingest.fair_inbox import FairInbox
from smartwork.transport.mqtt import Delivery, FirstInFirstOut, Inbox
from tests.support.project import ROOT

MESSAGE = Delivery("sw/v1/mons/readings/gateway", b"{}", retained=False, qos=1, mid=1, connection=1)
WAITS = 300
_UNDER_SIGNALS = f"""
import os, random, signal, threading, time
from ingest.fair_inbox import FairInbox
from smartwork.transport.mqtt import FirstInFirstOut

def send_signals():
    while True:
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(random.uniform(0, 0.002))

signal.signal(signal.SIGUSR1, lambda *_: None)
inbox = {{inbox}}
threading.Thread(target=send_signals, daemon=True).start()
for _ in range({WAITS}):
    assert inbox.take(1, timeout_s=0.001) == []
"""


@pytest.mark.parametrize("inbox", ["FirstInFirstOut()", "FairInbox(10)"])
def test_a_wait_ends_in_time_although_signals_arrive(inbox: str) -> None:
    """A signal that arrives when the time is nearly over made the queue of the standard library wait for ever."""
    subprocess.run([sys.executable, "-c", _UNDER_SIGNALS.format(inbox=inbox)], cwd=ROOT, timeout=30, check=True)


@pytest.mark.parametrize("inbox", [FirstInFirstOut(), FairInbox(10)], ids=["first in, first out", "fair"])
def test_a_message_ends_the_wait_at_once_and_none_is_missed(inbox: Inbox) -> None:
    def put() -> None:
        for _ in range(200):
            time.sleep(0.001)
            inbox.put(MESSAGE)

    sender = threading.Thread(target=put)
    began = time.monotonic()
    sender.start()
    taken = 0
    while taken < 200:
        taken += len(inbox.take(10, timeout_s=20))
    sender.join()
    assert time.monotonic() - began < 15
    assert (inbox.take(10, timeout_s=0), len(inbox)) == ([], 0)
