"""The database roles of the services: creating them, their passwords, and what each may do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.errors import SmartworkError


class Role(StrEnum):
    """A role of the database server. `BOOKS` has no login: the worker becomes it to issue documents."""

    OWNER = "smartwork_owner"
    INGEST = "smartwork_ingest"
    WORKER = "smartwork_worker"
    API = "smartwork_api"
    DASHBOARD = "smartwork_dashboard"
    BOOKS = "smartwork_books"


_GRANTS = (
    "revoke_privileges",
    "grant_to_ingest",
    "grant_to_api",
    "grant_to_dashboard",
    "grant_to_books",
    "grant_to_worker",
    "grant_retention",
    "grant_through_functions",
    "grant_on_database",
)


def grant_privileges(connection: Connection) -> list[str]:
    """Grant each role what it may do in this database, and nothing else. Returns the roles that are missing.

    If a role is missing, nothing is granted. The connection must be the owner's or a superuser's.
    """
    missing = missing_roles(connection)
    if not missing:
        with connection.transaction():
            for name in _GRANTS:
                connection.execute(sql(name))
    return missing


def missing_roles(connection: Connection) -> list[str]:
    """The roles that the server does not have."""
    return [str(name) for (name,) in connection.execute(sql("missing_roles"), ([*Role],))]


@contextmanager
def as_owner(connection: Connection) -> Iterator[None]:
    """Become the owner of the database for the block if that is `smartwork_owner` and the connection may.

    Objects that a superuser creates then belong to the owner, who can change them later.
    """
    (_, owner), (user, *_) = _row(connection, "database_owner"), _row(connection, "who_am_i")
    if owner != Role.OWNER or user == owner or not _row(connection, "is_a_member", member=user, role=owner)[0]:
        yield
        return
    connection.execute(SQL("SET ROLE {}").format(Identifier(Role.OWNER)))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("RESET ROLE")


def prepare_roles(connection: Connection, passwords: Mapping[Role, str]) -> None:
    """Create the roles that are missing, and let those in `passwords` log in with these. Running it again changes nothing.

    With a password for the owner, the database and all its objects get that owner, and the migrated tables their
    privileges. Raises SmartworkError if the connection's role may not create roles, or a role may do too much.
    """
    user, may_create_roles = _row(connection, "who_am_i")
    connection.execute(sql("roles_lock"))
    try:
        for role in Role:
            _create(connection, role, str(user), allowed=bool(may_create_roles))
            _refuse_powerful(connection, role)
        _make_members(connection, str(user))
        for role, password in passwords.items():
            _set_password(connection, role, password)
        if Role.OWNER in passwords:
            _give_to_owner(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise SmartworkError(
            f"The role {user} may not set up roles ({error.diag.message_primary}). Use the address of a superuser."
        ) from error
    finally:
        connection.execute(sql("roles_unlock"))


def as_role(database_url: str, role: Role, password: str) -> str:
    """`database_url` with the name and password of `role` instead of its own."""
    parts = urlsplit(database_url)
    server = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{server}"))


def _create(connection: Connection, role: Role, user: str, *, allowed: bool) -> None:
    if not list(connection.execute(sql("missing_roles"), ([role],))):
        return
    if not allowed:
        raise SmartworkError(
            f"The role {role} is missing, and {user} may not create roles. Run `smartwork roles` with the address of a "
            "superuser."
        )
    try:
        connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # another process was faster


def _refuse_powerful(connection: Connection, role: Role) -> None:
    too_powerful, _ = connection.execute(sql("role_attributes"), (role,)).fetchall()[0]
    if too_powerful:
        raise SmartworkError(
            f"The role {role} may do more than a service needs (superuser, CREATEROLE, CREATEDB, REPLICATION or BYPASSRLS). "
            f"Run: ALTER ROLE {role} NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS"
        )


def _make_members(connection: Connection, user: str) -> None:
    """The worker and the owner may become the role that issues; they do not have its rights by themselves."""
    for member in (Role.WORKER, Role.OWNER):
        if not _row(connection, "is_a_member", member=member, role=Role.BOOKS)[0]:
            _alter(
                connection,
                SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(Identifier(Role.BOOKS), Identifier(member)),
            )
    if not _row(connection, "is_a_member", member=user, role=Role.OWNER)[0]:
        _alter(connection, SQL("GRANT {} TO {}").format(Identifier(Role.OWNER), Identifier(user)))


def _set_password(connection: Connection, role: Role, password: str) -> None:
    """Let the role log in with this password. The server receives a SCRAM verifier: no log contains the password."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    _alter(connection, SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(role), Literal(verifier)))
    if role is Role.DASHBOARD:
        _alter(connection, SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(Identifier(role)))


def _alter(connection: Connection, statement: Composed) -> None:
    """Run a statement on a role. If another process changes the same role at this moment, run it again."""
    for last in (False, False, False, True):
        try:
            connection.execute(statement)
        except psycopg.errors.InternalError:  # "tuple concurrently updated": roles are shared by all databases
            if last:
                raise
        else:
            return


def _give_to_owner(connection: Connection) -> None:
    database, owner = _row(connection, "database_owner")
    with connection.transaction():
        if owner != Role.OWNER:
            connection.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(Identifier(str(database)), Identifier(Role.OWNER)))
        connection.execute(SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(Identifier(Role.OWNER)))
        if not _row(connection, "has_timescaledb")[0]:
            return  # an empty database: the owner creates the extension and the tables
        for (statement,) in connection.execute(sql("objects_of_others")).fetchall():
            connection.execute(str(statement).encode())
        connection.execute(sql("give_jobs_to_owner"))


def _row(connection: Connection, name: str, /, **values: object) -> tuple[object, ...]:
    return connection.execute(sql(name), values).fetchall()[0]
