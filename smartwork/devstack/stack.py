"""Start, find, stop and delete the broker and the database of an instance."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from smartwork.db.core.roles import Role
from smartwork.devstack import cache, packages
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.instance import Instance, leftovers, named, throwaway
from smartwork.devstack.mosquitto import Mosquitto
from smartwork.devstack.postgres import Postgres
from smartwork.devstack.role_addresses import role_url
from smartwork.devstack.services import Service
from smartwork.progress import Progress, no_progress
from smartwork.server_url import is_well_formed

DATABASE_URL = "SMARTWORK_DATABASE_URL"
BROKER_URL = "SMARTWORK_BROKER_URL"


@dataclass(frozen=True)
class Endpoints:
    """The addresses of the database, with its password, and of the broker, and which of them the development stack runs."""

    database_url: str
    broker_url: str
    owned_database: bool
    owned_broker: bool

    def database_url_of(self, role: Role) -> str:
        """The address of the database for a service with this role. An address from the environment is used as it is."""
        return role_url(self.database_url, role) if self.owned_database else self.database_url


@dataclass(frozen=True)
class ServiceStatus:
    """The state of a server. `address` contains no password; `pid` and `data_bytes` are None for an external server."""

    name: str
    state: Literal["running", "stopped", "external"]
    address: str
    pid: int | None = None
    data_bytes: int | None = None


@dataclass(frozen=True)
class Stack:
    """A running throwaway instance, with its servers to stop, kill and start."""

    instance: Instance
    endpoints: Endpoints
    postgres: Postgres
    mosquitto: Mosquitto


def up(env: Mapping[str, str], instance: str | None = None, progress: Progress = no_progress) -> Endpoints:
    """Start the servers that `env` does not name, and return the addresses of both. Running servers are used.

    For a server that SMARTWORK_DATABASE_URL or SMARTWORK_BROKER_URL names, nothing is started. Without `instance`, the
    instance of this checkout is used. The servers keep running when the caller ends. Raises DevstackError if packages
    cannot be fetched or a server does not start; the message says what to do.
    """
    sweep(env)
    database, broker = env.get(DATABASE_URL), env.get(BROKER_URL)
    if database and broker:
        return Endpoints(database, broker, owned_database=False, owned_broker=False)
    chosen = named(instance, env)
    tree = packages.install(packages.SERVICES, env, progress)
    with cache.locked(chosen.lock, progress):
        chosen.create()
        if not database:
            postgres = Postgres(chosen, tree)
            postgres.start(progress)
            postgres.ensure_database()
            postgres.ensure_roles()
        if not broker:
            mosquitto = Mosquitto(chosen, tree)
            mosquitto.start(progress)
        return Endpoints(
            database_url=database or postgres.url,
            broker_url=broker or mosquitto.url,
            owned_database=not database,
            owned_broker=not broker,
        )


def down(instance: str | None = None, env: Mapping[str, str] | None = None) -> list[str]:
    """Stop the servers of an instance and keep their data. Returns the names of those that were running.

    Raises DevstackError if they belong to another user.
    """
    chosen = named(instance, _environment(env))
    if not chosen.exists():
        return []
    with cache.locked(chosen.lock, no_progress):
        return _stop(chosen, _environment(env))


def remove(instance: str | None = None, env: Mapping[str, str] | None = None) -> list[str]:
    """Stop the servers of an instance and delete its data. Returns the names of those that were running."""
    chosen = named(instance, _environment(env))
    if not chosen.folder.exists():
        return []
    with cache.locked(chosen.lock, no_progress):
        stopped = _stop(chosen, _environment(env))
        chosen.delete()
    return stopped


def status(instance: str | None = None, env: Mapping[str, str] | None = None) -> list[ServiceStatus]:
    """The state of the database and of the broker. Starts and creates nothing."""
    env = _environment(env)
    chosen = named(instance, env)
    external = {"postgres": env.get(DATABASE_URL), "mosquitto": env.get(BROKER_URL)}
    result = []
    for service in _services(chosen, env):
        if url := external[service.name]:
            result.append(ServiceStatus(service.title, "external", _without_password(url)))
        elif not chosen.exists():
            result.append(ServiceStatus(service.title, "stopped", ""))
        else:
            pid = service.pid()
            state: Literal["running", "stopped"] = "running" if pid else "stopped"
            result.append(ServiceStatus(service.title, state, service.address, pid, service.data_size()))
    return result


@contextmanager
def ephemeral(name_prefix: str, env: Mapping[str, str] | None = None, progress: Progress = no_progress) -> Iterator[Stack]:
    """A throwaway instance with new data and ports. It is deleted at the end of the block.

    If the process is killed, the next `up` or `ephemeral` with the same cache deletes it. Addresses in `env` are ignored,
    so that no real database is touched. Raises DevstackError as `up`.
    """
    here = {name: value for name, value in _environment(env).items() if name not in {DATABASE_URL, BROKER_URL}}
    chosen = throwaway(name_prefix, here)
    try:
        endpoints = up(here, chosen.name, progress)
        postgres, mosquitto = _services(chosen, here)
        yield Stack(chosen, endpoints, postgres, mosquitto)
    finally:
        remove(chosen.name, here)


def sweep(env: Mapping[str, str] | None = None) -> list[str]:
    """Delete throwaway instances whose process was killed, except those of other users. Returns their names."""
    env = _environment(env)
    swept = []
    for instance in leftovers(env):
        with suppress(DevstackError, OSError):
            remove(instance.name, env)
            swept.append(instance.name)
    return swept


def _services(instance: Instance, env: Mapping[str, str]) -> tuple[Postgres, Mosquitto]:
    tree = packages.SERVICES.folder(cache.cache_base(env))
    return Postgres(instance, tree), Mosquitto(instance, tree)


def _stop(instance: Instance, env: Mapping[str, str]) -> list[str]:
    both: tuple[Service, ...] = _services(instance, env)
    return [service.title for service in both if service.stop()]


def _environment(env: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if env is None else env


def _without_password(url: str) -> str:
    """Host and port; of a malformed address nothing, because any part of it may be a password."""
    return urlsplit(url).netloc.rpartition("@")[2] if is_well_formed(url) else "…"
