"""`smartwork --version`."""

from importlib.metadata import version

import typer

from smartwork.cli.progress_bar import out
from smartwork.db.core.migrations import schema_version


def print_version(requested: bool) -> None:
    """Print the version of the installed package and the schema that it needs, and exit, if `requested`."""
    if requested:
        out.print(f"smartwork {version('smartwork')}, schema {schema_version()}", highlight=False)
        raise typer.Exit
