"""An instance: a folder with the data, ports, password and logs of a broker and a database."""

import hashlib
import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartwork.devstack.cache import cache_base, make_folder
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.process_identity import started_at
from smartwork.devstack.server_account import Account

PROJECT_ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_THROWAWAY = re.compile(r"throwaway-.*-(\d+)-(\d+)-[0-9a-f]+")
_LOWEST_PORT, _HIGHEST_PORT = 20_000, 31_999  # below the range that the kernel uses for outgoing connections


@dataclass(frozen=True)
class Instance:
    """A named folder in `instances` of the cache. `create` creates it."""

    name: str
    folder: Path

    @property
    def lock(self) -> Path:
        """Held while servers are started, stopped or deleted. It is outside the folder, which may be deleted."""
        return self.folder.with_name(f".{self.name}.lock")

    def create(self) -> None:
        """Create the folder and its record if they do not exist. Raises DevstackError without permission."""
        make_folder(self.folder)
        if not self._record.exists():
            self._write({"password": secrets.token_urlsafe(24), "ports": {}})

    def exists(self) -> bool:
        """Whether the instance was created."""
        return self._record.exists()

    @property
    def password(self) -> str:
        """The generated password of the database role."""
        return str(self._read()["password"])

    def port(self, service: str) -> int:
        """The recorded port of a service. If there is none yet, a free port is picked and recorded."""
        recorded = self._read()["ports"].get(service)
        return int(recorded) if recorded else self.pick_port(service)

    def pick_port(self, service: str) -> int:
        """Pick another free port and record it. Raises DevstackError if none is free."""
        record = self._read()
        for _ in range(200):
            port = _LOWEST_PORT + secrets.randbelow(_HIGHEST_PORT - _LOWEST_PORT + 1)
            if port not in record["ports"].values() and is_free(port):
                record["ports"][service] = port
                self._write(record)
                return port
        raise DevstackError(f"No free port was found between {_LOWEST_PORT} and {_HIGHEST_PORT}. Close some programs.")

    def private_folder(self, name: str, account: Account | None) -> Path:
        """A folder in the instance that only the user of the servers may read."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        path.chmod(0o700)
        if account:
            os.chown(path, account.uid, account.gid)
        return path

    def delete(self) -> None:
        """Delete the folder with all data. The servers must be stopped."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            raise DevstackError(f"{self.folder} could not be deleted: delete it as the user who created it.")
        if _THROWAWAY.fullmatch(self.name):
            self.lock.unlink(missing_ok=True)

    def orphaned(self) -> bool:
        """Whether this is a throwaway instance whose owner, the process in its name, has ended."""
        match = _THROWAWAY.fullmatch(self.name)
        return match is not None and started_at(int(match[1])) != int(match[2])

    @property
    def _record(self) -> Path:
        return self.folder / "instance.json"

    def _read(self) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads(self._record.read_text())
        except PermissionError as error:
            message = f"{self.folder} belongs to another user. Use another instance name, or set SMARTWORK_CACHE."
            raise DevstackError(message) from error
        except (OSError, ValueError) as error:
            advice = "Delete the instance (smartwork down --wipe); the next start creates it again."
            message = f"{self._record} cannot be read ({error}). {advice}"
            raise DevstackError(message) from error
        return record

    def _write(self, record: Mapping[str, object]) -> None:
        unfinished = self._record.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(record))
        unfinished.replace(self._record)


def named(name: str | None, env: Mapping[str, str]) -> Instance:
    """The instance called `name`; None: the instance of this checkout. Raises DevstackError for an invalid name."""
    if name is None:
        plain = re.sub(r"[^a-z0-9]+", "-", PROJECT_ROOT.name.lower()).strip("-")[:20] or "project"
        name = f"{plain}-{hashlib.sha256(str(PROJECT_ROOT).encode()).hexdigest()[:8]}"
    elif not _NAME.fullmatch(name):
        raise DevstackError(f"{name!r} is no name for an instance: use up to 60 small letters, digits and hyphens.")
    return Instance(name, cache_base(env) / "instances" / name)


def throwaway(prefix: str, env: Mapping[str, str]) -> Instance:
    """A new instance that belongs to this process. Its name contains the process, so that `leftovers` finds it later."""
    pid = os.getpid()
    return named(f"throwaway-{prefix}-{pid}-{started_at(pid)}-{secrets.token_hex(3)}", env)


def leftovers(env: Mapping[str, str]) -> Iterator[Instance]:
    """Throwaway instances whose process was killed before it could remove them."""
    for folder in sorted((cache_base(env) / "instances").glob("throwaway-*")):
        instance = Instance(folder.name, folder)
        if instance.orphaned():
            yield instance


def is_free(port: int) -> bool:
    """Whether a server can listen on this port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
