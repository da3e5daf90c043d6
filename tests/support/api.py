"""The real API on a real port, in a thread of the test process."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import uvicorn

from api.app import create_app
from smartwork.db.core.pool import DatabasePool


@contextmanager
def served(database_url: str, documents: Path, clock: Callable[[], datetime]) -> Iterator[str]:
    """The URL of the API, which runs during the block."""
    pool = DatabasePool(database_url)
    app = create_app(pool, clock, documents)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
            pool.close()
