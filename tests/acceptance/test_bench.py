"""Each bench prints every figure it promises. No test judges how fast a machine is."""

import json
import math
import subprocess
import sys

import pytest

pytestmark = pytest.mark.services

INGEST_FIGURES = {
    "ceiling_rps",
    "chain_rps",
    "chain_ratio",
    "single_ratio",
    "latency_p50_ms",
    "latency_p99_ms",
    "rss_mb",
    "growth_ratio",
    "outage_s",
}

EDGE_FIGURES = {
    "readings_per_s",
    "outbox_rps",
    "single_rps",
    "bytes_per_reading",
    "days_offline",
    "start_s",
    "rss_mb",
    "light_p50_ms",
    "light_p99_ms",
}

RECONCILE_FIGURES = {"bookings_per_s", "growth_ratio", "start_s", "rss_mb", "small_bookings_per_s", "rerun_s"}


@pytest.mark.parametrize(
    ("part", "promised"), [("ingest", INGEST_FIGURES), ("edge", EDGE_FIGURES), ("reconcile", RECONCILE_FIGURES)]
)
def test_quick_bench_prints_every_figure_as_json_and_nothing_else(part: str, promised: set[str]) -> None:
    command = [sys.executable, "-c", "from smartwork.cli.app import main; main()", "bench", part, "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures.keys() >= promised
    for name in promised:
        assert math.isfinite(figures[name]), name
        assert figures[name] > 0, name
