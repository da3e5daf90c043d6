"""The live part of the demo: gateways, simulated devices and the dashboard, until they are stopped."""

import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dashboard
from smartwork.db.core.roles import Role
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import Endpoints
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.progress import Progress
from smartwork.scenarios.demo import DemoPlan
from smartwork.scenarios.outbox_replay import ingest_component

HOST = "127.0.0.1"


@contextmanager
def live_components(plan: DemoPlan, endpoints: Endpoints, centres: Sequence[str], progress: Progress) -> Iterator[Supervisor]:
    """Run ingest, one gateway per centre, simulated live devices and the dashboard while the `with` block lasts."""
    with Supervisor(progress=progress) as supervisor:
        shared = {"SMARTWORK_BROKER_URL": endpoints.broker_url}
        supervisor.start(
            ingest_component(
                endpoints.database_url_of(Role.INGEST),
                endpoints.broker_url,
                plan.work_dir / "ingest.log",
                worker="demo",
                session_s=0,
            )
        )
        for centre in centres:
            supervisor.start(_edge(centre, plan, shared))
        devices = [sys.executable, "-m", "firmware_sim", "--seed", str(plan.seed)]
        for centre in centres:
            devices += ["--centre", centre]
        supervisor.start(Component("devices", devices, plan.work_dir / "devices.log", shared))
        supervisor.start(_dashboard(plan, {"SMARTWORK_DATABASE_URL": endpoints.database_url_of(Role.DASHBOARD)}))
        yield supervisor


def _edge(centre: str, plan: DemoPlan, shared: Mapping[str, str]) -> Component:
    env = {
        **shared,
        "SMARTWORK_CENTRE": centre,
        "SMARTWORK_OUTBOX": str(plan.work_dir / "outboxes" / f"{centre}-live.sqlite"),
    }
    return Component(f"edge {centre}", [sys.executable, "-m", "edge"], plan.work_dir / f"edge-{centre}.log", env)


def _dashboard(plan: DemoPlan, env: Mapping[str, str]) -> Component:
    app = Path(str(dashboard.__file__)).with_name("app.py")
    argv = [
        sys.executable, "-m", "streamlit", "run", str(app), "--server.address", HOST,
        "--server.port", str(plan.dashboard_port), "--server.headless", "true", "--browser.gatherUsageStats", "false",
    ]  # fmt: skip
    return Component("dashboard", argv, plan.work_dir / "dashboard.log", env, ready=lambda: _is_healthy(plan.dashboard_port))


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def require_free_port(port: int) -> None:
    """Raise DevstackError if a program listens on the dashboard's port."""
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            raise DevstackError(
                f"Port {port} is in use by another program, so the dashboard cannot start. "
                "Stop that program, or choose another port: make demo ARGS='--port 8502'"
            )


def watch_components(supervisor: Supervisor) -> None:
    """Check the components for ever; raises DevstackError with the end of the log of a component that died."""
    while True:
        supervisor.check()
        time.sleep(0.5)
