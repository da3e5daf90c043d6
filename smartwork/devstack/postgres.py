"""The database of an instance: PostgreSQL 17 with TimescaleDB, reachable from this machine only."""

import os
import shutil
import signal
import time
from pathlib import Path

from smartwork.devstack.errors import DevstackError
from smartwork.devstack.procfs import all_pids, as_account, is_server, send, works_in
from smartwork.devstack.services import Service

ROLE = "smartwork"
DATABASE = "smartwork"
_ZONE = Path("/usr/share/zoneinfo/Europe/Brussels")
_LONGEST_SOCKET_FOLDER = 80  # the kernel allows 107 bytes for the whole path of a socket
_MB = 1024 * 1024


class Postgres(Service):
    """PostgreSQL with the settings of a development machine; a commit is on disk when it returns, as in production."""

    name = "postgres"
    title = "TimescaleDB"
    program = "postgres"
    stop_signal = signal.SIGINT  # "fast": sessions are ended, everything is written

    @property
    def url(self) -> str:
        """The address for clients, with the generated password."""
        return f"postgresql://{ROLE}:{self.instance.password}@{self.address}/{DATABASE}"

    def healthy(self) -> bool:
        """Whether it accepts connections."""
        return self._tool("pg_isready", "-q", "-t", "2", "-h", "127.0.0.1", "-p", str(self.port)) == (0, "")

    def ensure_database(self) -> None:
        """Create the database and the TimescaleDB extension where missing. Raises DevstackError with psql's words."""
        exists = self.psql("SELECT 1 FROM pg_database WHERE datname = 'smartwork'", database="postgres")
        if not exists.strip():
            self.psql(f"CREATE DATABASE {DATABASE}", database="postgres")
        # A newer tree brings a newer extension; it must be brought up to date by the first words of a session.
        self.psql("ALTER EXTENSION timescaledb UPDATE" if exists.strip() and self._has_timescaledb() else _EXTENSION)

    def psql(self, statement: str, database: str = DATABASE) -> str:
        """What psql prints for a statement: rows without heading, columns divided by `|`. Raises DevstackError."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port)]
        password = {"PGPASSWORD": self.instance.password, "PGCONNECT_TIMEOUT": "10"}
        command = [str(self._bin("psql")), *options, "-U", ROLE, "-d", database, "-c", statement]
        result = as_account(command, None, self.instance.folder, password)
        if result.returncode:
            raise DevstackError(f"PostgreSQL at {self.address} refused a statement: {result.stderr.strip()}")
        return result.stdout

    def _has_timescaledb(self) -> bool:
        return bool(self.psql("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").strip())

    def _bin(self, program: str) -> Path:
        return self.tree / "usr/lib/postgresql/17/bin" / program

    def _tool(self, program: str, *arguments: str) -> tuple[int, str]:
        result = as_account([str(self._bin(program)), *arguments], None, self.instance.folder)
        return result.returncode, result.stderr.strip()

    def _mark(self) -> Path:
        return self.data / "17"

    def _recorded_pid(self) -> int | None:
        try:
            return int((self._mark() / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _prepare(self) -> list[str]:
        if not _ZONE.exists():
            raise DevstackError("This machine has no time zones, which PostgreSQL reads: install the package tzdata.")
        self.instance.private_folder(self.name, self.account)
        if not (self._mark() / "PG_VERSION").exists():
            self._initialise()
        self._clear_remains()
        configuration = self._mark() / "postgresql.conf"
        configuration.write_text("\n".join(f"{name} = {value}" for name, value in self._settings().items()) + "\n")
        return [str(self._bin("postgres")), "-D", str(self._mark())]

    def _initialise(self) -> None:
        """Make the data folder beside its place and move it there, so that a start killed halfway leaves none."""
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
        result = as_account(command, self.account, self.data)
        secret.unlink()
        if result.returncode:
            raise DevstackError(f"The database could not be created in {self.data}:\n{result.stderr.strip()}")
        unfinished.rename(self._mark())

    def _clear_remains(self) -> None:
        """After a kill: end what the dead server's children still do, and forget its process number.

        The number may be another program's by now, or a zombie's where nobody reaps; PostgreSQL would refuse to start.
        """
        deadline = time.monotonic() + 10
        while remains := [pid for pid in all_pids() if works_in(pid, self._mark())]:
            for pid in remains:
                send(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        recorded = self._recorded_pid()
        if recorded is None or not is_server(recorded, self.program, self._mark()):
            (self._mark() / "postmaster.pid").unlink(missing_ok=True)
            for socket_file in (self.instance.folder / "run").glob(".s.PGSQL.*"):
                socket_file.unlink()

    def _settings(self) -> dict[str, str]:
        sockets = self.instance.private_folder("run", self.account)
        memory = memory_size()
        return {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self.port),
            "unix_socket_directories": f"'{sockets}'" if len(bytes(sockets)) <= _LONGEST_SOCKET_FOLDER else "''",
            "max_connections": "100",
            "shared_preload_libraries": "'timescaledb'",
            "timescaledb.telemetry_level": "off",
            "timescaledb.max_background_workers": "4",
            "max_worker_processes": "16",
            "shared_buffers": f"{min(1024, memory // 4 // _MB)}MB",
            "effective_cache_size": f"{memory // 2 // _MB}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{max(16, min(256, memory // 16 // _MB))}MB",
            "dynamic_shared_memory_type": "posix" if _roomy(Path("/dev/shm")) else "mmap",  # noqa: S108
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
    """Bytes of memory that may be used: the machine's, or the container's limit where that is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return total


def _roomy(folder: Path) -> bool:
    """Whether parallel queries find room there: containers often give it 64 MB."""
    try:
        return shutil.disk_usage(folder).total >= 256 * _MB
    except OSError:
        return False
