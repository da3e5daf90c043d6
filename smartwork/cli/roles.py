"""`smartwork roles`: the database roles of the services."""

import os

from smartwork.cli.progress_bar import out
from smartwork.db.core.connection import connect
from smartwork.db.core.roles import Role, prepare_roles
from smartwork.settings import RoleSettings


def roles_command() -> None:
    """Create the database roles of the services and set their passwords, as a superuser; then run `smartwork migrate`.

    Passwords are read from SMARTWORK_POSTGRES_PASSWORD_OWNER, _INGEST, _WORKER, _API and _DASHBOARD. With one for the owner,
    the database and everything in it are given to the role smartwork_owner. Running it again changes no data.
    """
    settings = RoleSettings.from_env(os.environ)
    given = {
        Role.OWNER: settings.postgres_password_owner,
        Role.INGEST: settings.postgres_password_ingest,
        Role.WORKER: settings.postgres_password_worker,
        Role.API: settings.postgres_password_api,
        Role.DASHBOARD: settings.postgres_password_dashboard,
    }
    passwords = {role: secret.get_secret_value() for role, secret in given.items() if secret}
    with connect(settings.database_url) as connection:
        prepare_roles(connection, passwords)
    out.print("\n".join(f"{role} can log in." for role in passwords) or "The roles exist. No password was given.")
