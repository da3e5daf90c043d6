"""The user that servers run as, and how to start programs as that user."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smartwork.devstack.errors import DevstackError, plain_environment


@dataclass(frozen=True)
class Account:
    """The user that servers run as, if it is not the caller."""

    uid: int
    gid: int
    name: str


def server_account() -> Account | None:
    """The user for servers: None, the caller, unless the caller is root, because PostgreSQL refuses to run as root.

    Raises DevstackError if the caller is root and the machine has neither the user `postgres` nor `nobody`.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_uid, user.pw_gid, name)
    raise DevstackError("PostgreSQL does not run as root and there is no user `postgres` or `nobody`: add one of them.")


def _user_and_groups(account: Account | None) -> tuple[int | None, int | None, list[int] | None]:
    return (account.uid, account.gid, []) if account else (None, None, None)


def run_as(
    argv: Sequence[str], account: Account | None, folder: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as `account` and wait until it ends. Raises DevstackError if it cannot be started."""
    uid, gid, groups = _user_and_groups(account)
    try:
        return subprocess.run(
            list(argv),
            user=uid,
            group=gid,
            extra_groups=groups,
            umask=0o077,
            cwd=folder,
            env=plain_environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        who = f"The user {account.name}" if account else "You"
        message = (
            f"{who} may not run {argv[0]} in {folder}: {error.strerror}. "
            "Set SMARTWORK_CACHE to a folder that every user may enter, such as /var/cache/smartwork."
        )
        raise DevstackError(message) from error


def start_detached(argv: Sequence[str], account: Account | None, folder: Path, log: Path) -> int:
    """Start a server that outlives the caller and append its output to `log`. Returns its process id.

    A shell starts the server and exits, so that the system adopts the server and reaps it when it ends.
    """
    script = '"$@" </dev/null >&2 & echo $!'
    uid, gid, groups = _user_and_groups(account)
    with log.open("ab") as output:
        try:
            shell = subprocess.run(
                ["/bin/sh", "-c", script, "sh", *argv],
                user=uid,
                group=gid,
                extra_groups=groups,
                umask=0o077,
                cwd=folder,
                env=plain_environment(),
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise DevstackError(f"Cannot start {argv[0]}: {error}") from error
    return int(shell.stdout)
