"""The database of an instance: PostgreSQL 17 with TimescaleDB, on the loopback interface."""

import os
import shutil
import signal
import time
from pathlib import Path

from smartwork.db.core.connection import connect
from smartwork.db.core.roles import prepare_roles
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.process_identity import is_server, processes_in, send_signal
from smartwork.devstack.role_addresses import role_passwords
from smartwork.devstack.server_account import run_as
from smartwork.devstack.services import Service

ROLE = "smartwork"
DATABASE = "smartwork"
_ZONE = Path("/usr/share/zoneinfo/Europe/Brussels")
_MAX_SOCKET_FOLDER_BYTES = 80  # the kernel allows 107 bytes for the path of a socket
_MB = 1024 * 1024


class Postgres(Service):
    """PostgreSQL with settings for a development machine. A commit is on disk when it returns, as in production."""

    name = "postgres"
    title = "TimescaleDB"
    program = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: sessions are ended, everything is written

    @property
    def url(self) -> str:
        """The address for clients, with the generated password."""
        return f"postgresql://{ROLE}:{self.instance.password}@{self.address}/{DATABASE}"

    def healthy(self) -> bool:
        """Whether it accepts connections."""
        return self._tool("pg_isready", "-q", "-t", "2", "-h", "127.0.0.1", "-p", str(self.port)) == (0, "")

    def ensure_database(self) -> None:
        """Create the database and the TimescaleDB extension if missing. Raises DevstackError with the message of psql."""
        exists = self.psql("SELECT 1 FROM pg_database WHERE datname = 'smartwork'", database="postgres")
        if not exists.strip():
            self.psql(f"CREATE DATABASE {DATABASE}", database="postgres")
        # A newer tree has a newer extension, which must be updated by the first statement of a session.
        self.psql("ALTER EXTENSION timescaledb UPDATE" if exists.strip() and self._has_timescaledb() else _EXTENSION)

    def ensure_roles(self) -> None:
        """Let the roles of the services log in, if they do not yet."""
        logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin"
        if set(role_passwords(self.url)) - set(self.psql(logins, database="postgres").split()):
            with connect(self.url) as connection:
                prepare_roles(connection, role_passwords(self.url))

    def psql(self, statement: str, database: str = DATABASE) -> str:
        """The output of psql for a statement: rows without heading, columns separated by `|`. Raises DevstackError."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port)]
        password = {"PGPASSWORD": self.instance.password, "PGCONNECT_TIMEOUT": "10"}
        command = [str(self._bin("psql")), *options, "-U", ROLE, "-d", database, "-c", statement]
        result = run_as(command, None, self.instance.folder, password)
        if result.returncode:
            raise DevstackError(f"PostgreSQL at {self.address} refused a statement: {result.stderr.strip()}")
        return result.stdout

    def _has_timescaledb(self) -> bool:
        return bool(self.psql("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").strip())

    def _bin(self, program: str) -> Path:
        return self.tree / "usr/lib/postgresql/17/bin" / program

    def _tool(self, program: str, *arguments: str) -> tuple[int, str]:
        result = run_as([str(self._bin(program)), *arguments], None, self.instance.folder)
        return result.returncode, result.stderr.strip()

    def _identifying_argument(self) -> Path:
        return self.data / "17"

    def _recorded_pid(self) -> int | None:
        try:
            return int((self._identifying_argument() / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _prepare(self) -> list[str]:
        if not _ZONE.exists():
            raise DevstackError("This machine has no time zones, which PostgreSQL reads: install the package tzdata.")
        self.instance.private_folder(self.name, self.account)
        if not (self._identifying_argument() / "PG_VERSION").exists():
            self._initialise()
        self._clean_up_after_kill()
        configuration = self._identifying_argument() / "postgresql.conf"
        configuration.write_text("\n".join(f"{name} = {value}" for name, value in self._settings().items()) + "\n")
        return [str(self._bin("postgres")), "-D", str(self._identifying_argument())]

    def _initialise(self) -> None:
        """Create the data folder under another name and rename it, so that a killed start leaves no incomplete one."""
        unfinished = self.data / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        secret = self.data / "initial-password"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(self.instance.password + "\n")
        if self.account:
            os.chown(secret, self.account.uid, self.account.gid)
        role = [f"--username={ROLE}", f"--pwfile={secret}", "--auth=scram-sha-256"]
        text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(self._bin("initdb")), *role, *text, "-D", str(unfinished)]
        result = run_as(command, self.account, self.data)
        secret.unlink()
        if result.returncode:
            raise DevstackError(f"The database could not be created in {self.data}:\n{result.stderr.strip()}")
        unfinished.rename(self._identifying_argument())

    def _clean_up_after_kill(self) -> None:
        """After a kill, end the server's child processes and delete its pid file.

        PostgreSQL refuses to start if the id in that file is that of another program or of a zombie.
        """
        deadline = time.monotonic() + 10
        while left := processes_in(self._identifying_argument()):
            for pid in left:
                send_signal(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        recorded = self._recorded_pid()
        if recorded is None or not is_server(recorded, self.program, self._identifying_argument()):
            (self._identifying_argument() / "postmaster.pid").unlink(missing_ok=True)
            for socket_file in (self.instance.folder / "run").glob(".s.PGSQL.*"):
                socket_file.unlink()

    def _settings(self) -> dict[str, str]:
        sockets = self.instance.private_folder("run", self.account)
        memory = memory_size()
        return {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self.port),
            "unix_socket_directories": f"'{sockets}'" if len(bytes(sockets)) <= _MAX_SOCKET_FOLDER_BYTES else "''",
            "max_connections": "100",
            "shared_preload_libraries": "'timescaledb'",
            "timescaledb.telemetry_level": "off",
            "timescaledb.max_background_workers": "4",
            "max_worker_processes": "16",
            "shared_buffers": f"{min(1024, memory // 4 // _MB)}MB",
            "effective_cache_size": f"{memory // 2 // _MB}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{max(16, min(256, memory // 16 // _MB))}MB",
            "dynamic_shared_memory_type": "posix" if _has_room(Path("/dev/shm")) else "mmap",  # noqa: S108
            "synchronous_commit": "on",
            "max_wal_size": "4GB",
            "wal_compression": "lz4",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
            "datestyle": "'iso, ymd'",
            "lc_messages": "'C'",
            "password_encryption": "'scram-sha-256'",
        }


_EXTENSION = "CREATE EXTENSION IF NOT EXISTS timescaledb"


def memory_size() -> int:
    """The memory that may be used, in bytes: that of the machine, or the limit of the container if lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return total


def _has_room(folder: Path) -> bool:
    """Whether the folder is large enough for parallel queries. In containers it often has 64 MB."""
    try:
        return shutil.disk_usage(folder).total >= 256 * _MB
    except OSError:
        return False
