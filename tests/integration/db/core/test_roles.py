"""Each service logs in as a role that may do its work and nothing else, on a real TimescaleDB."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate, migrations
from smartwork.db.core.roles import Role, as_role, prepare_roles
from smartwork.db.ingest.store import IngestStore
from smartwork.db.network_setup import install
from smartwork.db.presence import retention
from smartwork.errors import ServiceUnavailable, SmartworkError
from tests.support.database_copy import load
from tests.support.factory import NOON, batch, portion_of, presence, small_network
from tests.support.program import service_url
from tests.support.project import ROOT

pytestmark = pytest.mark.services

SERVICES = (Role.INGEST, Role.WORKER, Role.API, Role.DASHBOARD)
NOBODY_MAY = (
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY company (slug) FROM PROGRAM 'id'",
    "CREATE TEMP TABLE loot (line text); COPY loot FROM PROGRAM 'id'",
    "CREATE TEMP TABLE loot (line text); COPY loot FROM '/etc/passwd'",
    "COPY centre TO '/tmp/centres'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT rolpassword FROM pg_authid",
    "SET session_replication_role = replica",
    "ALTER TABLE booking DISABLE TRIGGER ALL",
    "ALTER TABLE invoice DISABLE TRIGGER invoice_is_final",
    "ALTER TABLE invoice OWNER TO CURRENT_USER",
    "DROP TRIGGER booking_version ON booking",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "DROP TABLE booking",
    "TRUNCATE booking CASCADE",
    "CREATE TABLE mine (a int)",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION file_fdw",
    "CREATE ROLE mine SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE smartwork_owner PASSWORD 'known'",
    "SET ROLE smartwork",
    "SET ROLE smartwork_owner",
    "GRANT smartwork_owner TO CURRENT_USER",
    "SELECT drop_chunks('reading', older_than => now())",
    "UPDATE schema_migration SET checksum = ''",
    "INSERT INTO schema_migration (number, name, checksum) VALUES (9999, 'x', '')",
    "UPDATE invoice SET net = 0",
    "DELETE FROM invoice",
    "INSERT INTO entry (posting_id, account_id, amount) VALUES (1, 1, 1)",
    "UPDATE entry SET amount = 0",
    "DELETE FROM booking_history",
    "INSERT INTO booking_history SELECT * FROM booking_history",
    "UPDATE book_entry SET head = ''",
    "DELETE FROM book_entry",
    "TRUNCATE book_entry",
    "INSERT INTO book_entry SELECT * FROM book_entry",
    "SELECT append_book_entry('invoice', '1', 'found', ''::bytea)",
    "SELECT keep_in_books('verdict')",
    "DROP TRIGGER is_recorded ON invoice",
    "UPDATE reading SET value = 1",
    "DELETE FROM reading",
    "UPDATE batch SET last = last + 1",
    "DELETE FROM batch",
    "UPDATE retention SET raw_months = 1",
)
MAY_NOT_READ = {
    Role.INGEST: (
        "book_entry",
        "invoice",
        "api_token",
        "contract",
        "seller",
        "entry",
        "payout",
        "verdict",
        "company",
        "agreement_version",
        "alias",
        "feed_secret",
        "calendar_event",
    ),
    Role.API: (
        "book_entry",
        "calendar_event",
        "reading",
        "rejected",
        "seller",
        "contract",
        "tariff",
        "entry",
        "payout",
        "alarm",
        "agreement_version",
        "batch",
        "alias",
        "alias_key",
        "feed_secret",
        "booking_feed",
    ),
    Role.DASHBOARD: (
        "api_token",
        "wifi_session",
        "alias",
        "alias_key",
        "feed_secret",
        "member_sign_in",
        "place_code",
        "bank_entry",
    ),
    Role.WORKER: (),
}
MAY_NOT_WRITE = {
    Role.INGEST: ("INSERT INTO booking DEFAULT VALUES", "UPDATE booking SET status = 'cancelled'", "DELETE FROM rejected"),
    Role.API: (
        "INSERT INTO api_token (name, digest, scopes, created_at) VALUES ('mine', '', '{}', now())",
        "UPDATE api_token SET company_id = NULL",
        "UPDATE resource SET name = 'x'",
        "INSERT INTO verdict DEFAULT VALUES",
        "DELETE FROM check_in",
        "SELECT drop_readings('infinity')",
        "SET ROLE smartwork_books",
        "SET ROLE smartwork_worker",
    ),
    Role.DASHBOARD: (
        "SET default_transaction_read_only = off; INSERT INTO operator DEFAULT VALUES",
        "SET default_transaction_read_only = off; UPDATE centre SET name = 'x'",
        "SET ROLE smartwork_books",
    ),
    Role.WORKER: ("INSERT INTO reading SELECT * FROM reading", "INSERT INTO posting DEFAULT VALUES", "DELETE FROM booking"),
}


@pytest.fixture(scope="module")
def logins(module_database_url: str) -> Iterator[dict[Role, Connection]]:
    """A connection of each service to a database with a centre."""
    with closing(connect(module_database_url)) as superuser:
        install(superuser, small_network())
    opened = {role: connect(service_url(module_database_url, role)) for role in SERVICES}
    yield opened
    for connection in opened.values():
        connection.close()


def refused(connection: Connection, statement: str) -> None:
    """Assert that the role may not do it."""
    with (
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)),
        connection.transaction(force_rollback=True),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", SERVICES)
@pytest.mark.parametrize("statement", NOBODY_MAY)
def test_no_service_may_run_programs_lift_protections_or_change_what_is_final(
    logins: dict[Role, Connection], role: Role, statement: str
) -> None:
    refused(logins[role], statement)


@pytest.mark.parametrize(("role", "table"), [(role, table) for role, tables in MAY_NOT_READ.items() for table in tables])
def test_a_service_does_not_read_what_is_not_its_own(logins: dict[Role, Connection], role: Role, table: str) -> None:
    refused(logins[role], f"SELECT * FROM {table}")


@pytest.mark.parametrize(("role", "statement"), [(role, text) for role, texts in MAY_NOT_WRITE.items() for text in texts])
def test_a_service_does_not_write_what_is_not_its_own(logins: dict[Role, Connection], role: Role, statement: str) -> None:
    refused(logins[role], statement)


@pytest.mark.parametrize("role", Role)
def test_a_role_has_no_power_over_the_server(connection: Connection, role: Role) -> None:
    row = connection.execute(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = %s", (role,)
    ).fetchone()
    assert row == (False,) * 5


@pytest.mark.parametrize("role", SERVICES)
def test_no_service_changes_the_settings_of_the_server(logins: dict[Role, Connection], role: Role) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):  # it cannot run in a transaction, as `refused` does
        logins[role].execute("ALTER SYSTEM SET log_statement = 'all'")


def test_the_dashboard_cannot_write_even_by_mistake(logins: dict[Role, Connection]) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        logins[Role.DASHBOARD].execute("CREATE TEMP TABLE t (a int)")


def test_a_table_that_a_client_brings_along_does_not_deceive_the_history(database_url: str) -> None:
    with closing(connect(database_url)) as superuser:
        install(superuser, small_network())
        superuser.execute("INSERT INTO member (pseudonym, company_id) SELECT 'm', min(company_id) FROM company")
        superuser.execute(
            "INSERT INTO booking (external_id, resource_id, member_id, starts_at, ends_at, status)"
            " SELECT 'b', min(resource_id), (SELECT max(member_id) FROM member), now(), now() + interval '1 hour', 'booked'"
            " FROM resource"
        )
        with closing(connect(service_url(database_url, Role.API))) as api:
            api.execute("CREATE TEMP TABLE booking_history (LIKE public.booking_history)")
            api.execute("UPDATE booking SET status = 'cancelled'")
        assert superuser.execute("SELECT status FROM booking_history").fetchall() == [("booked",)]


def test_ingest_cannot_drop_readings_that_are_not_old(database_url: str) -> None:
    with closing(connect(database_url)) as superuser:
        install(superuser, small_network())
        if retention.server_runs_retention(superuser):
            pytest.skip("SKIPPED LOUDLY: the server of this run is a Community server, whose own job drops readings")
    with closing(connect(service_url(database_url, Role.INGEST))) as ingest:
        IngestStore(ingest).commit(portion_of(batch(1, presence("s-1", NOON, [True, False]))), NOON)
        ingest.execute("DELETE FROM span_queue")
        retention.run_retention(ingest, NOON + timedelta(days=1))
        for moment in ("infinity", "2999-01-01"):
            ingest.execute("SELECT drop_readings(%s)", (moment,))
        assert ingest.execute("SELECT count(*) FROM reading").fetchone() == (2,)


def test_who_may_not_connect_to_the_database_does_not(database_url: str, connection: Connection) -> None:
    name, password = f"smartwork_test_{secrets.token_hex(4)}", secrets.token_hex(8)
    connection.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(name), password))
    migrate(connection)  # privileges on the database itself are not copied with a template
    try:
        with pytest.raises(ServiceUnavailable, match="permission denied for database") as caught:
            connect(database_url.replace("//smartwork:", f"//{name}:").replace(_password(database_url), password))
        assert password not in str(caught.value)
    finally:
        connection.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def test_a_database_that_a_superuser_made_is_given_to_the_owner_who_migrates_it_from_then_on(empty_database_url: str) -> None:
    passwords = {Role.OWNER: secrets.token_hex(8)}
    with closing(connect(empty_database_url)) as superuser:
        load(superuser, ROOT / "tests" / "migration" / "databases" / "0025.sql.xz")
        stored = superuser.execute("SELECT count(*) FROM reading").fetchone()
        for _ in range(2):
            prepare_roles(superuser, passwords)
        with closing(connect(as_role(empty_database_url, Role.OWNER, passwords[Role.OWNER]))) as owner:
            assert len(migrate(owner)) == sum(one.number > 25 for one in migrations())
            assert owner.execute("SELECT count(*) FROM reading").fetchone() == stored
        superuser.execute("CREATE TABLE made_by_a_superuser (a int)")
        prepare_roles(superuser, passwords)
        install(superuser, small_network())
        assert (
            superuser.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')"
                " AND pg_get_userbyid(relowner) <> 'smartwork_owner'"
            ).fetchall()
            == []
        )
    with closing(connect(service_url(empty_database_url, Role.INGEST))) as ingest:
        IngestStore(ingest).commit(portion_of(batch(3, presence("s-2", NOON, [True, False]))), NOON)


def test_what_a_superuser_migrates_belongs_to_the_owner(empty_database_url: str) -> None:
    with closing(connect(empty_database_url)) as superuser:
        prepare_roles(superuser, {Role.OWNER: secrets.token_hex(8)})
        migrate(superuser)
        row = superuser.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'reading'::regclass").fetchone()
        assert row == ("smartwork_owner",)
        assert superuser.execute("SELECT current_user").fetchone() == ("smartwork",)


def test_the_owner_of_the_database_is_no_superuser(empty_database_url: str) -> None:
    password = secrets.token_hex(8)
    with closing(connect(empty_database_url)) as superuser:
        prepare_roles(superuser, {Role.OWNER: password})
    with closing(connect(as_role(empty_database_url, Role.OWNER, password))) as owner:
        migrate(owner)
        for statement in ("COPY centre TO PROGRAM 'id'", "SET session_replication_role = replica", "SET ROLE smartwork"):
            refused(owner, statement)
        with pytest.raises(SmartworkError, match=r"may not set up roles|may not create roles"):
            prepare_roles(owner, {Role.API: "x"})


def test_the_server_never_receives_a_password(connection: Connection) -> None:
    password = secrets.token_hex(8)
    connection.execute("SET log_min_error_statement = panic")
    prepare_roles(connection, {Role.OWNER: password})
    stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (Role.OWNER,)).fetchone()
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$")


def test_a_role_that_may_too_much_is_refused(connection: Connection) -> None:
    connection.execute("ALTER ROLE smartwork_books CREATEDB")
    try:
        with pytest.raises(SmartworkError, match=r"smartwork_books may do more .* ALTER ROLE smartwork_books NOSUPERUSER"):
            prepare_roles(connection, {})
    finally:
        connection.execute("ALTER ROLE smartwork_books NOCREATEDB")


def test_a_right_that_somebody_granted_by_hand_ends_with_the_next_migration_run(connection: Connection) -> None:
    connection.execute("GRANT DELETE ON invoice, booking TO smartwork_api")
    migrate(connection)
    row = connection.execute("SELECT has_table_privilege('smartwork_api', 'booking', 'delete')").fetchone()
    assert row == (False,)


def _password(url: str) -> str:
    return url.split("://")[1].split("@", maxsplit=1)[0].split(":")[1]


def test_two_commands_make_an_empty_database_ready_for_its_services(empty_database_url: str) -> None:
    password = secrets.token_hex(8)
    given = {"SMARTWORK_POSTGRES_PASSWORD_OWNER": password}
    roles = smartwork(empty_database_url, given, "roles")
    assert roles.returncode == 0, roles.stderr
    assert roles.stdout == "smartwork_owner can log in.\n"
    migrated = smartwork(as_role(empty_database_url, Role.OWNER, password), {}, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert password not in roles.stdout + roles.stderr + migrated.stdout + migrated.stderr
    with closing(connect(service_url(empty_database_url, Role.API))) as api:
        assert api.execute("SELECT count(*) FROM booking").fetchone() == (0,)
    again = smartwork(as_role(empty_database_url, Role.OWNER, password), given, "roles")
    assert again.returncode == 1
    assert "Use the address of a superuser" in again.stderr.replace("\n", " ")


def smartwork(database_url: str, env: dict[str, str], command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smartwork", command],
        env={**os.environ, "SMARTWORK_DATABASE_URL": database_url, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
