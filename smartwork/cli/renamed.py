"""Answers for commands that have a new name."""

from typing import NoReturn

import typer

from smartwork.cli.progress_bar import err


def add_renamed(app: typer.Typer, old: str, new: str) -> None:
    """Register a hidden command for `old` in `app`, the commands of its group.

    Whatever its arguments, it prints the name of `new` on standard error and exits with status 2.
    """

    @app.command(
        old.rsplit(maxsplit=1)[-1],
        hidden=True,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def answer() -> NoReturn:
        err.print(f"`smartwork {old}` is now `smartwork {new}`.", highlight=False, soft_wrap=True)
        raise typer.Exit(2)
