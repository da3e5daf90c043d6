"""The connection to Home Assistant is opened only if it is configured, and only then needs the optional package."""

import re
import subprocess
import sys

import pytest

from edge.homeassistant.connection import open_connection
from smartwork.errors import SettingError
from smartwork.settings import EdgeSettings
from tests.support.project import ROOT

SETTINGS = {"SMARTWORK_CENTRE": "mons", "SMARTWORK_BROKER_URL": "mqtt://127.0.0.1"}
URL = {"SMARTWORK_HOMEASSISTANT_URL": "http://127.0.0.1:8123"}
TOKEN = {"SMARTWORK_HOMEASSISTANT_TOKEN": "a-secret"}


def test_without_an_address_there_is_no_connection() -> None:
    assert open_connection(EdgeSettings.from_env(SETTINGS | TOKEN), print) is None


def test_an_address_without_a_token_is_an_error_at_start() -> None:
    with pytest.raises(SettingError, match="SMARTWORK_HOMEASSISTANT_TOKEN is not set"):
        open_connection(EdgeSettings.from_env(SETTINGS | URL), print)


def test_the_token_is_not_shown_where_settings_are() -> None:
    assert "a-secret" not in repr(EdgeSettings.from_env(SETTINGS | URL | TOKEN))


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "homeassistant_api", None)
    monkeypatch.delitem(sys.modules, "edge.homeassistant.api_client", raising=False)
    with pytest.raises(SettingError, match="homeassistant_api is missing: install the extra `homeassistant`"):
        open_connection(EdgeSettings.from_env(SETTINGS | URL | TOKEN), print)


def test_one_module_alone_imports_the_package_and_the_gateway_starts_without_it() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for folder in ("edge", "smartwork", "ingest", "dashboard", "firmware_sim")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(from|import) homeassistant_api", path.read_text(), re.MULTILINE)
    ]
    assert users == ["edge/homeassistant/api_client.py"]
    program = "import sys, edge.__main__; print('edge.homeassistant.api_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
