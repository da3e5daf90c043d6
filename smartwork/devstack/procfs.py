"""Which process is which, read from /proc: a recorded number alone proves nothing, numbers are given out again."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from smartwork.devstack.errors import DevstackError, plain_environment

_PROC = Path("/proc")


@dataclass(frozen=True)
class Account:
    """The user that servers run as, where it is not the caller."""

    uid: int
    gid: int
    name: str


def service_account() -> Account | None:
    """As root another user, because PostgreSQL refuses root; else None: the caller.

    Raises DevstackError where the machine has neither `postgres` nor `nobody`.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, name)
    raise DevstackError("PostgreSQL does not run as root and there is no user `postgres` or `nobody`: add one of them.")


def _identity(account: Account | None) -> tuple[int | None, int | None, list[int] | None]:
    return (account.uid, account.gid, []) if account else (None, None, None)


def as_account(
    argv: Sequence[str], account: Account | None, folder: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as `account`. Raises DevstackError where it cannot be started."""
    uid, gid, groups = _identity(account)
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
        who = f"the user {account.name}" if account else "you"
        message = (
            f"{who} may not run {argv[0]} in {folder}: {error.strerror}. "
            "Set SMARTWORK_CACHE to a folder which every user may enter, such as /var/cache/smartwork."
        )
        raise DevstackError(message) from error


def start_detached(argv: Sequence[str], account: Account | None, folder: Path, log: Path) -> int:
    """Start a server that outlives the caller and is nobody's child; its output goes to `log`. Returns its number.

    A shell in between starts it and leaves, so that a dead server is reaped by the system and not left as a zombie.
    """
    script = '"$@" </dev/null >&2 & echo $!'
    uid, gid, groups = _identity(account)
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


def command_line(pid: int) -> list[str]:
    """The arguments of a process; empty for one that is gone or a zombie."""
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode(errors="replace").rstrip("\0").split("\0") if raw else []


def is_server(pid: int, program: str, argument: Path) -> bool:
    """Whether `pid` is that program, started with that argument."""
    line = command_line(pid)
    return bool(line) and Path(line[0]).name == program and str(argument) in line[1:]


def find_server(program: str, argument: Path) -> int | None:
    """The number of the process that is that program with that argument: also one that nobody wrote down."""
    return next((pid for pid in all_pids() if is_server(pid, program, argument)), None)


def all_pids() -> Iterator[int]:
    """Every process that can be seen."""
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def started_at(pid: int) -> int | None:
    """When a process began, in ticks since boot: with its number it names the process for good. None if gone."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(rest[18])


def works_in(pid: int, folder: Path) -> bool:
    """Whether the working folder of a process is `folder`; False where that may not be seen."""
    try:
        return (_PROC / str(pid) / "cwd").readlink() == folder
    except OSError:
        return False


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that has gone is no error. Raises DevstackError where it belongs to somebody else."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        message = f"Process {pid} belongs to another user: stop it as that user, or use another instance name."
        raise DevstackError(message) from error


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Whether the process ended in time."""
    began = started_at(pid)
    deadline = time.monotonic() + seconds
    while began is not None and started_at(pid) == began:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
