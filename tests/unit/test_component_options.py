"""Every component prints help and ends with 0, and refuses an unknown argument with 2; none needs a setting for that."""

import os
import subprocess
import sys

import pytest

from smartwork.settings import ApiSettings, DashboardSettings, EdgeSettings, IngestSettings, Settings
from tests.support.project import ROOT

COMPONENTS: dict[str, type[Settings] | None] = {
    "ingest": IngestSettings,
    "edge": EdgeSettings,
    "api": ApiSettings,
    "dashboard": DashboardSettings,
    "firmware_sim": None,
    "smartwork": None,
}


def run(module: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SMARTWORK_")} | settings
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("module", COMPONENTS)
def test_help_is_printed_and_names_every_setting(module: str) -> None:
    done = run(module, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage" in done.stdout.lower()
    settings = COMPONENTS[module]
    for name in settings.model_fields if settings else ():
        assert f"SMARTWORK_{name.upper()} " in done.stdout


@pytest.mark.parametrize("argument", ["--nonsense", "nonsense", "--worker=2"])
@pytest.mark.parametrize("module", COMPONENTS)
def test_an_unknown_argument_is_an_error(module: str, argument: str) -> None:
    done = run(module, argument)
    assert done.returncode == 2
    assert argument.split("=", maxsplit=1)[0] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("module", ["ingest", "edge", "api", "dashboard"])
def test_a_component_without_its_settings_names_them_and_ends_with_2(module: str) -> None:
    done = run(module)
    assert done.returncode == 2
    assert "is not set" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "centre_broker", [None, "mqtt://mons:b@broker:1883", "mqtt://mons:a@broker"], ids=["none", "same user", "same by default"]
)
def test_an_edge_whose_two_connections_would_have_one_user_says_so(centre_broker: str | None) -> None:
    settings = {"SMARTWORK_CENTRE": "mons", "SMARTWORK_BROKER_URL": "mqtt://mons:secret-a@broker:1883"}
    if centre_broker:
        settings["SMARTWORK_CENTRE_BROKER_URL"] = centre_broker
    done = run("edge", **settings)
    assert done.returncode == 2
    assert "SMARTWORK_CENTRE_BROKER_URL" in done.stderr
    assert "secret-a" not in done.stderr
