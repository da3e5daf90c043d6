"""`/metrics`, `/healthz` and `/readyz` of one ingest worker over HTTP."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client.exposition import ThreadingWSGIServer, make_wsgi_app

from ingest.metrics import Metrics
from ingest.worker_health import WorkerHealth
from smartwork.errors import SettingError
from smartwork.health_server import serving

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


@contextmanager
def metrics_server(metrics: Metrics, health: WorkerHealth, host: str, port: int) -> Iterator[None]:
    """Serve `/metrics`, `/healthz` and `/readyz` while the block lasts; nothing if `port` is 0.

    Raises SettingError if the address cannot be listened on.
    """
    if not port:
        yield
        return
    try:
        server = make_server(host, port, _application(metrics, health), ThreadingWSGIServer, _QuietHandler)
    except OSError as error:
        raise SettingError(
            f"SMARTWORK_METRICS_PORT is {port}, but {host}:{port} cannot be listened on ({error.strerror}). "
            "Choose a free port, or 0 for none."
        ) from error
    with serving(server, "ingest.metrics_server"):
        yield


def _application(metrics: Metrics, health: WorkerHealth) -> "WSGIApplication":
    metrics_page = make_wsgi_app(metrics.registry)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                page: Iterable[bytes] = metrics_page(environ, start_response)
                return page
            case "/healthz":
                return _answer(start_response, _faults(metrics, health), health.report())
            case "/readyz":
                services = " and the ".join(metrics.disconnected())
                missing = [f"not connected to the {services}"] if services else []
                return _answer(start_response, [*_faults(metrics, health), *missing])
            case _:
                return _answer(start_response, ["Use /metrics, /healthz or /readyz."], status_of_fault=HTTPStatus.NOT_FOUND)

    return application


def _faults(metrics: Metrics, health: WorkerHealth) -> list[str]:
    """Why the worker should be started again; empty if it need not."""
    return [*([] if metrics.is_alive() else ["the main loop has not run for a minute"]), *health.faults()]


def _answer(
    start_response: "StartResponse",
    faults: Sequence[str],
    report: Sequence[str] = (),
    status_of_fault: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE,
) -> Iterable[bytes]:
    """Answer with the faults, or `ok`, and then the lines of `report`."""
    status = status_of_fault if faults else HTTPStatus.OK
    body = "".join(f"{line}\n" for line in (*(faults or ["ok"]), *report)).encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing: probes arrive every few seconds."""
