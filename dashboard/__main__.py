"""`python -m dashboard`: serves the pages until SIGTERM or Ctrl-C."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from smartwork.component_options import parse_options
from smartwork.errors import SmartworkError
from smartwork.settings import DashboardSettings

_PURPOSE = """Serves the dashboard's pages on http://127.0.0.1:8501. For another address or port, set STREAMLIT_SERVER_ADDRESS
and STREAMLIT_SERVER_PORT."""


def main(arguments: Sequence[str]) -> int:
    """Becomes Streamlit's process, and returns only where a setting is wrong: 2."""
    parse_options("python -m dashboard", _PURPOSE, DashboardSettings, arguments)
    try:
        DashboardSettings.from_env(os.environ)
    except SmartworkError as error:
        print(error, file=sys.stderr)
    else:
        _serve()
    return 2


def _serve() -> NoReturn:
    # Streamlit listens on all interfaces unless it is given an address.
    own = {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1", "STREAMLIT_SERVER_HEADLESS": "true"}
    page = Path(__file__).with_name("app.py")
    command = [sys.executable, "-m", "streamlit", "run", str(page)]
    os.execve(sys.executable, command, own | os.environ)  # noqa: S606 - a fixed program


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
