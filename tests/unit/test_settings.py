"""Settings from the environment; an error names the variable and what is expected."""

from pathlib import Path

import pytest

from smartwork.errors import SettingError
from smartwork.settings import BrokerSettings, DatabaseSettings, EdgeSettings, IngestSettings
from smartwork.transport.mqtt import BrokerAddress

GOOD = {
    "SMARTWORK_DATABASE_URL": "postgresql://me@here:5432/smartwork",
    "SMARTWORK_BROKER_URL": "mqtt://here:1883",
    "SMARTWORK_CENTRE": "mons",
}


def test_settings_come_from_their_variables_and_others_are_ignored() -> None:
    settings = IngestSettings.from_env({**GOOD, "SMARTWORK_MAX_IN_FLIGHT": "7", "PATH": "/bin"})
    assert (settings.broker_url, settings.max_in_flight, settings.worker) == ("mqtt://here:1883", 7, "1")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert EdgeSettings.from_env({**GOOD, "SMARTWORK_CENTRE_BROKER_URL": ""}).centre_broker_url is None


@pytest.mark.parametrize(
    ("kind", "name", "value", "expected"),
    [
        (DatabaseSettings, "SMARTWORK_DATABASE_URL", "mysql://here/x", "postgresql://user@host:port/database"),
        (BrokerSettings, "SMARTWORK_BROKER_URL", "http://here", "mqtt://[user:password@]host:port"),
        (EdgeSettings, "SMARTWORK_CENTRE", "Mons Centre", "for example mons"),
        (IngestSettings, "SMARTWORK_MAX_IN_FLIGHT", "many", "1 to 20000"),
        (IngestSettings, "SMARTWORK_MAX_IN_FLIGHT", "0", "1 to 20000"),
        (IngestSettings, "SMARTWORK_WORKER", "a b", "unique among workers"),
    ],
)
def test_the_error_of_a_wrong_setting_names_it_and_what_is_expected(
    kind: type[BrokerSettings], name: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingError) as caught:
        kind.from_env({**GOOD, name: value})
    message = str(caught.value)
    assert message.startswith(f"{name} is {value!r}")
    assert expected in message
    assert "\n" not in message


def test_all_missing_settings_are_named_in_one_error() -> None:
    with pytest.raises(SettingError) as caught:
        IngestSettings.from_env({})
    lines = sorted(str(caught.value).splitlines())
    assert [line.split(". Expected: ")[0] for line in lines] == [
        "SMARTWORK_BROKER_URL is not set",
        "SMARTWORK_DATABASE_URL is not set",
    ]
    assert all(line.split(". Expected: ")[1] for line in lines)


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", "postgresql://process/smartwork")
    (tmp_path / ".env").write_text("SMARTWORK_DATABASE_URL=postgresql://file/smartwork\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match="SMARTWORK_DATABASE_URL is not set"):
        DatabaseSettings.from_env({})


def test_settings_are_frozen() -> None:
    settings = BrokerSettings.from_env(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.broker_url = "mqtt://there"  # type: ignore[misc]


def test_a_broker_address_has_host_port_and_credentials() -> None:
    address = BrokerAddress.parse("mqtts://me:s%40crEt@broker.example")
    assert address == BrokerAddress("broker.example", 8883, tls=True, user="me", password="s@crEt")  # noqa: S106


@pytest.mark.parametrize("url", ["mqtt://", "mqtt://here:port", "mqtt://here:70000", "mqtt://[::1", "tcp://here:1883"])
def test_a_wrong_broker_address_is_refused_with_what_is_expected(url: str) -> None:
    with pytest.raises(SettingError, match=r"expected mqtt://host:port or mqtts://host:port"):
        BrokerAddress.parse(url)


def test_a_wrong_address_is_shown_without_its_password() -> None:
    for wrong in ("http://me:secret@here", "mqtt://me:secret@here:port"):
        with pytest.raises(SettingError) as caught:
            BrokerAddress.parse(BrokerSettings.from_env({"SMARTWORK_BROKER_URL": wrong}).broker_url)
        assert "secret" not in str(caught.value)
        assert "here" in str(caught.value)


def test_the_former_name_of_the_retention_interval_is_still_read() -> None:
    former, new = {"SMARTWORK_KEEP_EVERY_S": "60"}, {"SMARTWORK_RETENTION_EVERY_S": "90"}
    assert IngestSettings.from_env(GOOD | former).retention_every_s == 60
    assert IngestSettings.from_env(GOOD | former | new).retention_every_s == 90
