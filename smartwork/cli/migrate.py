"""`smartwork migrate`: the schema of the database."""

from smartwork.cli.endpoints import database_url
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate


def migrate_command() -> None:
    """Apply the migrations that the database does not have yet."""
    with progress_bar() as progress, connect(database_url(progress)) as connection:
        applied = migrate(connection)
    out.print("\n".join(f"Applied {name}" for name in applied) or "The database is up to date.")
