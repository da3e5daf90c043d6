"""Answers for commands that have a new name."""

from typing import NoReturn

import typer

from smartwork.cli.progress_bar import err


def add_renamed(app: typer.Typer, old: str, new: str) -> None:
    """Register the hidden command `old`: whatever its arguments, it names `new` on standard error and exits with status 2."""

    @app.command(
        old,
        hidden=True,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def answer() -> NoReturn:
        err.print(f"`smartwork {old}` is now `smartwork {new}`.", highlight=False, soft_wrap=True)
        raise typer.Exit(2)
