"""`smartwork migrate`: the schema of the database."""

from smartwork.cli.endpoints import database_url
from smartwork.cli.progress_bar import out, progress_bar, warn
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.core.roles import missing_roles


def migrate_command() -> None:
    """Apply the migrations that the database does not have yet."""
    with progress_bar() as progress, connect(database_url(progress)) as connection:
        applied = migrate(connection)
        missing = missing_roles(connection)
    out.print("\n".join(f"Applied {name}" for name in applied) or "The database is up to date.")
    if missing:
        warn(
            f"No role has its rights yet, because the server lacks {', '.join(missing)}. As a superuser, run: smartwork roles"
        )
