"""The demo and the replay write only where everything is made up: never into real books, never to gateways of others."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from firmware_sim.demo_network import demo_network
from smartwork.contracts.policy import DeviceEntry, Policy, Profile
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.lighting.policy import policy
from smartwork.db.network_setup import install, records_of_others
from smartwork.devstack.stack import Endpoints
from smartwork.domain.network_setup import Network
from smartwork.errors import SmartworkError
from smartwork.jobs.network.made_up_network import RealRecords, install_made_up, require_made_up
from smartwork.scenarios.demo import DemoPlan, run_demo
from smartwork.scenarios.made_up_servers import prepare_schema, require_made_up_documents, require_made_up_policies
from smartwork.transport.mqtt import MqttClient
from tests.support.accounts import bill, fill
from tests.support.accounts import command as run_command
from tests.support.factory import small_network
from tests.support.project import ROOT

pytestmark = pytest.mark.services
DEMO = demo_network(1)
TABLES = (
    "operator", "centre", "company", "member", "seller", "contract", "tariff", "device", "booking", "invoice",
    "document_series",
)  # fmt: skip
SELLER = b"""
INSERT INTO seller (name, enterprise_number, street, postcode, town, country, scheme, iban)
VALUES ('Our Network', '0403170701', 'Rue 1', '5000', 'Namur', 'BE', '0208', 'BE92999900000123')
"""
OPERATOR = b"INSERT INTO operator (name, kind, enterprise_number) VALUES ('Ville', 'public', '0123456749')"


def real(network: Network) -> Network:
    """The same network as an operator would set it up."""
    return replace(network, is_demo=False)


def contents(connection: Connection) -> dict[str, int]:
    """The number of rows of the tables that a demo fills."""
    return {
        table: int(str(connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0]))  # type: ignore[index]
        for table in TABLES
    }


def only_centre(network: Network) -> Network:
    """A real network that has no customer yet."""
    return replace(real(network), companies=(), members=(), tariffs=(), centre_contracts=())


ONE_REAL_RECORD: dict[str, tuple[Callable[[Connection], object], str]] = {
    "a centre": (lambda c: install(c, only_centre(small_network("lille"))), "centre lille"),
    "a centre with the name of a made-up one": (lambda c: install(c, only_centre(small_network("mons"))), "centre mons"),
    "a centre of another made-up network": (
        lambda c: install(c, replace(small_network("lille"), is_demo=True)),
        "centre lille",
    ),
    "a company": (lambda c: install(c, replace(real(small_network()), centres=())), "company acme"),
    "an operator": (lambda c: c.execute(OPERATOR), "operator Ville"),
    "a seller": (lambda c: c.execute(SELLER), "seller Our Network"),
}


@pytest.mark.parametrize("name", ONE_REAL_RECORD)
def test_one_real_record_is_enough_for_a_refusal_that_names_it_and_nothing_is_written(
    name: str, connection: Connection
) -> None:
    put, text = ONE_REAL_RECORD[name]
    put(connection)
    before = contents(connection)
    with pytest.raises(RealRecords, match=text):
        install_made_up(connection, DEMO)
    assert contents(connection) == before


def test_documents_of_others_are_named(connection: Connection, tmp_path: Path) -> None:
    fill(connection)
    issued = {invoice.number for invoice in bill(connection, tmp_path).invoices}
    assert issued
    assert issued == {name.removeprefix("document ") for name in records_of_others(connection, DEMO) if "document" in name}


def test_one_real_centre_among_those_of_the_demo_is_found(connection: Connection) -> None:
    install_made_up(connection, DEMO)
    install(connection, only_centre(small_network("lille")))
    with pytest.raises(RealRecords, match="centre lille, operator Ville d'Essai"):
        require_made_up(connection, DEMO)


def test_the_demo_runs_on_an_empty_database_and_on_its_own(connection: Connection) -> None:
    require_made_up(connection, DEMO)
    install_made_up(connection, DEMO)
    require_made_up(connection, DEMO)
    install_made_up(connection, demo_network(2))


@pytest.mark.parametrize("command", ["demo --once --month 2026-09", "replay uci room.txt --centre mons"])
def test_the_commands_refuse_a_database_with_a_real_centre(
    command: str, connection: Connection, database_url: str, broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "room.txt").write_text(
        '"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"\n'
        '"1","2015-02-02 14:19:00",23.7,26.272,585.2,749.2,0.004,1\n'
    )
    install(connection, real(small_network("mons")))
    before = contents(connection)
    monkeypatch.setenv("SMARTWORK_BROKER_URL", broker_url)
    monkeypatch.chdir(tmp_path)
    done = run_command(database_url, *command.split())
    assert done.returncode == 1
    assert "centre mons, company acme" in done.stderr
    assert "nothing was written" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(connection) == before
    assert not (tmp_path / "out").exists()
    with MqttClient(broker_url, "any-policy", subscriptions=["#"]) as client:
        client.wait_connected(5)
        assert client.receive(10, 0.5) == [], "no policy was published"


def test_containers_publish_the_policies_of_real_centres_and_add_no_made_up_ones(
    connection: Connection, database_url: str, broker_url: str
) -> None:
    install(connection, real(small_network("lille")))
    before = contents(connection)
    env = {**os.environ, "SMARTWORK_DATABASE_URL": database_url, "SMARTWORK_BROKER_URL": broker_url}
    command = [sys.executable, str(ROOT / "docker" / "demo_registry.py")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "The demo network is not installed." in done.stdout
    assert "lille: policy 1" in done.stdout
    assert contents(connection) == before


def put_policy(broker_url: str, centre: str, retained: Policy) -> None:
    with MqttClient(broker_url, "operator") as client:
        client.wait_connected(5)
        payload = retained.model_dump_json().encode()
        client.publish(str(Topic(centre, MessageType.POLICY)), payload, retain=True).wait_for_publish(5)


@pytest.mark.parametrize("centre", ["lille", "mons"])
def test_a_broker_that_retains_the_policy_of_a_real_centre_is_refused(centre: str, broker_url: str) -> None:
    """Also that of a real centre with the name of a made-up one: it has other devices."""
    sensor = DeviceEntry(device="s-1", profile=Profile.SHELLY, address="shelly-1", interval_s=60)
    put_policy(broker_url, centre, Policy(version=3, timezone="Europe/Brussels", devices=[sensor]))
    with pytest.raises(RealRecords, match=f"the policy of centre {centre}"):
        require_made_up_policies(broker_url, DEMO)


def test_a_broker_with_the_policies_of_the_demo_is_accepted(connection: Connection, broker_url: str) -> None:
    require_made_up_policies(broker_url, DEMO)
    install_made_up(connection, DEMO)
    put_policy(broker_url, "mons", policy(connection, "mons", datetime(2026, 9, 1, tzinfo=UTC)))
    require_made_up_policies(broker_url, DEMO)


def test_a_real_broker_is_refused_before_the_demo_writes_to_an_empty_database(
    connection: Connection, database_url: str, broker_url: str, tmp_path: Path
) -> None:
    put_policy(broker_url, "lille", Policy(version=1, timezone="Europe/Brussels", devices=[]))
    plan = DemoPlan(date(2026, 9, 1), 1, tmp_path / "out", tmp_path, 8501)
    with pytest.raises(RealRecords, match="the policy of centre lille"):
        run_demo(plan, Endpoints(database_url, broker_url, False, False), lambda *_: None)
    assert set(contents(connection).values()) == {0}


def test_real_documents_in_the_folder_are_not_replaced(
    connection: Connection, database_url: str, broker_url: str, tmp_path: Path
) -> None:
    fill(connection)
    connection.execute("UPDATE seller SET enterprise_number = '0417497106'")
    [file, *_] = sorted(invoice.files.xml for invoice in bill(connection, tmp_path).invoices)
    before = file.read_bytes()
    plan = DemoPlan(date(2026, 10, 1), 1, tmp_path, tmp_path, 8501)
    with pytest.raises(RealRecords, match=rf"{file.name} is a document that this made-up network did not issue.*--out"):
        run_demo(plan, Endpoints(database_url, broker_url, False, False), lambda *_: None)
    assert file.read_bytes() == before


def test_documents_of_the_demo_may_be_written_again(tmp_path: Path) -> None:
    (tmp_path / "INV-2026-00001.xml").write_text(f"<CompanyID>{DEMO.seller.enterprise_number}</CompanyID>")
    (tmp_path / "payout-2026-10-1.xml").write_text("<Document/>")
    require_made_up_documents(tmp_path, DEMO)
    require_made_up_documents(tmp_path / "new", DEMO)


def test_a_database_of_another_program_is_left_alone(empty_database_url: str) -> None:
    with closing(connect(empty_database_url)) as connection:
        connection.execute("CREATE TABLE pretix_order (id int)")
        with pytest.raises(SmartworkError, match="tables of another program"):
            prepare_schema(connection, Endpoints(empty_database_url, "mqtt://127.0.0.1:1", False, True))
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("pretix_order",)]
