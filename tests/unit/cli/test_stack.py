"""What `smartwork up` prints."""

from rich.console import Console

from smartwork.cli.stack import endpoints_text
from smartwork.devstack.stack import Endpoints

DATABASE, BROKER = "postgresql://me:secret-1@db.example/smartwork", "mqtt://me:secret-2@broker.example"


def printed(*, owned_database: bool, owned_broker: bool) -> str:
    console = Console(width=200)
    services = Endpoints(DATABASE, BROKER, owned_database=owned_database, owned_broker=owned_broker)
    with console.capture() as captured:
        console.print(endpoints_text(services))
    return captured.get()


def test_addresses_of_the_development_stack_are_printed_to_be_exported() -> None:
    text = printed(owned_database=True, owned_broker=True)
    assert f"export SMARTWORK_DATABASE_URL={DATABASE}" in text
    assert f"export SMARTWORK_BROKER_URL={BROKER}" in text


def test_an_address_that_the_environment_names_is_not_printed() -> None:
    text = printed(owned_database=False, owned_broker=True)
    assert "secret-1" not in text
    assert "SMARTWORK_DATABASE_URL is set already" in text
    assert f"export SMARTWORK_BROKER_URL={BROKER}" in text
    assert "secret" not in printed(owned_database=False, owned_broker=False)
