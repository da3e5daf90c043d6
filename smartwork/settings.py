"""Settings, one frozen object a process, built once at its start from the environment and opened nowhere else."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smartwork.errors import SettingError, without_password

PREFIX = "SMARTWORK_"


class Settings(BaseModel):
    """What all settings share: each field is read from `SMARTWORK_<FIELD>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """The settings in `env`; raises SettingError naming each variable that is missing or wrong."""
        names = {f"{PREFIX}{field.upper()}": field for field in cls.model_fields}
        try:
            return cls.model_validate({field: env[name] for name, field in names.items() if env.get(name)})
        except ValidationError as error:
            raise SettingError("\n".join(cls._explain(error))) from None

    @classmethod
    def _explain(cls, error: ValidationError) -> list[str]:
        lines = []
        for fault in error.errors(include_url=False):
            field = str(fault["loc"][0])
            expected = cls.model_fields[field].description or ""
            found = (
                "is not set"
                if fault["type"] == "missing"
                else f"is {without_password(str(fault['input']))!r} ({fault['msg']})"
            )
            lines.append(f"{PREFIX}{field.upper()} {found}. Expected: {expected}")
        return lines


class DatabaseSettings(Settings):
    """For whoever reads or writes the database."""

    database_url: str = Field(
        pattern=r"^postgres(ql)?://", description="A PostgreSQL address: postgresql://user@host:port/database"
    )


class DashboardSettings(DatabaseSettings):
    """The dashboard reads the database and nothing else."""


class BrokerSettings(Settings):
    """For whoever speaks to the network broker."""

    broker_url: str = Field(pattern=r"^mqtts?://", description="The network broker: mqtt://[user:password@]host:port")


class IngestSettings(DatabaseSettings, BrokerSettings):
    """The ingest service."""

    worker: str = Field(
        default="1", pattern=r"^[a-z0-9-]{1,40}$", description="Name of this worker, unique among equals; letters, digits."
    )
    max_in_flight: int = Field(
        default=1_000, ge=1, le=20_000, description="Batches received and not yet committed, 1 to 20000."
    )
    session_s: int = Field(
        default=7 * 86_400, ge=0, description="Seconds for which the broker keeps messages for an absent worker."
    )
    metrics_port: int = Field(
        default=0, ge=0, le=65_535, description="Port of /metrics, /healthz and /readyz, for example 9464; 0 for none."
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Where these are listened on: loopback, or 0.0.0.0 for a scraper on another host."
    )
    release_every_s: int = Field(
        default=30, ge=0, le=3_600, description="Seconds between looks for desks to release, 1 to 3600; 0 for never."
    )
    keep_every_s: int = Field(
        default=1_800,
        ge=0,
        le=86_400,
        description="Seconds between sums by hour, where the server does not make them by itself, 1 to 86400; 0 for never.",
    )


class ApiSettings(DatabaseSettings):
    """The HTTP API, `python -m api`."""

    api_port: int = Field(default=8080, ge=1, le=65_535, description="Port of the API, for example 8080.")
    api_host: str = Field(
        default="127.0.0.1", description="Where it is listened on: loopback, or 0.0.0.0 behind a proxy that speaks TLS."
    )
    documents: str = Field(default="out", description="Folder into which `smartwork bill` writes invoices.")


class EdgeSettings(BrokerSettings):
    """The gateway in one centre."""

    centre: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$", description="Slug of the centre, for example mons")
    centre_broker_url: str | None = Field(
        default=None, pattern=r"^mqtts?://", description="The centre's own broker; the network broker where not set."
    )
    homeassistant_url: str | None = Field(
        default=None, pattern=r"^https?://", description="Home Assistant, for devices that only it knows: http://host:8123"
    )
    homeassistant_token: str | None = Field(
        default=None, repr=False, description="A long-lived access token, made in the profile of a Home Assistant user."
    )
    outbox: str = Field(default="outbox.sqlite", description="File in which readings wait until they are committed.")
    outbox_limit_mb: int = Field(
        default=1_000, ge=10, le=1_000_000, description="What that file may take, in MB; then an alarm, and presence only."
    )


class SimulatorSettings(BrokerSettings):
    """The simulated devices; their broker is the centre's."""
