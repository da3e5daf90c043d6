"""No error and no log shows a password, however the address with it is spoilt."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from smartwork.db.core.connection import connect
from smartwork.devstack.stack import status
from smartwork.errors import SmartworkError
from smartwork.server_url import is_well_formed, without_password
from smartwork.settings import ApiSettings, BrokerSettings, EdgeSettings, IngestSettings, Settings
from smartwork.transport.mqtt import BrokerAddress

SECRET = "5uPErs3cret"  # noqa: S105 - made up
SPOILT = (
    "{s}://u:{p}@",
    "{s}://u:{p}@host:port/db",
    "{s}://u:{p}@host:99999/db",
    "{s}://u:{p}@ho st/db",
    "{s}://u:{p}@[::1/db",
    "{s}://u:{p}@]/db",
    "{s}://u:a@{p}@host/db",
    "{s}://u:a/{p}@host/db",
    "{s}://u:12/{p}@host/db",
    "{s}://u:a?{p}@host/db",
    "{s}://u:a#{p}@host/db",
    "{s}://u:a:{p}@host:x/db",
    "{s}://u:%zz{p}@host/db",
    "{s}://u:{p}%@host/db",
    "{s}://u:{p}\n@host/db",
    "{s}://u:{p}\\@host/db",
    "{s}://u:[{p}]@host/db",
    "{s}://:{p}@:@/",
    "{s}:/u:{p}@host/db",
    "{s}:u:{p}@host/db",
    "{s}//u:{p}@host/db",
    "{s}://{s}://u:{p}@host/db",
    " {s}://u:{p}@host/db",
    "'{s}://u:{p}@host/db'",
    "u:{p}@host/db",
    "host=db user=u password={p}",
    "password={p}",
    "{s}://host/db?password={p}",
    "{s}://host/db?user=u&passfile=x&password={p}&x=y",
    "{s}://host/db?password={p}@x",
    "{s}://host/db?{p}",
    "mysql://u:{p}@host/db",
    "http://u:{p}@host/db",
    "{s}://u:{p}@host/db#x",
    "{p}",
)
WELL_FORMED = (
    "postgresql://u:{p}@127.0.0.1:1/db",
    "postgresql://u:{p}@[::1]:1/db?sslmode=disable",
    "postgresql://u:a%40{p}%2F@127.0.0.1:1/db",
    "postgresql://u:{p}@127.0.0.1:1,127.0.0.1:2/db?target_session_attrs=read-write",
    "postgresql://127.0.0.1:1/db?password={p}",
    "postgresql://u:{p}@127.0.0.1:1/db?nonsense=x",
)


def addresses(scheme: str) -> list[str]:
    return [text.format(s=scheme, p=SECRET) for text in SPOILT]


@pytest.mark.parametrize("url", [*addresses("postgresql"), *addresses("mqtt"), *(u.format(p=SECRET) for u in WELL_FORMED)])
def test_what_is_shown_of_an_address_contains_no_password(url: str) -> None:
    if url != SECRET:
        assert SECRET not in without_password(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@db:5432/x?sslmode=require", "postgresql://…@db:5432/x?sslmode=require"),
        ("postgresql://u@a:1,b:2/x?password=p", "postgresql://…@a:1,b:2/x?password=…"),
        ("mqtts://[::1]:8883", "mqtts://[::1]:8883"),
        ("postgresql://u:p/q@db/x", "postgresql://…"),
        ("mqtt://u:p@here:port", "mqtt://…@here…"),
        ("host=x password=y", "…"),
        ("many", "many"),
    ],
)
def test_what_is_no_secret_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    ("settings", "variable", "scheme"),
    [
        (IngestSettings, "SMARTWORK_DATABASE_URL", "postgresql"),
        (ApiSettings, "SMARTWORK_DATABASE_URL", "postgresql"),
        (BrokerSettings, "SMARTWORK_BROKER_URL", "mqtt"),
        (EdgeSettings, "SMARTWORK_CENTRE_BROKER_URL", "mqtt"),
        (EdgeSettings, "SMARTWORK_HOMEASSISTANT_URL", "http"),
        (IngestSettings, "SMARTWORK_WORKER", "postgresql"),
        (EdgeSettings, "SMARTWORK_CENTRE", "mqtt"),
    ],
)
def test_settings_refuse_a_spoilt_address_and_do_not_show_it(settings: type[Settings], variable: str, scheme: str) -> None:
    good = {"SMARTWORK_DATABASE_URL": "postgresql://u@h/d", "SMARTWORK_BROKER_URL": "mqtt://h", "SMARTWORK_CENTRE": "mons"}
    for url in addresses(scheme):
        if url == SECRET and not variable.endswith("_URL"):
            continue  # a word like any other
        shown = shown_by(lambda url=url: settings.from_env({**good, variable: url}))  # type: ignore[misc]
        assert SECRET not in shown, url


def shown_by(make: Callable[[], object]) -> str:
    """What a log shows of a value, or of the error in its place."""
    try:
        return repr(make())
    except SmartworkError as error:
        return str(error)


@pytest.mark.parametrize("url", [*addresses("postgresql"), *(text.format(p=SECRET) for text in WELL_FORMED)])
def test_the_error_of_a_connection_contains_no_password(url: str) -> None:
    with pytest.raises(SmartworkError) as caught:
        connect(url).close()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", addresses("mqtt"))
def test_the_error_of_a_broker_address_contains_no_password(url: str) -> None:
    with pytest.raises(SmartworkError) as caught:
        BrokerAddress.parse(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", addresses("postgresql"))
def test_the_state_of_a_server_contains_no_password(url: str) -> None:
    database, _ = status(env={**os.environ, "SMARTWORK_DATABASE_URL": url})
    assert SECRET not in database.address


@pytest.mark.parametrize("module", ["ingest", "api", "edge"])
def test_a_program_that_is_given_a_spoilt_address_ends_and_prints_no_password(module: str) -> None:
    url = f"postgresql://u:a@/{SECRET}@host/db"
    env = {**os.environ, "SMARTWORK_DATABASE_URL": url, "SMARTWORK_BROKER_URL": url.replace("postgresql", "mqtt")}
    command = [sys.executable, "-m", module]
    ended = subprocess.run(
        command, env={**env, "SMARTWORK_CENTRE": "x"}, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert SECRET not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_with_an_encoded_password_is_well_formed() -> None:
    assert is_well_formed("postgresql://user:p%40ss%2Fword@db.example:5432/smartwork")
    assert is_well_formed("mqtt://mons:abc@mosquitto:1883")
    assert is_well_formed("postgresql:///smartwork?host=/var/run/postgresql")
